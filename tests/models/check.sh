# check.sh - lets spin walk through all of a model, or find the mistake in a broken one.
#
# Usage: check.sh MODEL CLAIM EXPECTED [NAME=VALUE | NAME]...
#   CLAIM      safety     the assertions, and that nobody waits for ever (invalid end states)
#              progress   no run in which nothing is finished any more; weak fairness
#              NAME       the model's ltl formula of that name
#              NAME,fair  the same, for runs that are weakly fair
#   EXPECTED   holds, or a regular expression that spin's complaint matches
#
# What holds holds in every reachable state: a search that was cut short fails, and so does a step of
# the model that nobody takes, unless its line says `// never`. Memory is bounded by
# LASTOUT_MODEL_MIB (1024), time by ctest.
set -eu
model=$(realpath "$1") claim=$2 expected=$3
shift 3
definitions=()
for each in "$@"; do
  definitions+=("-D$each")
  [[ $each != TWIN_* ]] || definitions+=(-DTWIN)
done
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
cd "$here"

fail() {
  echo "FAILED: $1"
  cat ./*.txt
  exit 1
}

case $claim in
  safety) compile=(-DSAFETY -DNOCLAIM) search=() ;;
  progress) compile=(-DNP -DNOCLAIM -DNFAIR=3) search=(-l -f) ;;
  *,fair) compile=(-DNFAIR=3) search=(-a -f -N "${claim%,fair}") ;;
  *) compile=() search=(-a -N "$claim") ;;
esac
# One file, so that the lines that spin speaks of are lines of it.
awk -v folder="$(dirname "$model")" '
  function copy(file,   line) {
    while ((getline line < file) > 0)
      if (split(line, part, "\"") == 3 && line ~ /^#include/) {
        if (!seen[part[2]]++) copy(folder "/" part[2])
      } else print line
  }
  BEGIN { copy(ARGV[1]) }' "$model" >model.pml
"${LASTOUT_SPIN:-spin}" "${definitions[@]}" -a model.pml >spin.txt 2>&1 || fail "spin does not take the model"
[ -f pan.c ] || fail "spin does not take the model"
"${CC:-cc}" -O1 -w -DCOLLAPSE -DMEMLIM="${LASTOUT_MODEL_MIB:-1024}" "${compile[@]}" -o pan pan.c \
  >cc.txt 2>&1 || fail "cc does not take what spin made"
status=0
./pan -w20 -m200000 "${search[@]}" >pan.txt 2>&1 || status=$?

errors=$(sed -n 's/^State-vector .* errors: \([0-9]*\)$/\1/p' pan.txt)
states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' pan.txt)
depth=$(sed -n 's/^State-vector .* depth reached \([0-9]*\),.*/\1/p' pan.txt)
complaint=$(sed -n 's/^pan:[0-9]*: //p' pan.txt | head -1)

if [ "$expected" = holds ]; then
  [ "$status" -eq 0 ] || fail "pan exits with $status"
  [ "$errors" = 0 ] || fail "spin finds: $complaint"
  grep -q '^Full statespace search for:' pan.txt || fail "not a full search"
  ! grep -qiE 'max search depth too small|not completed|out of memory|hash-compact|bit statespace' \
    pan.txt || fail "the search was cut short"
  case $claim in
    safety) wanted='assertion violations' ;;
    progress) wanted='non-progress cycles' ;;
    *) wanted='acceptance +cycles' ;;
  esac
  grep -qE "^[[:space:]]*$wanted[[:space:]]*\+" pan.txt || fail "it did not look for $wanted"

  # Steps that nobody takes, outside of spin's own claim.
  sed -n '/^unreached in claim/,/states)$/d; s/^\t\([^,]*\):\([0-9]*\), state [0-9]*, \(.*\)$/\1 \2 \3/p' \
    pan.txt >unreached.txt
  dead=
  while read -r file line what; do
    sed -n "${line}p" "$file" | grep -q '// never' ||
      dead+="$(sed -n "${line}p" "$file")   [$what]"$'\n'
  done <unreached.txt
  [ -z "$dead" ] || fail "nobody takes these steps:
$dead"
  echo "$states states, depth $depth; steps that nobody takes, as the model says: $(wc -l <unreached.txt)"
else
  [ "${errors:-0}" -ge 1 ] || fail "spin finds no mistake in what is broken ($states states)"
  grep -qE -- "$expected" <<<"$complaint" || fail "spin finds something else: $complaint"
  echo "found after $states states: $complaint"
fi
