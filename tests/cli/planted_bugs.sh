# planted_bugs.sh - each planted bug turns the verdict red, with a message that names the type and
# the place.
. "$(dirname "$0")/common.bash"
make_tree tree

# red BUG TYPE PLACE: the verdict names both.
red() {
  run vfs run --tree tree --seconds 0.6 --plant "$1"
  expect_status 1 "--plant $1"
  expect_verdict 'failed: '
  tail -n 1 "$out" | grep -qE -- "$2" || fail "the verdict on $1 names no $2"
  grep -qE -- "$3" "$out" || fail "the report on $1 names no place $3"
}

# once: a violation is told once, with at most 6 frames, none of them the C library's.
once() {
  [ "$(grep -c "violation $1 in" "$out")" -eq 2 ] || fail "not once in the report and once in the verdict: $1"
  [ "$(grep -A 8 "^  violation $1 in" "$out" | grep -c '^    ')" -le 6 ] || fail "more than 6 frames: $1"
  expect_no_out '__libc_start|start_thread'
  expect_out '^repeat with: .* --plant '
}

red leak 'file never freed: .*planted_leak' 'planting\.cpp:[0-9]+ in .*leak'
red double-put 'violation put_at_zero in put of .*inode' 'planting::double_put  apps/vfs/planting\.cpp:[0-9]+'
once put_at_zero
red touch-after-put 'inode .* was written to after it was freed, at byte [0-9]+' 'freed by .*planting::touch_after_put'
red early-free 'violation put_once_dead in put of .*file' 'planting::early_free'
once put_once_dead

# The same run without the bug is green.
run vfs run --tree tree --seconds 0.6
expect_status 0 "without a bug"
expect_verdict 'ok$'
