# limits.sh - no more threads, no more memory: one line that says what to do, status 1, no crash.
. "$(dirname "$0")/common.bash"
make_tree tree

# limited KIB PATTERN ARGUMENT... runs with so much address space.
limited() {
  kib=$1
  pattern=$2
  shift 2
  (ulimit -c 0 -v "$kib" && exec "$LASTOUT" "$@") >"$out" 2>"$err" </dev/null
  status=$?
  expect_status 1 "$* in $kib KiB"
  expect_err "^lastout: $pattern"
  [ "$(wc -l <"$err")" -eq 1 ] || fail "not one line: $* in $kib KiB"
  [ ! -s "$out" ] || fail "standard output is not empty: $* in $kib KiB"
}

# Sanitizers reserve more address space than any limit here leaves.
if ! (ulimit -v 2000000 && exec "$LASTOUT" --version) >/dev/null 2>&1; then
  echo "left out: this build does not start with little address space"
  exit 0
fi
limited 2000000 'no more threads: 1024 were asked for, [0-9]+ could be started; try --threads [0-9]+$' \
  vfs run --tree tree --threads 1024 --seconds 0.3

truncate -s 600M tree/large
limited 400000 'out of memory; ' vfs run --tree tree --threads 2 --seconds 0.3 --budget 2G
