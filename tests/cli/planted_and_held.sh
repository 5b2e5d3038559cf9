# planted_and_held.sh - for each planted bug the ledger names the guilty function, with its line.
. "$(dirname "$0")/common.bash"
make_tree tree

# guilty BUG WHAT FUNCTION [LINES]: what the ledger tells, and in the lines under it the function.
guilty() {
  LASTOUT_LEDGER=all,checks,exit=report,quarantine=4M run vfs run --tree tree --seconds 0.6 --plant "$1"
  expect_status 1 "--plant $1"
  grep -A "${4:-12}" -E -- "$2" "$err" | grep -qE -- "planting::$3  apps/vfs/planting\.cpp:[0-9]+" ||
    fail "under /$2/ there is no $3"
}

guilty leak 'of lastout::vfs::file is still held|given away by leak\(\)' leak
guilty double-put 'violation put_at_zero in put of lastout::vfs::inode' double_put
guilty early-free 'violation put_of_anothers in put of lastout::vfs::file' early_free

# Whose it was: the holder that the put has robbed, where it was opened.
expect_err 'this reference was adopted though nobody had given one away'
grep -A 6 -E '^  held by thread' "$err" | grep -q 'filesystem::open' || fail "the robbed one is not named"

# Who writes to what is freed has gone when it is found; whose put was the last is named, and who made it.
guilty touch-after-put 'it was released by thread' touch_after_put 2
expect_err 'violation used_once_freed in look at freed memory of lastout::vfs::inode'
expect_err 'byte [0-9]+ of it was written to after it had been freed'
expect_err 'and born [0-9:.]+ ago, in thread'
expect_verdict 'failed: .*used_once_freed'

# The twin: without a bug nothing is told.
LASTOUT_LEDGER=all,checks,exit=report,quarantine=4M run vfs run --tree tree --seconds 0.6
expect_status 0 "without a bug"
[ "$(cat "$err")" = "lastout: no reference to a tracked object is still held" ] || fail "something is told without a bug"
