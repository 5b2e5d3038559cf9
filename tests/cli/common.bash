# common.bash - what the tests of the command share: a folder of their own, small trees, and checks
# that say what they saw.
set -u
: "${LASTOUT:?is the path of the executable}"

here=$(mktemp -d)
trap 'chmod -R u+rwx "$here" 2>/dev/null; rm -rf "$here"' EXIT
cd "$here" || exit 1
out=$here/out.txt
err=$here/err.txt
status=0

# run ARGUMENT... calls the command; $status, $out and $err tell what came of it.
run() {
  "$LASTOUT" "$@" >"$out" 2>"$err" </dev/null
  status=$?
}

fail() {
  echo "FAILED: $1"
  echo "-- exit status $status; standard output:"
  cat "$out"
  echo "-- standard error:"
  cat "$err"
  exit 1
}

expect_status() { [ "$status" -eq "$1" ] || fail "exit status $status instead of $1: $2"; }
expect_out() { grep -qE -- "$1" "$out" || fail "standard output has no /$1/"; }
expect_err() { grep -qE -- "$1" "$err" || fail "standard error has no /$1/"; }
expect_no_out() { ! grep -qE -- "$1" "$out" || fail "standard output has /$1/"; }
expect_verdict() { tail -n 1 "$out" | grep -qE -- "^verdict: $1" || fail "the last line is not 'verdict: $1'"; }

# make_tree DIR makes a tree of 60 ordinary files in 6 directories.
make_tree() {
  for d in 1 2 3 4 5 6; do
    mkdir -p "$1/d$d/deep"
    for f in 1 2 3 4 5 6 7 8 9; do
      head -c $((d * f * 311)) /dev/urandom >"$1/d$d/f$f"
    done
    head -c 5000 /dev/urandom >"$1/d$d/deep/file with spaces"
  done
}
