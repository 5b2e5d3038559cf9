#!/usr/bin/python3
"""judge.py - runs the programs full of mutants, compares who survived with what is said of them.

Usage: judge.py MUTANTS.json --work DIR --survivors FILE.md [--table FILE.md] [--share-min PERCENT]
                [--jobs N] [--sample N] [--note TEXT] [--reuse]
                [--compile HEADERS=SOURCE ... --compiler COMMAND --copy-of DIR]
                PROGRAM[=MILLISECONDS] ...

Each program is asked about the mutants that none before it has noticed; PROGRAM=MILLISECONDS/WHAT,...
only about those kinds. PROGRAM=MILLISECONDS+MORE: its cases of up to MORE are asked in the end, about
those that are left and have no reason in FILE.md. Who noticed a mutant the last time is asked first (DIR/hints.json), so that
the second time is quick. With --compile, those in the named headers that are left then are compiled
into the named source, one at a time: what is promised by a static_assert is seen there only.

FILE.md lists each survivor and why no test can notice it, or none does yet:

    ## count_step.hpp

    - `word::settle`: `now.references != 0` -> `now.references == 0`

      Why nothing differs.

Several that stand above one another share the reason below them. A survivor without a reason, and a
reason without a survivor, are errors: the list is neither short nor old. A reason that begins with
"Open:" admits a gap instead of explaining it; it is counted as such.
"""

import argparse
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile


def read_reasons(path):
    """key -> reason."""
    reasons, header, waiting, text = {}, "", [], []

    def settle():
        for key in waiting:
            if key in reasons:
                sys.exit(f"judge: {path}: twice: {key}")
            reasons[key] = " ".join(text)
        waiting.clear()
        text.clear()

    for line in path.read_text().splitlines() if path.exists() else []:
        if line.startswith("## "):
            settle()
            header = line[3:].strip()
        elif line.startswith("- `") and header:
            if text:
                settle()
            found = re.fullmatch(r"- `([^`]*)`: (`.*)", line)
            if not found:
                sys.exit(f"judge: {path}: cannot read: {line}")
            waiting.append(f"{header} {found[1]}: {found[2]}")
        elif line.strip() and waiting:
            text.append(line.strip())
    settle()
    return reasons


class asked:
    """A program, and what it has said of mutants, by their keys."""

    def __init__(self, spelled, work):
        path, _, rest = spelled.partition("=")
        ms_max, _, kinds = rest.partition("/")
        ms_max, _, self.ms_more = ms_max.partition("+")
        self.path = pathlib.Path(path)
        self.name = self.path.name.removeprefix("lastout_mutants_")
        self.ms_max = ms_max or "1e9"
        self.kinds = set(kinds.split(",")) if kinds else None
        self.results = work / f"{self.name}.json"
        self.said, self.cases = {}, []

    def remember(self):
        """What it noticed before; what it did not, unless it has been made anew."""
        if not self.results.exists():
            return
        kept = json.loads(self.results.read_text())
        anew = self.path.stat().st_mtime > self.results.stat().st_mtime
        self.cases = kept["cases"]
        self.said = {k: v for k, v in kept["mutants"].items() if v["noticed"] or not anew}

    def ask(self, mutants, hints, jobs, goes_on):
        """Lets the program judge those of `mutants` that it has not judged."""
        mutants = [m for m in mutants if m["key"] not in self.said]
        if not mutants and self.cases:
            return
        recorded, wanted, out = (self.results.with_suffix(s) for s in (".recorded", ".wanted", ".out"))
        for old in (recorded, pathlib.Path(f"{out}.log")):
            if old.exists() and (old.stat().st_mtime < self.path.stat().st_mtime):
                old.unlink()
        wanted.write_text("".join(f"{m['id']}\t{hints.get(m['key'], ('', ''))[1]}\n" for m in mutants))
        subprocess.run([str(self.path), "--out", str(out), "--only", str(wanted), "--jobs", str(jobs),
                        "--ms-max", self.ms_max, "--recorded", str(recorded),
                        "--goes-on", "1" if goes_on else "0"], check=True, cwd=self.results.parent)
        pathlib.Path(f"{out}.log").unlink()
        answer = json.loads(out.read_text())
        self.cases = answer["cases"]
        self.said |= {m["key"]: answer["mutants"][str(m["id"])] for m in mutants}
        self.results.write_text(json.dumps({"cases": self.cases, "mutants": self.said}, indent=0))


