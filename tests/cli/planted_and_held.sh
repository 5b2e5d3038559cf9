# planted_and_held.sh - for each planted bug the ledger names the guilty function, with its line.
. "$(dirname "$0")/common.bash"
make_tree tree

# guilty BUG WHAT FUNCTION: what the ledger tells, and in the lines under it the function.
guilty() {
  LASTOUT_LEDGER=all,checks,exit=report run vfs run --tree tree --seconds 0.6 --plant "$1"
  expect_status 1 "--plant $1"
  grep -A 12 -E -- "$2" "$err" | grep -qE -- "planting::$3  apps/vfs/planting\.cpp:[0-9]+" ||
    fail "under /$2/ there is no $3"
}

guilty leak 'of lastout::vfs::file is still held|given away by leak\(\)' leak
guilty double-put 'violation put_at_zero in put of lastout::vfs::inode' double_put
guilty early-free 'violation put_of_anothers in put of lastout::vfs::file' early_free

# Whose it was: the holder that the put has robbed, where it was opened.
expect_err 'this reference was adopted though nobody had given one away'
grep -A 6 -E '^  held by thread' "$err" | grep -q 'filesystem::open' || fail "the robbed one is not named"

# Who writes to what is freed is not seen when it happens; that it was freed, and by whom, is.
run vfs run --tree tree --seconds 0.6 --plant touch-after-put
expect_out 'inode .* was written to after it was freed.*planting::touch_after_put'
