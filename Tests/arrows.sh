#!/bin/sh
# The walls of docs/architecture.md that the compiler does not check.
cd "$(dirname "$0")/.." || exit 1
status=0

complain() {
  echo "$1" >&2
  status=1
}

# Which project modules a module may import.
allowed() {
  case $1 in
  Usage) echo "" ;;
  UsageLogs) echo "Usage CLanes CZlib CISAL Glibc Synchronization" ;;
  UsageLedger) echo "Usage GRDB GRDBSQLite Foundation Synchronization" ;;
  Prices) echo "Usage Synchronization" ;;
  Replay) echo "Usage Prices Synchronization" ;;
  Reports) echo "Usage Replay" ;;
  esac
}

for module in Usage UsageLogs UsageLedger Prices Replay Reports; do
  for import in $(grep -rhE '^ *(@[a-z]+ +)?import ' "Sources/$module" --include='*.swift' |
    sed -E 's/.*import +(struct |class |func )?([A-Za-z]+).*/\2/' | sort -u); do
    case " $(allowed $module) " in
    *" $import "*) ;;
    *) complain "Sources/$module imports $import, which docs/architecture.md does not allow" ;;
    esac
  done
done

unsafe=$(grep -rlE '\bunsafe\b|Unsafe(Raw|Mutable|Buffer|Pointer)' Sources --include='*.swift' |
  grep -v '^Sources/UsageLogs/Bytes/')
[ -z "$unsafe" ] || complain "unsafe code outside Sources/UsageLogs/Bytes: $unsafe"

doubles=$(grep -rnE '(cost|price|amount|money|dollars)[A-Za-z]*: *Double' Sources --include='*.swift')
[ -z "$doubles" ] || complain "money held in a Double: $doubles"

exit $status
