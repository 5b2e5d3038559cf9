#!/usr/bin/python3
"""itself.py - the whole way, on one small header whose mutants are known by heart.

Usage: itself.py MUTANTS.json PROGRAM WORK COMPILER
"""

import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
mutants, program, work = (pathlib.Path(a) for a in sys.argv[1:4])
work.mkdir(parents=True, exist_ok=True)
failures = []


def check(ok, what):
    if not ok:
        failures.append(what)


def judged(survivors, *more):
    return subprocess.run([sys.executable, HERE.parent / "judge.py", mutants, program, "--work", work,
                           "--survivors", survivors, *more], capture_output=True, text=True)


# Exactly these survive: each stands in the file, and nothing else does.
said = judged(HERE / "survivors.md", "--table", work / "table.md")
check(said.returncode == 0, f"the survivors are others than survivors.md says:\n{said.stdout}{said.stderr}")

listed = json.loads(mutants.read_text())
key_of = {m["key"].split(" ", 1)[1]: m["key"] for m in listed["mutants"]}
results = json.loads((work / f"{program.name.removeprefix('lastout_mutants_')}.json").read_text())
check(listed["constant"]["counter.hpp"] > 0, "what is constant was not counted")
check(not any("limit" in m["function"] or m["original"] == "2 + 1" for m in listed["mutants"]),
      "a constant was changed")

for key, how in {
    "counter::add: `value_ + n > limit` -> `value_ + n >= limit`": "failed",
    "counter::add: `n < 0 || value_ + n > limit` -> `n < 0 && value_ + n > limit`": "failed",
    "counter::add: `value_ += n` -> `nothing`": "failed",
    "counter::add: `true` -> `false`": "failed",
    "counter::clear: `value_ != 0` -> `value_ == 0`": "failed",
    "counter::clear: `--value_` -> `nothing`": "hangs",
    "counter::locked: `const std::lock_guard<told_lock> guard(lock)` -> `nothing`": "failed",
    "counter::value_of: `in == nullptr` -> `in != nullptr`": "Segmentation fault",
}.items():
    found = results["mutants"].get(key_of.get(key, ""))
    check(found is not None, f"there is no mutant {key}")
    if found is not None:
        check(found["noticed"] and found["how"] == how, f"{key}: {how} was expected, not {found}")

left_out = [c["name"] for c in results["cases"] if c["left_out"]]
check(left_out == ["counter_test.fails_alone"], f"left out: {left_out}")
check("fails_alone" in (work / "table.md").read_text(), "the table does not say who was left out")

# A reason too few and a reason too many are both seen.
reasons = (HERE / "survivors.md").read_text()
fewer = work / "fewer.md"
fewer.write_text("\n".join(l for l in reasons.splitlines() if "order::release" not in l))
said = judged(fewer, "--reuse")
check(said.returncode == 1 and "no reason, passed" in said.stdout, f"one too few: {said.stdout}")
more = work / "more.md"
more.write_text(reasons + "\n- `counter::add`: `true` -> `false`\n\n  Said to be the same.\n")
said = judged(more, "--reuse")
check(said.returncode == 1 and "though a reason says not" in said.stdout, f"one too many: {said.stdout}")
# A static_assert notices what no program can: then these reasons are too many.
said = judged(HERE / "survivors.md", "--reuse", "--compile", f"counter.hpp={HERE}/compiled.cpp",
              "--compiler", sys.argv[4], "--copy-of", HERE / "small")
check(said.returncode == 1 and said.stdout.count("a reason says not: counter.hpp counter::odd") == 6,
      f"what a static_assert notices: {said.stdout}{said.stderr}")
said = judged(HERE / "survivors.md", "--reuse", "--share-min", "99.9")
check(said.returncode == 1, "a share that is too small was not seen")

print("\n".join(failures) or f"{len(listed['mutants'])} mutants, each as expected")
sys.exit(1 if failures else 0)
