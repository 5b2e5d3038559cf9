# ledger_files.sh - the commands that ask a ledger, on dumps in files: what they tell adds up; what
# is no whole dump, and what is asked wrongly, is refused with one clear line.
. "$(dirname "$0")/common.bash"

cat >a.dump <<'D'
lastout-ledger 1
process 4711 1000000000000 1700000000000000000 /usr/bin/server
settings all,history=8
type 1 64 1 app::inode
type 2 64 1 app::file
count 1 9 6 40 30 0 0 0
thread 1 4712 runs worker-3
thread 2 4713 ended old
tag 1 readahead
stack 1 0x401000 0x402000
stack 2 0x403000
object 1 0x1000 3 live whole 500000000000 1 1
ref 1 900000000000 1 1 external 0x7ffe00 0x0
ref 1 928000000000 1 1 external 0x7ffe08 0x0
ref 2 950000000000 2 - external 0x2008 0x0
did 500000000000 1 1 born 0x0
did 900000000000 1 1 got 0x7ffe00
object 2 0x2000 3 live part - - -
ref 1 960000000000 2 - existence 0x0 0x0
object 2 0x3000 1 live whole 500000000000 1 -
ref 1 960000000000 2 - external 0x4008 0x0
object 1 0x4000 1 live whole 500000000000 1 -
ref 1 960000000000 1 - given 0x0 0x3000
dead 2 0x5000 1 1 2 880000000000 2 1
end 4 6
D
sed -e 's/^process 4711 1000000000000 1700000000/process 4711 1600000000000 1700000600/' \
  -e 's/^end 4 6$/object 1 0x6000 2 live whole 1 1 1\nref 1 2 1 1 external 0x0 0x0\nref 1 2 1 1 external 0x0 0x0\nend 5 8/' \
  a.dump >b.dump

# holders
run holders a.dump
expect_status 0 "holders"
expect_out '^process 4711 \(/usr/bin/server\), 2023-11-1'
expect_out '^app::inode: 4 references to 2 objects$'
expect_out '^ +2  external, tag "readahead", by thread "worker-3" \(4712\), for 00:01:40 at most, to 0x1000$'
expect_out '^ +1  external, by thread "old" \(4713, ended\), for 00:00:50, to 0x1000$'
expect_out 'given \(away: held by code without a handle\)'
expect_out '^app::file: 1 reference to 2 objects$'
expect_out 'besides, 1 existence reference, which nobody is to put'
expect_out '^  2 references are not known: taken before tracking began$'
[ ! -s "$err" ] || fail "standard error is not empty"

run holders a.dump --most 1
expect_out '^ +2  in 2 more groups'

run holders a.dump --type inode
expect_out '^app::inode: 4'
expect_no_out 'app::file'
run holders a.dump --object 0x1010
expect_out '^app::inode: 3 references to 1 object$'

run holders a.dump --json
expect_status 0 "holders --json"
cp "$out" holders.json

# why
run why a.dump 0x1000
expect_status 0 "why"
expect_out '^app::inode 0x1000: live, 3 references$'
expect_out 'held from outside of tracked objects, by 2 references'
expect_out 'app::file 0x2000 holds app::inode 0x1000'
run why a.dump 3010
expect_out '^app::file 0x3000: live'
expect_out 'in a cycle, which nothing from outside holds'
run why a.dump
expect_out '^1 cycle that nothing from outside holds: leaked$'
expect_out '^  app::file 0x3000 -> app::inode 0x4000 -> app::file 0x3000$'
expect_out '^  app::inode +2 +4 +2 +2$'
run why a.dump --json
expect_status 0 "why --json"
cp "$out" why.json
run why a.dump 0x3000 --json
cp "$out" why_object.json

# diff
run diff a.dump b.dump
expect_status 0 "diff"
expect_out '00:10:00 later'
expect_out '^  app::inode +3 +\+1 +6 +\+2$'
expect_out '^ +\+2  app::inode, external, tag "readahead", from 2 to 4$'
run diff b.dump a.dump
expect_out 'first dump is the later one'
expect_out '^ +-2  app::inode'
run diff a.dump b.dump --json
cp "$out" diff.json

