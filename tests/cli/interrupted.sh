# interrupted.sh - the first signal stops, audits and says so; the second one ends at once.
. "$(dirname "$0")/common.bash"
make_tree tree
set -m  # so that what runs in the background can be interrupted

# A first signal: a clean end long before the time is up.
for signal in INT TERM HUP; do
  "$LASTOUT" vfs run --tree tree --seconds 100 >"$out" 2>"$err" </dev/null &
  pid=$!
  sleep 1.5
  kill -s $signal $pid
  start=$SECONDS
  wait $pid
  status=$?
  case $signal in INT) wanted=130 ;; TERM) wanted=143 ;; HUP) wanted=129 ;; esac
  expect_status $wanted "SIG$signal"
  expect_verdict 'ok \(interrupted after [0-9.]+ s\)$'
  expect_err 'stopping and auditing'
  expect_out '^  inode +[1-9]'
  [ $((SECONDS - start)) -le 20 ] || fail "stopping took $((SECONDS - start)) s"
done

# A second one: at once, by that signal, with no report.
mkdir large
for i in $(seq 1500); do head -c 20000 /dev/zero >"large/f$i"; done
"$LASTOUT" vfs run --tree large --seconds 100 --json report.json >"$out" 2>"$err" </dev/null &
pid=$!
sleep 1
kill -s INT $pid
kill -s TERM $pid
wait $pid
status=$?
[ $status -eq 143 ] || [ $status -eq 130 ] || fail "the second signal: exit status $status"
! grep -q '^verdict' "$out" || fail "there is a verdict after the second signal"
[ "$(ls -A | grep -c report.json)" -eq 0 ] || fail "half a report is left behind"
