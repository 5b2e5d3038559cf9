# live_process.sh - a running program is asked who holds what, and told what to track.
. "$(dirname "$0")/common.bash"
make_tree tree

"$LASTOUT" vfs run --tree tree --seconds 60 >run.txt 2>&1 </dev/null &
pid=$!
trap 'kill -9 $pid 2>/dev/null; rm -rf "$here"' EXIT

# Asked too early there is no socket yet.
for _ in $(seq 100); do
  run top "$pid" --once
  [ "$status" -eq 0 ] && break
  sleep 0.1
done
expect_status 0 "top of a program that tracks nothing"

run set "$pid" types=inode+dentry,stacks=12,history=16
expect_status 0 "set"
sleep 1
run top "$pid" --once
expect_status 0 "top"
expect_out 'dentry'
run holders "$pid" --type dentry
expect_status 0 "holders"
run dump "$pid" -o first.dump
expect_status 0 "dump"
sleep 1
run dump "$pid" -o second.dump
run diff first.dump second.dump
expect_status 0 "diff"
run why second.dump
expect_status 0 "why"

object=$(awk '$1 == "object" && $5 == "live" { print $3; exit }' second.dump)
[ -n "$object" ] || fail "no living object in the dump"
run history second.dump "$object"
expect_status 0 "history of $object"
run report first.dump second.dump -o page.html
expect_status 0 "report"
grep -q 'dentry' page.html || fail "the page knows no dentry"

# An answer that cannot be written is told, and ends what would go on.
for asked in "top $pid --every 0.1" "dump $pid" "holders $pid"; do
  # shellcheck disable=SC2086  # words on purpose
  timeout 30 "$LASTOUT" $asked >/dev/full 2>"$err" </dev/null
  status=$?
  expect_status 1 "$asked to a full device"
  expect_err '^lastout: cannot write .*: No space left on device$'
done

run set "$pid" shares=1/2
expect_status 2 "a word that does not exist"
expect_err 'shares=1/2'
run set "$pid" types=inode+dentri
expect_status 0 "a type that is not there, and may come"
expect_err 'types=dentri: .* no type of that name'
run set "$pid" off
expect_status 0 "off"

# It ends as ever, and nothing was broken.
kill -INT "$pid"
wait "$pid"
status=$?
cp run.txt "$out"
expect_status 130 "after Ctrl-C"
expect_verdict 'ok '

run holders "$pid"
expect_status 2 "a process that has ended"
expect_err "$pid"