# history
run history a.dump 0x1000
expect_status 0 "history"
expect_out ': 2 events, oldest first$'
expect_out '^-00:08:20.000000  born +by thread "worker-3" \(4712\)$'
expect_out '^-00:01:40.000000  got '
run history a.dump 0x2000
expect_out 'no events were kept'
run history a.dump 0x1000 --json
cp "$out" history.json

# report
run report a.dump b.dump -o report.html
expect_status 0 "report"
[ ! -s "$out" ] || fail "report says something on standard output"
grep -q 'app::inode' report.html || fail "the page does not name a type"
[ "$(ls -A | grep -c 'report\.html')" -eq 1 ] || fail "something is left beside report.html"

if command -v python3 >/dev/null; then
  python3 - <<'P' || fail "the JSON is not what it should be"
import json
holders = json.load(open("holders.json"))
inode, file = holders["types"]
assert inode["type"] == "app::inode" and inode["references"] == 4 and inode["objects"] == 2
assert sum(g["references"] for g in inode["groups"]) == inode["references"]
assert sum(g["references"] for g in file["existence_groups"]) == file["existence_references"] == 1
assert file["not_known_taken_before_tracking"] == 2
assert inode["groups"][0]["tag"] == "readahead" and inode["groups"][0]["oldest_seconds"] == 100
assert inode["groups"][0]["threads"] == [{"tid": 4712, "name": "worker-3", "runs": True, "references": 2}]
assert [f["function"] for f in inode["groups"][0]["stack"]] == ["0x401000", "0x402000"]
why = json.load(open("why.json"))
[cycle] = why["cycles"]
assert cycle["times"] == 1 and cycle["references_from_outside"] == 0
assert [s["from"]["object"] for s in cycle["path"]] == ["0x3000", "0x4000"]
assert all(len(s["references"]) == 1 for s in cycle["path"])
one = json.load(open("why_object.json"))
assert one["object"] == {"type": "app::file", "object": "0x3000"} and one["cycle"]["objects"] == 2
assert not one["way_ends_outside"] and one["from_outside"] == []
diff = json.load(open("diff.json"))
[grown] = diff["holders"]
assert (grown["type"], grown["references_before"], grown["references"]) == ("app::inode", 2, 4)
history = json.load(open("history.json"))
assert [e["what"] for e in history["events"]] == ["born", "got"]
P
fi

# refused PATTERN ARGUMENT... expects status 2, the pattern on standard error in its one line,
# nothing on standard output.
refused() {
  pattern=$1
  shift
  run "$@"
  expect_status 2 "$*"
  expect_err "^lastout: .*$pattern"
  [ "$(wc -l <"$err")" -eq 1 ] || fail "not one line: $*"
  [ ! -s "$out" ] || fail "standard output is not empty: $*"
}

head -c 700 a.dump >cut.dump
head -n -1 a.dump >endless.dump
sed 's/^end 4 6$/end 4 7/' a.dump >miscounted.dump
sed 's/^lastout-ledger 1$/lastout-ledger 2/' a.dump >later.dump
sed 's/0x7ffe08/7ffe08/' a.dump >number.dump
: >empty.dump
echo hello >text.dump
for command in holders why 'diff a.dump' 'history --json'; do
  object=
  [ "${command%% *}" != history ] || object=0x1000
  # shellcheck disable=SC2086  # a command may be two words
  for file in cut endless; do refused "'$file.dump', line [0-9]+: .*cut off.*take another" $command $file.dump $object; done
done
refused "line 25: .*promises 4 objects with 7 references, but there are 4 with 6" holders miscounted.dump
refused "line 1: .*version '2'.*reads version 1" holders later.dump
refused "line 14: 'ref 1 92.*does not begin with 0x" holders number.dump
refused "'empty.dump' is empty" holders empty.dump
refused "line 1: it is 'hello'.*no dump" holders text.dump
refused "'absent.dump': No such file" holders absent.dump
refused "'.': a directory" holders .
refused "'cut.dump'" report a.dump cut.dump -o other.html
[ ! -e other.html ] || fail "a page of half the dumps is left"

