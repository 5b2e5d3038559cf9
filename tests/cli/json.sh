# json.sh - the JSON report: valid, with all that the table has; whole or not there at all.
. "$(dirname "$0")/common.bash"
make_tree tree

run vfs run --tree tree --seconds 0.5 --json report.json
expect_status 0 "--json"
[ -s report.json ] || fail "no report.json"
for key in verdict failures options import lookups work objects memory audit kernel_stat_per_second resurrected; do
  grep -q "\"$key\"" report.json || fail "report.json has no $key"
done
grep -q '"verdict": "ok"' report.json || fail "the verdict in report.json is not ok"
if command -v python3 >/dev/null; then
  python3 - <<'P' || fail "report.json is not what it should be"
import json
r = json.load(open("report.json"))
assert r["verdict"] == "ok" and r["failures"] == []
assert {o["type"] for o in r["objects"]} >= {"superblock", "dentry", "inode", "file", "page", "buffer", "process", "mount"}
assert all(o["born"] == o["freed"] and o["alive"] == 0 for o in r["objects"])
assert r["import"]["bytes"] == r["import"]["bytes_compared"] > 0
assert r["lookups"]["per_second"] > 0 and r["lookups"]["kernel_stat_per_second"] > 0
P
fi
[ "$(ls -A | grep -c 'report\.json')" -eq 1 ] || fail "something is left beside report.json"

# An existing file is replaced, through a symlink too, and keeps its mode.
chmod 640 report.json
echo old >report.json
ln -s report.json alias.json
run vfs run --tree tree --seconds 0.2 --json alias.json
expect_status 0 "--json through a symlink"
[ -L alias.json ] || fail "the symlink was replaced"
[ "$(stat -c %a report.json)" = 640 ] || fail "the mode of the file has changed"
grep -q '"verdict"' report.json || fail "the old file is still there"

# A red run writes its report too.
run vfs run --tree tree --seconds 0.5 --plant double-put --json red.json
expect_status 1 "a planted bug"
grep -q '"verdict": "failed"' red.json || fail "red.json does not say failed"
grep -q 'put_at_zero' red.json || fail "red.json does not name the violation"

# What is not listed is counted.
run vfs run --tree tree --seconds 0.5 --plant leak --json leak.json
expect_status 1 "a planted leak"
if command -v python3 >/dev/null; then
  python3 - <<'P' || fail "findings_total in leak.json is not what it should be"
import json, re
a = json.load(open("leak.json"))["audit"]
more = [re.search(r" never freed: (\d+) more$", f) for f in a["findings"]]
assert a["findings_total"] == sum(int(m[1]) if m else 1 for m in more) > 0
P
fi

# A full disk: an error, and what was there is still there.
run vfs run --tree tree --seconds 0.2 --json /dev/full
expect_status 1 "a full device"
expect_verdict "failed: '/dev/full' could not be written: No space left on device"
[ -c /dev/full ] || fail "/dev/full has been replaced"
mkdir small
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=64k none small 2>/dev/null; then
  echo precious >small/report.json
  head -c 1000000 /dev/zero >small/fill 2>/dev/null
  run vfs run --tree tree --seconds 0.2 --json small/report.json
  left=$(cat small/report.json)
  others=$(ls -A small | grep -cv -e '^fill$' -e '^report.json$')
  umount small
  expect_status 1 "a full disk"
  expect_verdict "failed: 'small/report.json' could not be written: No space left on device"
  [ "$left" = precious ] || fail "the old report is gone"
  [ "$others" -eq 0 ] || fail "half a report is left behind"
else
  echo "left out: a full disk needs root and a mount; /dev/full stood in for it"
fi

# So does standard output.
"$LASTOUT" vfs run --tree tree --seconds 0.2 >/dev/full 2>"$err"
status=$?
expect_status 1 "a report that could not be printed"
expect_err 'cannot write the answer: No space left'
