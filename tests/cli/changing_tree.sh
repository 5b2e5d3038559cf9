# changing_tree.sh - files that vanish, grow and come while the tree is read are skipped and
# counted, never a failure.
. "$(dirname "$0")/common.bash"
make_tree tree
mkdir tree/moving
stop=$here/stop
(
  i=0
  while [ ! -e "$stop" ]; do
    i=$((i + 1))
    head -c $((i % 5000)) /dev/zero >"tree/moving/f$((i % 40))"
    echo more >>"tree/d1/f$((i % 9 + 1))"
    rm -f "tree/moving/f$(((i + 20) % 40))"
  done
) &
busy=$!
for round in 1 2 3; do
  run vfs run --tree tree --seconds 0.4 --seed $round
  [ $status -eq 0 ] || { touch "$stop"; fail "round $round"; }
  expect_verdict 'ok$'
done
touch "$stop"
wait $busy