refused "PID\|FILE is missing; see 'lastout holders --help'" holders
refused "B is missing" diff a.dump
refused "OBJECT is missing" history a.dump
refused "'more' is not understood" holders a.dump more
refused "type needs a value" holders a.dump --type
refused "frobnicate" holders a.dump --frobnicate
refused "type dentry: no such type; the ledger knows app::file, app::inode" holders a.dump --type dentry
refused "object 0x9000: no tracked object is there" holders a.dump --object 0x9000
refused "OBJECT 0x5010: the app::file that was there was released 00:02:00 before, by thread \"old\"" why a.dump 0x5010
refused "object here: give an address" holders a.dump --object here
refused "most x: give a whole number" holders a.dump --most x
refused "follow: a dump has an end" history a.dump 0x1000 --follow
refused "o is missing" report a.dump
refused "DUMP is missing" report -o x.html
refused "o 'absent/x.html': No such" report a.dump -o absent/x.html

# Only digits are a process; one that is there has no ledger, or there is none.
refused "process 4194304999: there is no such process" holders 4194304999
refused "0: there is no such process" holders 0
refused "process $$: its ledger does not answer: the program was built without" dump $$
refused "process $$: its ledger does not answer" top $$
refused "process $$: its ledger does not answer" set $$ all
refused "process $$: its ledger does not answer" metrics $$
refused "process $$: its ledger does not answer" metrics $$ --listen 127.0.0.1:0
refused "'a.dump': give the number of a running process" dump a.dump
refused "'a.dump': give the number of a running process" top a.dump
refused "every soon: give a number of seconds" top $$ --every soon
for at in 127.0.0.1 127.0.0.1:x 127.0.0.1:65536 ::1:80 nowhere.invalid:80; do
  refused "listen $at: .*such as 127.0.0.1:9187" metrics $$ --listen "$at"
done
refused "o 'absent/x': No such" dump $$ -o absent/x
cp a.dump ./123
run holders ./123
expect_status 0 "a file whose name is a number"

# Each has a help that fits a terminal.
run --help
for command in holders why diff history top report dump set metrics; do
  grep -qE "^  lastout $command " "$out" || fail "the help of all does not name $command"
done
for command in holders why diff history top report dump set metrics; do
  run $command --help
  expect_status 0 "$command --help"
  expect_out "^lastout $command - "
  expect_out '^Usage:$'
  expect_out '^Exit status:$'
  expect_out '^  -h, --help '
  [ "$(wc -L <"$out")" -le 90 ] || fail "the help of $command is wider than a terminal"
done

# A full disk is told.
"$LASTOUT" holders a.dump >/dev/full 2>"$err"
status=$?
expect_status 1 "an answer that could not be printed"
expect_err 'cannot write the answer: No space left'
run report a.dump -o /dev/full
expect_status 1 "a page on a full device"
expect_err "'/dev/full' could not be written: No space left"
[ -c /dev/full ] || fail "/dev/full has been replaced"

# What standard output goes to is added to, not replaced.
(echo before; "$LASTOUT" report a.dump -o /dev/stdout) >both.txt 2>"$err" || fail "a page on standard output"
head -1 both.txt | grep -q '^before$' || fail "what standard output had is gone"
grep -q '</html>' both.txt || fail "no page on standard output"

# Where nothing is tracked it is said how to begin, and not that nothing leaks.
printf 'lastout-ledger 1\nprocess 4711 1000 1700000000000000000 /usr/bin/server\nsettings off,stacks=16\nend 0 0\n' >off.dump
for command in holders why; do
  run $command off.dump
  expect_status 0 "$command of nothing"
  expect_out "^nothing is tracked: 'lastout set 4711 all'"
done

# The latest of many events, and how many there were before them.
{
  printf 'lastout-ledger 1\nprocess 4711 1000 1700000000000000000 /usr/bin/server\ntype 1 64 1 app::inode\n'
  printf 'object 1 0x1000 1 live whole 1 - -\nref - 1 - - external 0x0 0x0\n'
  for n in $(seq 300); do echo "did $n - - got 0x0"; done
  echo 'end 1 1'
} >many.dump
run history many.dump 0x1000
expect_out '^  200 events before these'
[ "$(grep -c '  got ' "$out")" -eq 100 ] || fail "not the latest hundred events"
run history many.dump 0x1000 --most 0
[ "$(grep -c '  got ' "$out")" -eq 300 ] || fail "not all events"
run history many.dump 0x1000 --json
[ "$(grep -c '"what"' "$out")" -eq 300 ] || fail "not all events as JSON"
refused "--most x: give a whole number" history many.dump 0x1000 --most x
