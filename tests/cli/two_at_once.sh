# two_at_once.sh - runs do not disturb each other, not even on one tree with one report.
. "$(dirname "$0")/common.bash"
make_tree tree
"$LASTOUT" vfs run --tree tree --seconds 1 --seed 1 --json report.json >one 2>&1 </dev/null &
first=$!
"$LASTOUT" vfs run --tree tree --seconds 1 --seed 2 --json report.json >two 2>&1 </dev/null &
second=$!
wait $first
first=$?
wait $second
second=$?
cat one two >"$out"
: >"$err"
status=$first
expect_status 0 "the first"
status=$second
expect_status 0 "the second"
grep -q '"verdict": "ok"' report.json || fail "the report is not whole"
[ "$(tail -n 1 report.json)" = '}' ] || fail "the report does not end"
