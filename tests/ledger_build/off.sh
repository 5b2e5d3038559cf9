#!/usr/bin/env bash
# off.sh - without the ledger no object file names it, and a handle is not one instruction more than
# a count by hand. Twin: with it both checks fail.
. ./common.bash

# instructions OBJECT FUNCTION: how many, what stands apart as cold included.
instructions() {
  objdump -d --no-show-raw-insn "$1" | awk -v name="$2" '
    /^[0-9a-f]+ <.*>:$/ { in_it = ($2 == "<" name ">:" || index($2, "<" name ".") == 1); next }
    in_it && /^ +[0-9a-f]+:/ && !/\tnop|\txchg +%ax,%ax|\tdata16|\tcs nop/ { ++n }
    END { print n + 0 }'
}

# Alike as they are, g++ would make one function of the two.
apart=-fno-asynchronous-unwind-tables
case $("$CXX" --version) in *clang*) ;; *) apart=-fno-ipa-icf ;; esac

compile probe.cpp "$folder/off.o" $apart
compile probe.cpp "$folder/zero.o" $apart -DLASTOUT_LEDGER=0
compile probe.cpp "$folder/on.o" $apart -DLASTOUT_LEDGER=1

cmp "$folder/off.o" "$folder/zero.o" || fail "0 is not the default"
for object in off zero; do
  ! nm -C "$folder/$object.o" | grep ledger || fail "$object.o names the ledger"
done
nm -C "$folder/on.o" | grep -q ledger || fail "the check of names cannot fail"

handle=$(instructions "$folder/off.o" by_handle)
hand=$(instructions "$folder/off.o" by_hand)
echo "off: $handle instructions by handle, $hand by hand"
[ "$hand" -gt 5 ] || fail "no disassembly was read"
[ "$handle" -eq "$hand" ] || {
  objdump -dr --no-show-raw-insn "$folder/off.o"
  fail "a handle is $handle instructions, by hand it is $hand"
}
handle=$(instructions "$folder/on.o" by_handle)
hand=$(instructions "$folder/on.o" by_hand)
echo "on: $handle instructions by handle, $hand by hand"
[ "$handle" -ne "$hand" ] || fail "the count of instructions cannot fail"

# Who asks it in a program without it is answered so, and links. Twin: with it, it wants the library.
compile left_out.cpp "$folder/left_out.o"
"$CXX" "$folder/left_out.o" -o "$folder/left_out" || fail "a program that asks does not link without the ledger"
"$folder/left_out" || fail "a program that asks is not told that there is no ledger"
compile left_out.cpp "$folder/with.o" -DLASTOUT_LEDGER=1
if "$CXX" "$folder/with.o" -o "$folder/with" 2>"$folder/said"; then fail "with the ledger nothing of it is linked"; fi
