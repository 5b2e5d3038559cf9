# rows.sh - each program of this folder has one row in the table, and each row has its program.
#
# Usage: rows.sh FOLDER TABLE
set -u
folder=$1 table=$2

# judge FOLDER TABLE says what is wrong, one line for each.
judge() {
  local name rows
  for source in "$1"/*.cpp; do
    name=$(basename "$source")
    rows=$(grep -c "^|.*\`$name\` *|\$" "$2")
    [ "$rows" -eq 1 ] || echo "$name has $rows rows"
  done
  sed -n 's/^|.*`\([a-z0-9_]*\.cpp\)` *|$/\1/p' "$2" | while read -r name; do
    [ -f "$1/$name" ] || echo "$name has a row and no program"
  done
}

wrong=$(judge "$folder" "$table")
[ -z "$wrong" ] || { echo "FAILED: $wrong"; exit 1; }

# The twins: a row too few, a row too many.
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
grep -v '`pid_nth\.cpp` *|$' "$table" >"$here/few.md"
[ "$(judge "$folder" "$here/few.md")" = "pid_nth.cpp has 0 rows" ] || { echo "FAILED: a row is missed"; exit 1; }
{ cat "$table"; sed -n 's/pid_nth\.cpp` *|$/pid_last.cpp` |/p' "$table"; } >"$here/many.md"
[ "$(judge "$folder" "$here/many.md")" = "pid_last.cpp has a row and no program" ] ||
  { echo "FAILED: a row without a program is not noticed"; exit 1; }
