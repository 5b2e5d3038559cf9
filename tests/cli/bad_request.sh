# bad_request.sh - what cannot be done is refused before anything begins: one clear line, status 2.
. "$(dirname "$0")/common.bash"
make_tree tree
touch file
printf x >"$here/one"

# refused PATTERN ARGUMENT... expects status 2, the pattern on standard error, nothing on standard
# output.
refused() {
  pattern=$1
  shift
  run "$@"
  expect_status 2 "$*"
  expect_err "^lastout: .*$pattern"
  [ "$(wc -l <"$err")" -eq 1 ] || fail "not one line: $*"
  [ ! -s "$out" ] || fail "standard output is not empty: $*"
}

refused "no command"
refused "lastout vfs needs a command: run" vfs
refused "frobnicate" frobnicate
refused "frobnicate" vfs run --frobnicate
refused "'frobnicate' is not understood; see 'lastout --help'" frobnicate --help
refused "extra" vfs run extra
refused "seconds needs a value" vfs run --seconds
for n in 0 1025 -1 two 1.5 '' 99999999999999999999; do
  refused "threads" vfs run "--threads=$n"
done
for s in 0 -1 nan inf soon 1s 86401 ''; do
  refused "seconds" vfs run "--seconds=$s"
done
for b in 64Q x -1 1.5G 99999999999G ''; do
  refused "budget" vfs run "--budget=$b"
done
for s in x -1 18446744073709551616 0x; do
  refused "seed" vfs run "--seed=$s"
done
refused "budget 99999999999G: too large" vfs run --budget 99999999999G
refused "plant.*leak, double-put" vfs run --plant weed
refused "absent.*No such" vfs run --tree absent
refused "''.*No such" vfs run --tree ''
refused "file.*not a directory" vfs run --tree file
refused "too small for one file.*d6/f9.*at least [0-9]+" vfs run --tree tree --budget 4096
mkdir empty
refused "too small for one file" vfs run --tree empty --budget 1k
refused "json.*No such" vfs run --tree tree --json absent/report.json
refused "json.*directory" vfs run --tree tree --json tree
refused "json" vfs run --tree tree --json ''

if [ "$(id -u)" -ne 0 ]; then
  mkdir locked
  chmod 0 locked
  refused "locked.*denied" vfs run --tree locked
  chmod 500 locked
  refused "json.*denied" vfs run --tree tree --json locked/report.json
fi

# A tree of which nothing can be read is no tree to say ok about.
mkdir -p closed/a closed/b
echo secret >closed/a/f
chmod 0 closed/a closed/b
if [ "$(id -u)" -ne 0 ]; then
  refused "nothing in 'closed' could be read.*2 unreadable" vfs run --tree closed
elif command -v setpriv >/dev/null && setpriv --reuid nobody --clear-groups test -x "$LASTOUT"; then
  chmod 755 "$here" closed
  setpriv --reuid nobody --clear-groups "$LASTOUT" vfs run --tree closed >"$out" 2>"$err" </dev/null
  status=$?
  expect_status 2 "a tree of which nothing can be read"
  expect_err "nothing in 'closed' could be read.*2 unreadable"
  [ ! -s "$out" ] || fail "standard output is not empty"
fi

# The least budget that the message names is enough.
run vfs run --tree tree --budget 4096
least=$(grep -oE '[0-9]+$' "$err")
run vfs run --tree tree --budget "$least" --seconds 0.3
expect_status 0 "the least budget"
expect_verdict 'ok$'
