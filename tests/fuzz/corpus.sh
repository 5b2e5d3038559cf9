#!/bin/sh
# corpus.sh - makes corpus/TARGET anew: the fewest small inputs of the given folders that cover as much.
#
# Usage: tests/fuzz/corpus.sh TARGET FOLDER...    (programs: build/fuzz/tests/fuzz, or $FUZZERS)
set -eu

target=$1
shift
here=$(dirname "$0")
program=${FUZZERS:-$here/../../build/fuzz/tests/fuzz}/lastout_fuzz_$target
case $target in
  dump_file) longest=2000 ;;
  *) longest=600 ;;
esac
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT

# Edges only, not how often: what is left is what reaches code that nothing else does. The shortest first.
"$program" -set_cover_merge=1 -use_counters=0 -max_len="$longest" "$made" "$@" "$here/corpus/$target"

# Of more than 60, 60 of all sizes.
rm -rf "$here/corpus/$target"
mkdir -p "$here/corpus/$target"
all=$(ls -Sr "$made" | wc -l)
ls -Sr "$made" | awk -v all="$all" 'all <= 60 || int(NR * 60 / all) > int((NR - 1) * 60 / all)' | while read -r each; do
  cp "$made/$each" "$here/corpus/$target/"
done
