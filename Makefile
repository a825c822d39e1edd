# The few commands a newcomer needs. `make demo` first.

SWIFT ?= swift
HINDCAST = .build/release/hindcast
DEMO = .build/demo

.PHONY: demo test bench lint build libraries

demo: build
	@rm -rf $(DEMO) && mkdir -p $(DEMO)
	@sh fixtures/demo.sh $(HINDCAST) $(DEMO)/hindcast.sqlite

build: libraries
	@echo "Building hindcast in release; the first time takes one to three minutes ..."
	@$(SWIFT) build -c release --product hindcast

test: libraries lint
	@echo "Building hindcast and its tests; the first time takes one to three minutes ..."
	@$(SWIFT) build --build-tests --explicit-target-dependency-import-check error
	@echo "Building the readers with zlib alone ..."
	@$(SWIFT) build --disable-default-traits --scratch-path .build-zlib --target UsageLogs
	@sh Tests/arrows.sh
	@$(SWIFT) test --skip-build

lint:
	@$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests

bench: build
	@python3 Benchmarks/run.py

# Installs what is missing with apt-get when it may, else says what to type.
libraries:
	@missing=$$(sh Tests/libraries.sh); \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing $$missing ..."; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y $$missing >/dev/null; \
	else \
	  echo "hindcast needs libraries that are not installed. Please run:"; \
	  echo; echo "  sudo apt-get install -y $$missing"; echo; exit 1; \
	fi
