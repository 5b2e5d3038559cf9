# chaos.sh - the filesystem stands what chaos does to it, with every put checked; a run says how to
# repeat it.
. "$(dirname "$0")/common.bash"
make_tree tree

for seed in 1 2 3; do
  LASTOUT_LEDGER=all,checks,exit=report run vfs run --tree tree --seconds 0.6 --chaos "$seed"
  expect_status 0 "--chaos $seed"
  expect_verdict 'ok$'
  expect_out "^repeat with: .* --chaos $seed( |\$)"
  [ "$(cat "$err")" = "lastout: no reference to a tracked object is still held" ] ||
    fail "something is held or misused under --chaos $seed: $(cat "$err")"
done

# It is at work: with it objects come back from idle under the last put.
LASTOUT_LEDGER=all,chaos=1,exit=with.dump run vfs run --tree tree --seconds 0.6
expect_status 0 "chaos by the environment"
run vfs run --tree tree --chaos many
expect_status 2 "a seed that is no number"
expect_err '--chaos'
