# The few commands a newcomer needs. `make demo` first.

SWIFT ?= swift
HINDCAST = .build/release/hindcast
DEMO = .build/demo
PREFIX ?= $(HOME)/.local
# With Swift's libraries in the program: it starts in half the time, runs where no Swift is, and calls
# them directly (2 % of an ingest). lld says nothing of what those libraries contain.
STATIC = --static-swift-stdlib -Xswiftc -use-ld=lld

.PHONY: demo test bench lint build install libraries

demo: build
	@rm -rf $(DEMO) && mkdir -p $(DEMO)
	@sh fixtures/demo.sh $(HINDCAST) $(DEMO)/hindcast.sqlite

build: libraries
	@echo "Building hindcast in release; the first time takes one to three minutes ..."
	@$(SWIFT) build -c release --product hindcast $(STATIC)

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

# The program, its manual page and completions for bash, zsh and fish, below PREFIX.
install: build
	@echo "Writing the manual page, which takes a build of its own ..."
	@$(SWIFT) package --scratch-path .build/manual plugin generate-manual --date "$$(git log -1 --format=%cs)" >/dev/null
	@mkdir -p $(PREFIX)/bin $(PREFIX)/share/man/man1 $(PREFIX)/share/bash-completion/completions \
	  $(PREFIX)/share/zsh/site-functions $(PREFIX)/share/fish/vendor_completions.d
	@strip -o $(PREFIX)/bin/hindcast $(HINDCAST)
	@cp .build/manual/plugins/GenerateManual/outputs/hindcast/hindcast.1 $(PREFIX)/share/man/man1/
	@$(HINDCAST) --generate-completion-script bash >$(PREFIX)/share/bash-completion/completions/hindcast
	@$(HINDCAST) --generate-completion-script zsh >$(PREFIX)/share/zsh/site-functions/_hindcast
	@$(HINDCAST) --generate-completion-script fish >$(PREFIX)/share/fish/vendor_completions.d/hindcast.fish
	@echo "Installed $(PREFIX)/bin/hindcast; its manual page and completions are below $(PREFIX)/share."

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
