#!/usr/bin/env bash
# mixed.sh - parts that were compiled with different settings do not link, and the error names the
# setting; parts with the same one do.
. ./common.bash

linkers=""
for linker in bfd gold lld; do
  command -v "ld.$linker" >/dev/null && linkers="$linkers $linker"
done
[ -n "$linkers" ] || fail "no linker is found"

for setting in 0 1 2; do
  compile part.cpp "$folder/main.$setting.o" -DLASTOUT_LEDGER=$setting -DWITH_MAIN
  compile part.cpp "$folder/other.$setting.o" -DLASTOUT_LEDGER=$setting
done
for linker in $linkers; do
  for one in 0 1 2; do
    for other in 0 1 2; do
      said=0
      "$CXX" -fuse-ld="$linker" "$folder/main.$one.o" "$folder/other.$other.o" \
        -o "$folder/program" >"$folder/said" 2>&1 || said=1
      if [ $one = $other ]; then
        [ $said = 0 ] || fail "ld.$linker: $one and $other do not link: $(cat "$folder/said")"
        "$folder/program" || fail "ld.$linker: the program does not run"
      else
        [ $said = 1 ] || fail "ld.$linker: $one and $other link"
        grep -q LASTOUT_LEDGER "$folder/said" ||
          fail "ld.$linker: the error does not name the setting: $(cat "$folder/said")"
      fi
    done
  done
  echo "ld.$linker: different settings do not link, equal ones do"
done

# Link-time optimisation makes one part of several. (clang 14 refuses equal ones too, which is loud.)
case $("$CXX" --version) in
  *clang*) ;;
  *)
    for setting in 0 1; do
      compile part.cpp "$folder/lto.$setting.o" -DLASTOUT_LEDGER=$setting -DWITH_MAIN -flto
      compile part.cpp "$folder/lto_other.$setting.o" -DLASTOUT_LEDGER=$setting -flto
    done
    "$CXX" -O2 -flto "$folder/lto.1.o" "$folder/lto_other.1.o" -o "$folder/program" \
      2>"$folder/said" || fail "with -flto equal settings do not link: $(cat "$folder/said")"
    if "$CXX" -O2 -flto "$folder/lto.0.o" "$folder/lto_other.1.o" -o "$folder/program" \
      2>"$folder/said"; then
      fail "with -flto different settings link"
    fi
    ;;
esac

# Two settings in the parts of one archive are seen when both are linked.
ar rcs "$folder/parts.a" "$folder/other.1.o"
if "$CXX" "$folder/main.0.o" "$folder/parts.a" -o "$folder/program" 2>/dev/null; then
  fail "a part out of an archive links"
fi
