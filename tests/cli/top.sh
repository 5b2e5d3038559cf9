# top.sh - lastout top on a program that runs: on a terminal one view that is drawn anew, elsewhere one
# below the other, as JSON one on each line; its rates are what the program did between two views.
. "$(dirname "$0")/common.bash"
make_tree tree
escape=$(printf '\033')

LASTOUT_LEDGER=types=dentry+inode,stacks=0 "$LASTOUT" vfs run --tree tree --seconds 120 >run.txt 2>&1 </dev/null &
pid=$!
trap 'kill -9 $pid 2>/dev/null; rm -rf "$here"' EXIT
for _ in $(seq 100); do
  run top "$pid" --once --every 0.1
  [ "$status" -eq 0 ] && break
  sleep 0.1
done
expect_status 0 "top of a program that runs"

# Into a file: each view below the one before, until Ctrl-C, which is no failure.
timeout --foreground --signal INT 2 "$LASTOUT" top "$pid" --every 0.3 >"$out" 2>"$err" </dev/null
[ $? -eq 124 ] || fail "top ends by itself"
[ "$(grep -c "^process $pid, over 0\.[3-9] s" "$out")" -ge 2 ] || fail "not one view after the other"
[ "$(grep -cE '^ +lastout::vfs::dentry ' "$out")" -ge 2 ] || fail "not each view has its types"
expect_no_out "$escape"
expect_out '^ +type +alive +gets/s +puts/s +born/s +released/s +idle +pinned +oldest reference$'
expect_no_out 'vfs::file'
"$LASTOUT" top "$pid" --every 60 >"$out" 2>"$err" </dev/null &
top=$!
sleep 0.5
kill -INT $top
wait $top
status=$?
expect_status 0 "Ctrl-C"

# On a terminal: from the top of the window again.
if command -v script >/dev/null; then
  TERM=xterm timeout --foreground --signal INT 3 \
    script -qec "timeout --foreground --signal INT 2 '$LASTOUT' top $pid --every 0.3" typescript >"$out" 2>"$err" </dev/null
  [ "$(grep -c "${escape}\[H${escape}\[Jprocess $pid" "$out")" -ge 2 ] || fail "the view is not drawn anew"
  [ "$(grep -c "process $pid, over" "$out")" -eq "$(grep -c "${escape}\[H${escape}\[J" "$out")" ] ||
    fail "a view is not drawn where the one before was"
fi

# As JSON: a line for each; the rates follow from the counts.
timeout --foreground --signal INT 2 "$LASTOUT" top "$pid" --every 0.3 --json >views.txt 2>"$err" </dev/null
[ "$(wc -l <views.txt)" -ge 2 ] || fail "less than two views"
if command -v python3 >/dev/null; then
  python3 - <<'P' || fail "the views as JSON are not what they should be: $(cat views.txt)"
import json
views = [json.loads(line) for line in open("views.txt")]
by_type = lambda view: {t["type"]: t for t in view["types"]}
for before, now in zip(views, views[1:]):
    assert set(by_type(now)) == {"lastout::vfs::dentry", "lastout::vfs::inode"}
    for name, t in by_type(now).items():
        was = by_type(before)[name]
        for what in "gets", "puts", "born", "released":
            counted = (t[what] - was[what]) / now["seconds"]
            assert abs(t[what + "_per_second"] - counted) <= 1e-6 * (1 + counted), (name, what)
        assert t["alive"] == t["idle"] + t["pinned"] and t["share"] == 1
        assert t["oldest_reference_seconds"] > 0
assert any(t["gets_per_second"] > 0 for view in views for t in view["types"])
P
fi

# One object in four: the text says about how many there are, JSON how many were counted.
run set "$pid" types=dentry,share=1/4,stacks=0
run top "$pid" --once --every 0.2
expect_out '^ +lastout::vfs::dentry +~[0-9]'
run top "$pid" --once --every 0.2 --json
expect_out '"share":4'
run set "$pid" off
run top "$pid" --once --every 0.1
expect_out "no type is tracked; 'lastout set PID all' tracks all"

# The program ends: so does top, and says why.
"$LASTOUT" top "$pid" --every 0.2 >"$out" 2>"$err" </dev/null &
top=$!
sleep 0.5
kill -INT "$pid"
wait "$pid" 2>/dev/null
wait $top
status=$?
expect_status 0 "the program has ended"
expect_err "process $pid"
