# terminal.sh - a progress bar and colours for a person who watches; nothing of it for a file or a
# pipe.
. "$(dirname "$0")/common.bash"
make_tree tree
if ! command -v script >/dev/null; then
  echo "left out: script (util-linux) is not there to make a terminal"
  exit 0
fi

# on_terminal [NAME=VALUE]...: what a person would see.
on_terminal() {
  env -u NO_COLOR TERM=xterm "$@" script -qec "'$LASTOUT' vfs run --tree tree --seconds 0.5" typescript >"$out" 2>"$err" </dev/null
  status=$?
}
escape=$(printf '\033')

on_terminal
expect_status 0 "on a terminal"
expect_out 'working +\['
expect_out "${escape}\[1;32mverdict: ok"

on_terminal NO_COLOR=1
expect_status 0 "with NO_COLOR"
expect_out 'working +\['
expect_out '^verdict: ok'
expect_no_out "${escape}\[[0-9;]*m"

on_terminal TERM=dumb
expect_status 0 "on a dumb terminal"
expect_no_out "$escape"
expect_no_out 'working +\['

run vfs run --tree tree --seconds 0.5
expect_status 0 "into a file"
expect_no_out "$escape"
[ ! -s "$err" ] || fail "standard error is not empty"
