#!/bin/sh
# long_run.sh - fuzzes each target for so many seconds, and goes on to the next one after a finding.
#
# Usage: tests/fuzz/long_run.sh PROGRAMS SECONDS [TARGET...]    PROGRAMS: build/fuzz/tests/fuzz
# What is found and what is new goes to PROGRAMS/inputs/TARGET and PROGRAMS/found. Exit status 1 when
# something was found.
set -eu

programs=$1
seconds=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
addr2line=$(command -v addr2line || true)
export ASAN_OPTIONS="external_symbolizer_path=$addr2line:detect_leaks=1"
export UBSAN_OPTIONS="external_symbolizer_path=$addr2line:print_stacktrace=1:halt_on_error=1"

for asked in "$@"; do
  grep -q "^$asked " "$programs/targets.txt" && continue
  echo "fuzz: there is no target '$asked'; there are: $(cut -d ' ' -f 1 "$programs/targets.txt" | tr '\n' ' ')" >&2
  exit 2
done

status=0
while read -r target longest; do
  [ $# -eq 0 ] || case " $* " in *" $target "*) ;; *) continue ;; esac
  inputs=$programs/inputs/$target
  mkdir -p "$inputs" "$programs/found"
  dictionary=
  [ ! -f "$here/$target.dict" ] || dictionary=-dict=$here/$target.dict
  echo "== fuzz $target, $seconds s"
  # shellcheck disable=SC2086  # one word or none
  if ! "$programs/lastout_fuzz_$target" -max_total_time="$seconds" -max_len="$longest" -timeout=60 \
    -rss_limit_mb=2560 -print_final_stats=1 -artifact_prefix="$programs/found/$target-" $dictionary \
    "$inputs" "$here/corpus/$target" >"$programs/$target.log" 2>&1; then
    status=1
    tail -n 60 "$programs/$target.log"
    echo "fuzz: found by $target; repeat with LASTOUT_FUZZ_TRACE=1 and what is in $programs/found"
  fi
  grep -h 'number_of_executed_units' "$programs/$target.log" || true
done <"$programs/targets.txt"
exit $status
