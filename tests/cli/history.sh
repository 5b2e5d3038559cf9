# history.sh - lastout history of an object in a program that runs: it is watched from the first question
# on, what comes is told in order, and --follow goes on until the object or the program ends.
. "$(dirname "$0")/common.bash"
make_tree tree

LASTOUT_LEDGER=types=inode,stacks=8 "$LASTOUT" vfs run --tree tree --seconds 120 >run.txt 2>&1 </dev/null &
pid=$!
trap 'kill -9 $pid 2>/dev/null; rm -rf "$here"' EXIT
# The root's inode: it stays, and each walk begins there.
object=
for _ in $(seq 100); do
  run dump "$pid" -o some.dump
  [ "$status" -eq 0 ] && object=$(awk '$1 == "object" && $5 == "live" { print $7, $3 }' some.dump | sort -n | awk 'NR == 1 { print $2 }')
  [ -n "$object" ] && break
  sleep 0.1
done
[ -n "$object" ] || fail "no living inode"

run history "$pid" "$object"
expect_status 0 "the first question"
expect_out "^lastout::vfs::inode $object: no events were kept$"
expect_out '^from now on they are'
for _ in $(seq 100); do  # on a busy machine it may be a while before somebody comes by
  sleep 0.3
  run history "$pid" "$object"
  grep -q "no events were kept" "$out" || break
done
expect_out "^lastout::vfs::inode $object: [0-9]+ events?, oldest first$"
expect_out '^-00:00:0[0-9]\.[0-9]{6}  (got|put) +by thread "'
expect_out '^ +lastout::vfs::[a-z_:]+ +apps/vfs/[a-z_]+\.cpp:[0-9]+$'

timeout 30 "$LASTOUT" history "$pid" "$object" --follow >/dev/full 2>"$err" </dev/null
status=$?
expect_status 1 "followed to a full device"
expect_err '^lastout: cannot write .*: No space left on device$'

timeout --foreground --signal INT 3 "$LASTOUT" history "$pid" "$object" --follow --json >events.txt 2>"$err" </dev/null
[ "$(wc -l <events.txt)" -ge 2 ] || fail "nothing comes: $(cat events.txt)"
if command -v python3 >/dev/null; then
  run history "$pid" "$object" --json
  cp "$out" history.json
  python3 - <<'P' || fail "the events as JSON are not what they should be"
import json
followed = [json.loads(line) for line in open("events.txt")]
whole = json.load(open("history.json"))
assert whole["type"] == "lastout::vfs::inode"
for events in followed, whole["events"]:
    assert {"got", "put"} <= {e["what"] for e in events}
    times = [e["when_ns"] for e in events]
    assert times == sorted(times)
# No event twice, none that had been there but is left out.
seen = [(e["when_ns"], e["what"], e["thread"]["tid"]) for e in followed]
assert len(seen) == len(set(seen))
P
fi

# The program ends, and so does who follows.
"$LASTOUT" history "$pid" "$object" --follow >"$out" 2>"$err" </dev/null &
follower=$!
sleep 1
kill -INT "$pid"
wait "$pid" 2>/dev/null
wait $follower
status=$?
expect_status 0 "the program has ended"
expect_out "^lastout::vfs::inode $object, as it goes on; Ctrl-C ends$"
[ -s "$err" ] || fail "it is not said why it ends"