def compiles(m, source, command, original):
    """Whether the source still compiles with the mutant in the header."""
    with tempfile.TemporaryDirectory() as folder:
        into = pathlib.Path(folder) / original.name
        into.mkdir()
        text = (original / m["header"]).read_bytes().decode("latin-1")
        code = ";" if m["mutated"] == "nothing" else m["code"]
        mutated = text[:m["start"]] + code + text[m["end"]:]
        (into / m["header"]).write_bytes(mutated.encode("latin-1"))
        done = subprocess.run([*command.split(), f"-I{folder}", f"-I{original.parent}",
                               "-fsyntax-only", str(source)], capture_output=True, text=True)
        if done.returncode != 0 and "static assertion" not in done.stderr:
            print(f"judge: {m['key']}: {done.stderr[:300]}", file=sys.stderr)
        return done.returncode == 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mutants", type=pathlib.Path)
    parser.add_argument("programs", nargs="+",
                        help="PATH, or PATH=N: without its cases of over N ms, or PATH=N/WHAT,..., PATH=N+MORE")
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--survivors", type=pathlib.Path, required=True)
    parser.add_argument("--table", type=pathlib.Path)
    parser.add_argument("--share-min", type=float, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--sample", type=int, help="judge so many only, chosen by chance, always the same")
    parser.add_argument("--note", default="", help="what the table's reader has to know besides")
    parser.add_argument("--reuse", action="store_true",
                        help="what was noticed before holds, and what was not, by programs as they were")
    parser.add_argument("--compile", action="append", default=[])
    parser.add_argument("--compiler", default="")
    parser.add_argument("--copy-of", type=pathlib.Path)
    options = parser.parse_args()

    listed = json.loads(options.mutants.read_text())
    all_mutants = listed["mutants"]
    mutants = all_mutants
    in_all = listed.get("sampled_from", len(all_mutants))
    if options.sample:
        mutants = sorted(all_mutants, key=lambda m: hashlib.sha256(m["key"].encode()).digest())
        mutants = sorted(mutants[:options.sample], key=lambda m: m["id"])
        listed["mutants"] = mutants
    options.work.mkdir(parents=True, exist_ok=True)

    noticed_by, passed, left_out = {}, set(), {}
    hints_file = options.work / "hints.json"
    hints = json.loads(hints_file.read_text()) if hints_file.exists() else {}
    programs = [asked(p, options.work) for p in options.programs]
    if options.reuse:
        for each in programs:
            each.remember()

    def let_judge(program, wanted):
        wanted = [m for m in wanted if program.kinds is None or m["what"] in program.kinds]
        program.ask(wanted, hints, options.jobs, options.reuse)
        for m in wanted:
            told = program.said[m["key"]]
            if told["passes"]:
                passed.add(m["id"])
            if told["noticed"]:
                noticed_by[m["id"]] = f"{told['by']} ({told['how']})"
                hints[m["key"]] = (program.name, told["by"])
        hints_file.write_text(json.dumps(hints, indent=0))

    for only_hinted in (True, False):
        for each in programs:
            let_judge(each, [m for m in mutants if m["id"] not in noticed_by and
                             (not only_hinted or hints.get(m["key"], ("",))[0] == each.name)])
    reasons = read_reasons(options.survivors)
    for each in programs:
        left = [m for m in mutants if m["id"] not in noticed_by and m["key"] not in reasons]
        if each.ms_more and left:
            each.ms_max = each.ms_more
            for m in left:
                each.said.pop(m["key"], None)
            let_judge(each, left)
    per_program = []
    for each in programs:
        for case in each.cases:
            if case["left_out"]:
                left_out[f"{each.name}: {case['name']}"] = case["left_out"]
        of = [m for m in mutants if each.said.get(m["key"], {}).get("noticed")]
        per_program.append((each.name, len(each.cases), len(of)))
    static = len(noticed_by)
    for rule in options.compile:
        headers, source = rule.split("=")
        for m in mutants:
            if m["constexpr"] and m["header"] in headers.split(",") and m["id"] not in noticed_by:
                if not compiles(m, source, options.compiler, options.copy_of.resolve()):
                    noticed_by[m["id"]] = "static_assert"
    if options.compile:
        per_program.append(("static_assert", 0, len(noticed_by) - static))

    survivors = [m for m in mutants if m["id"] not in noticed_by]
    without = [m for m in survivors if m["key"] not in reasons]
    unjudged = {m["key"] for m in all_mutants} - {m["key"] for m in mutants}
    stale = sorted(set(reasons) - {m["key"] for m in survivors} - unjudged)
    for m in without:
        print(f"no reason, {'passed' if m['id'] in passed else 'never passed'}: "
              f"{m['header']}:{m['line']} {m['key'].split(' ', 1)[1]}")
    for key in stale:
        print(f"noticed, or gone, though a reason says not: {key}")

    unlike = [m for m in survivors if not reasons.get(m["key"], "Open:").startswith("Open:")]
    share = 100 * len(noticed_by) / len(mutants)
    judged = len(mutants) - len(unlike)
    share_unlike = 100 * len(noticed_by) / judged if judged else 100
    if options.table:
        options.table.write_text(table(listed, noticed_by, survivors, unlike, reasons, per_program,
                                       left_out, share, share_unlike, in_all,
                                       options.note))
    print(f"{len(mutants)} mutants, {len(noticed_by)} noticed ({share:.1f} %); "
          f"{len(survivors)} survive, {len(unlike)} of them explained: "
          f"{share_unlike:.2f} % of those that differ")
    if share < options.share_min:
        print(f"less than {options.share_min} %")
    if without or stale or share < options.share_min:
        sys.exit(1)


def table(listed, noticed_by, survivors, unlike, reasons, per_program, left_out, share, share_unlike,
          in_all, note):
    mutants = listed["mutants"]
    unlike_ids = {m["id"] for m in unlike}

    def row(name, of, constant):
        caught = sum(m["id"] in noticed_by for m in of)
        same = sum(m["id"] in unlike_ids for m in of)
        percent = f"{100 * caught / len(of):.1f} %" if of else ""
        return f"| {name} | {len(of)} | {caught} | {percent} | {same} | {len(of) - caught - same} | {constant} |"

    lines = [
        "# Mutants",
        "",
        "Who notices when one operator, one number, one order or one call of the core is another one.",
        "Written by `make mutants`; [tests/mutants/README.md](../tests/mutants/README.md) says what is",
        "changed and how, [survivors.md](../tests/mutants/survivors.md) why a survivor survives.",
        "",
        *([f"This is a sample: {len(mutants)} of {in_all} mutants, chosen by chance.", ""]
          if len(mutants) < in_all else []),
        *([note, ""] if note else []),
        f"**{len(mutants)} mutants, {len(noticed_by)} noticed: {share:.1f} %.** Of the {len(survivors)}",
        f"others {len(unlike)} are explained in survivors.md; without those it is",
        f"{share_unlike:.2f} %. *Open*: a gap, admitted there. *Constant*: places that were not changed,",
        "because what decides types or is computed while compiling cannot be chosen at run time.",
        "",
        "| header | mutants | noticed | share | explained | open | constant |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for header in sorted(listed["constant"]):
        of = [m for m in mutants if m["header"] == header]
        if of or listed["constant"][header]:
            lines.append(row(f"`{header}`", of, listed["constant"][header]))
    lines.append(row("all", mutants, sum(listed["constant"].values())))
    lines += ["", "| what was changed | mutants | noticed | share | explained | open |",
              "|---|---:|---:|---:|---:|---:|"]
    for what in sorted({m["what"] for m in mutants}):
        of = [m for m in mutants if m["what"] == what]
        lines.append(row(what, of, "").removesuffix("  |"))
    lines += ["", "| who was asked, in this order | cases | noticed |", "|---|---:|---:|"]
    for name, cases, caught in per_program:
        lines.append(f"| {name} | {cases or ''} | {caught} |")
    if left_out:
        lines += ["", "Not asked: what is slow, and what fails as the original when it runs alone.", ""]
        lines += [f"- {name}: {why}" for name, why in sorted(left_out.items())]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
