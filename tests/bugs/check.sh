# check.sh - runs one program of this folder and looks at what it says.
#
# Usage: check.sh PROGRAM MODE SOURCE TABLE
#
#   broken      each `says:` and `stack:` of the source's head is found, in their order, and what the
#               program's row in the table quotes; `silent:` there: nothing but that all is well
#   fixed       nothing is said but that all is well
#   sanitizer   each `asan:` or `tsan:` of the head is found, in the order of the head
#
# $LEDGER replaces what the ledger is told.
set -u
program=$1 mode=$2 source=$3 table=$4
name=$(basename "$source" .cpp)
err=$(mktemp)
trap 'rm -f "$err"' EXIT

variant=$mode
[ "$mode" = sanitizer ] && variant=broken
LASTOUT_LEDGER=${LEDGER:-all,checks,exit=report,quarantine=1M} "$program" "$variant" 2>"$err"
status=$?
mapfile -t said <"$err"

fail() {
  echo "FAILED: $1"
  echo "-- $name $variant, exit status $status, said:"
  cat "$err"
  exit 1
}

head_of() { sed -n "s,^// \($1\): ,\1 ,p" "$source"; }
is_frame() { [[ $1 == "       "* ]]; }

if [ "$mode" = sanitizer ]; then
  [ "$status" -ne 0 ] || fail "a sanitizer should have ended it"
  at=0
  while read -r _ regex; do
    while [ "$at" -lt "${#said[@]}" ] && ! [[ ${said[at]} =~ $regex ]]; do at=$((at + 1)); done
    [ "$at" -lt "${#said[@]}" ] || fail "nothing said matches $regex"
  done < <(head_of 'asan\|tsan')
  exit 0
fi

[ "$status" -eq 0 ] || fail "its exit status is not 0"
if [ "$mode" = fixed ] || [ -n "$(head_of silent)" ]; then
  [ "${said[*]}" = "lastout: no reference to a tracked object is still held" ] ||
    fail "it is to say that all is well, and no more"
  exit 0
fi

[ -n "$(head_of says)" ] || fail "$source says nothing of what is to be said"
at=-1
while read -r what regex; do
  if [ "$what" = says ]; then
    at=$((at + 1))
    while [ "$at" -lt "${#said[@]}" ] && ! [[ ${said[at]} =~ $regex ]]; do at=$((at + 1)); done
    [ "$at" -lt "${#said[@]}" ] || fail "nothing said says: $regex"
  else
    # The first stack below the line that was found.
    frame=$((at + 1))
    while [ "$frame" -lt "${#said[@]}" ] && ! is_frame "${said[frame]}"; do frame=$((frame + 1)); done
    while [ "$frame" -lt "${#said[@]}" ] && is_frame "${said[frame]}" &&
      ! [[ ${said[frame]} =~ $regex ]]; do frame=$((frame + 1)); done
    [ "$frame" -lt "${#said[@]}" ] && is_frame "${said[frame]}" ||
      fail "the stack below '${said[at]}' has no frame $regex"
  fi
done < <(head_of 'says\|stack')

# What the table quotes, between ` and `, in its column of what the ledger says; … stands for anything.
row=$(grep -F "\`$name.cpp\`" "$table") || fail "it has no row in $table"
quoted=$(cut -d '|' -f 7 <<<"$row" | grep -o '`[^`]*`' | tr -d '`')
[ -n "$quoted" ] || fail "its row in $table quotes nothing"
while IFS= read -r quote; do
  glob=
  while [[ $quote == *…* ]]; do
    glob+=$(printf '%q' "${quote%%…*}")'*'
    quote=${quote#*…}
  done
  glob+=$(printf '%q' "$quote")
  glob=${glob//\'\'/}
  for line in "${said[@]}"; do
    # shellcheck disable=SC2053 # a pattern
    [[ $line == $glob ]] && continue 2
  done
  fail "nothing said is as the table quotes it: $glob"
done <<<"$quoted"
