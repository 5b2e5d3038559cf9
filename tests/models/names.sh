# names.sh - each function that a model says it stands for is there, in a header that knows its type.
#
# Usage: names.sh HEADERS MODEL...
# Twin: a name that is nowhere is told.
set -eu
headers=$1
shift

# missing FILE...: those of the names type::function in the files that no header has.
missing() {
  grep -ohE '\b[a-z_]+::[a-z_]+' "$@" | sort -u | while IFS=: read -r type _ function; do
    grep -lwE -- "$type" "$headers"/*.hpp | xargs grep -qwE -- "$function" || echo "$type::$function"
  done
}

gone=$(missing "$@")
[ -z "$gone" ] || { echo "FAILED: no header has $gone"; exit 1; }
[ "$(missing <(echo 'refcount::settle_down'))" = refcount::settle_down ] ||
  { echo 'FAILED: the twin is not told'; exit 1; }
grep -ohE '\b[a-z_]+::[a-z_]+' "$@" | sort -u | wc -l
