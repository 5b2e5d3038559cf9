# help.sh - help and version read as a person expects, on standard output and with status 0.
. "$(dirname "$0")/common.bash"

run --version
expect_status 0 "--version"
expect_out '^lastout [0-9]+\.[0-9]+\.[0-9]+$'

run --help
expect_status 0 "--help"
expect_out '^Usage:$'
expect_out 'lastout vfs run'

# A text that could not be written is no success.
for asked in --version --help 'vfs run --help' 'holders --help'; do
  # shellcheck disable=SC2086  # words on purpose
  "$LASTOUT" $asked >/dev/full 2>"$err"
  status=$?
  expect_status 1 "$asked to a full device"
  expect_err '^lastout: cannot write the answer: No space left on device$'
done

run vfs --help
expect_status 0 "vfs --help"
expect_out 'lastout vfs run'

for word in --help -h; do
  run vfs run $word
  expect_status 0 "vfs run $word"
  for option in --tree --threads --seconds --budget --seed --json --plant; do
    expect_out "^  $option "
  done
  for bug in leak double-put touch-after-put early-free; do expect_out "$bug"; done
  expect_out '^Exit status:$'
  [ "$(wc -L <"$out")" -le 90 ] || fail "help is wider than a terminal"
  [ ! -s "$err" ] || fail "help says something on standard error"
done
