#!/bin/sh
# Fuzzes what reads bytes, guided by coverage and under the address sanitizer.
#
#   sh Benchmarks/Fuzz/run.sh              every target in turn, ten minutes each
#   sh Benchmarks/Fuzz/run.sh 60 cursor    one target, sixty seconds
#
# Targets: cursor, extractor, time, gzip, and each format of `hindcast formats`. What is found lands in
# .build-fuzz/findings; a finding worth keeping goes, as small as it gets, into fixtures/fuzz/TARGET.
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:-600}
[ $# -eq 0 ] || shift
out=.build-fuzz
mkdir -p $out/findings
swiftc=${SWIFTC:-swiftc}
flags="-O -g -package-name hindcast -swift-version 6 -enable-experimental-feature Lifetimes \
  -sanitize=fuzzer,address -parse-as-library -I $out -I Sources/CZlib -I Sources/CISAL -I Sources/CLanes"

build() {
  $swiftc $flags -emit-module -emit-module-path $out/Usage.swiftmodule -module-name Usage \
    -wmo -c -o $out/Usage.o Sources/Usage/*.swift
  $swiftc $flags -DISAL -module-name UsageLogs -wmo -c -o $out/UsageLogs.o \
    $(find Sources/UsageLogs -name '*.swift') Benchmarks/Fuzz/Fuzz.swift
  $swiftc -use-ld=lld -sanitize=fuzzer,address -o $out/fuzz $out/Usage.o $out/UsageLogs.o -lz -lisal
}

# Inputs to begin with: the fixtures, small enough to be run often.
seed() {
  mkdir -p $out/corpus/$1
  case $1 in
  cursor | extractor) find fixtures/logs fixtures/bad -name '*json*' ! -name '*.gz' ;;
  time) find fixtures/fuzz/time -type f 2>/dev/null || true ;;
  gzip) find fixtures -name '*.gz' ;;
  *) find fixtures/logs/$1 -type f ;;
  esac | while read -r file; do
    name=$(basename "$file")
    case $1:$file in
    gzip:*) head -c 20000 "$file" >"$out/corpus/$1/$name" ;;
    *:*.gz) gzip -dc "$file" 2>/dev/null | head -c 6000 >"$out/corpus/$1/$name" || true ;;
    *) head -c 6000 "$file" >"$out/corpus/$1/$name" ;;
    esac
  done
  [ ! -d fixtures/fuzz/$1 ] || cp fixtures/fuzz/$1/* $out/corpus/$1/
}

[ -n "${SKIP_BUILD:-}" ] || build
status=0
for target in ${*:-cursor extractor time gzip $(ls fixtures/logs)}; do
  seed "$target"
  echo "== $target, $seconds s"
  HINDCAST_FUZZ=$target $out/fuzz $out/corpus/"$target" -max_total_time="$seconds" -timeout=20 \
    -rss_limit_mb=2048 -max_len=8192 -artifact_prefix=$out/findings/"$target"- \
    -print_final_stats=1 >$out/"$target".log 2>&1 || {
    status=1
    echo "   FOUND something: see $out/$target.log"
  }
  grep -E 'number_of_executed_units|new_units_added|peak_rss' $out/"$target".log || true
done
exit $status
