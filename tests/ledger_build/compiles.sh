#!/usr/bin/env bash
# compiles.sh - each setting is understood, with and without exceptions and RTTI, and has the sizes that
# sizes.cpp says; a setting that there is none of is refused.
. ./common.bash

# Sizes are known, and settings refused, before any code is made.
understand() { compile "$1" /dev/null -fsyntax-only "${@:2}"; }

for setting in 0 1 2; do
  for checked in 0 1; do
    for flags in "" "-fno-exceptions -fno-rtti"; do
      # shellcheck disable=SC2086
      understand sizes.cpp -DLASTOUT_LEDGER=$setting -DLASTOUT_CHECKED=$checked $flags
    done
  done
done
understand sizes.cpp # none said: 0
compile sizes.cpp "$folder/sizes.o" -DLASTOUT_LEDGER=1 -DLASTOUT_CHECKED=1 -fno-exceptions -fno-rtti

# Twin: sizes that are wrong are seen.
if understand sizes.cpp -DLASTOUT_LEDGER=1 -DEXPECTED=0 2>"$folder/said"; then
  fail "the sizes of one setting pass for another's"
fi
grep -q 'static assertion failed\|static_assert failed' "$folder/said" ||
  fail "refused for something else: $(cat "$folder/said")"

if understand sizes.cpp -DLASTOUT_LEDGER=3 2>"$folder/said"; then
  fail "LASTOUT_LEDGER=3 compiles"
fi
grep -q 'LASTOUT_LEDGER is 0 (off), 1 (every type) or 2' "$folder/said" ||
  fail "it does not say what the settings are: $(cat "$folder/said")"

# A type that is named once handles to it were used already.
if understand named_late.cpp -DLASTOUT_LEDGER=2 2>"$folder/said"; then
  fail "a type that is named too late compiles"
fi
grep -q 'after instantiation' "$folder/said" || fail "refused for something else: $(cat "$folder/said")"
understand named_late.cpp -DLASTOUT_LEDGER=1
