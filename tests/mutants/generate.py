#!/usr/bin/python3
"""generate.py - copies a folder of headers with all their mutants in it, each behind a number.

Usage: generate.py SOURCE COPY LIST.json [--leave NAME ...] [-- compiler flags]

An expression that has mutants becomes  is(17) ? mutated : original,  so that one program holds all
of them and is told at run time which one it is (mutant.hpp). In a constant expression is() answers
no, so that what compilers compute stays as it was. The mutated text is the source's own: mutants do
not stand within mutants. Lines stay where they were.

LIST.json names each mutant by header, function, what was done and to which text, and says per
header how many places were left out because they are constant: what decides types or is computed
while compiling cannot be chosen at run time.
"""

import argparse
import collections
import json
import pathlib
import re
import sys

from clang import cindex
from clang.cindex import CursorKind as kind

SWAPPED = {
    "<": ["<="], "<=": ["<"], ">": [">="], ">=": [">"], "==": ["!="], "!=": ["=="],
    "&&": ["||"], "||": ["&&"],
    "+": ["-"], "-": ["+"], "*": ["/"], "/": ["*"], "&": ["|"], "|": ["&"], "<<": [">>"], ">>": ["<<"],
    "+=": ["-="], "-=": ["+="], "&=": ["|="], "|=": ["&="],
}
COMPARISONS = {"<", "<=", ">", ">=", "==", "!="}
SCOPES = {kind.NAMESPACE, kind.STRUCT_DECL, kind.CLASS_DECL, kind.CLASS_TEMPLATE,
          kind.CLASS_TEMPLATE_PARTIAL_SPECIALIZATION, kind.LINKAGE_SPEC, kind.FRIEND_DECL}
FUNCTIONS = {kind.FUNCTION_DECL, kind.CXX_METHOD, kind.CONSTRUCTOR, kind.DESTRUCTOR,
             kind.CONVERSION_FUNCTION, kind.FUNCTION_TEMPLATE}
TRANSPARENT = {kind.PAREN_EXPR, kind.UNEXPOSED_EXPR}
BODIES = {kind.COMPOUND_STMT, kind.IF_STMT, kind.FOR_STMT, kind.WHILE_STMT, kind.DO_STMT,
          kind.CXX_FOR_RANGE_STMT, kind.CASE_STMT, kind.DEFAULT_STMT}
STATEMENTS = {kind.CALL_EXPR, kind.BINARY_OPERATOR, kind.COMPOUND_ASSIGNMENT_OPERATOR,
              kind.UNARY_OPERATOR, kind.CXX_DELETE_EXPR, kind.CONDITIONAL_OPERATOR,
              kind.UNEXPOSED_EXPR, kind.CSTYLE_CAST_EXPR, kind.PAREN_EXPR}
ORDERS = {"acquire": ["relaxed"], "release": ["relaxed"], "acq_rel": ["acquire", "release"]}


def one_line(text):
    return re.sub(r"\s+", " ", re.sub(r"//[^\n]*", "", text)).strip()


class header:
    """One header: its text, the mutants found in it, and where they stand."""

    def __init__(self, path, name):
        self.path = str(path)
        self.name = name
        self.text = path.read_bytes().decode("latin-1")  # offsets are bytes
        self.mutants = []
        self.at = collections.defaultdict(list)  # (start, end) -> [(id or None, replacement)]
        self.constant = 0
        self.function = ""
        self.constexpr = False  # that function

    def of(self, cursor):
        return self.text[cursor.extent.start.offset:cursor.extent.end.offset]

    def add(self, what, start, end, mutated, constant, statement=False):
        """Notes that text[start:end] may become `mutated`."""
        if constant:
            self.constant += 1
            return
        # One name for one change: a swapped == is a negated condition too.
        for m in self.mutants:
            if (m["start"], m["end"], m["code"]) == (start, end, mutated):
                return
        self.mutants.append({
            "header": self.name, "function": self.function, "what": what,
            "line": self.text.count("\n", 0, start) + 1, "start": start, "end": end,
            "original": one_line(self.text[start:end]), "code": mutated,
            "mutated": "nothing" if statement else one_line(mutated), "statement": statement,
            "constexpr": self.constexpr})

    # What is looked for, in an expression or a statement.

    def literal(self, cursor, constant):
        text = self.of(cursor)
        start, end = cursor.extent.start.offset, cursor.extent.end.offset
        if cursor.kind == kind.CXX_BOOL_LITERAL_EXPR and text in ("true", "false"):
            self.add("constant", start, end, "false" if text == "true" else "true", constant)
        if cursor.kind != kind.INTEGER_LITERAL:
            return
        number = re.fullmatch(r"(0[xX][0-9a-fA-F']+|0[bB][01']+|[0-9][0-9']*)([uUlLzZ]*)", text)
        if not number:
            return
        value = int(number[1].replace("'", ""), 0)
        for other in (value + 1, value - 1):
            if 0 <= other and other.bit_length() <= max(32, value.bit_length()):
                self.add("constant", start, end, f"{other}{number[2]}", constant)

    def operator(self, cursor, constant):
        """A binary operator, built in or not: swapped for its sibling."""
        children = list(cursor.get_children())
        if len(children) < 2:
            return
        left, right = children[0], children[-1]
        between_start, between_end = left.extent.end.offset, right.extent.start.offset
        spelled = re.sub(r"//[^\n]*", lambda c: " " * len(c[0]), self.text[between_start:between_end])
        sign = spelled.strip()
        if sign not in SWAPPED or not left.kind.is_expression() or not right.kind.is_expression():
            return
        if sign in ("*", "/") and cursor.kind == kind.CALL_EXPR:  # durations have but one of them
            return
        if sign in ("-", "+", "-=", "+=") and not self.subtracts(left, right):
            return
        at = between_start + spelled.index(sign)
        what = ("comparison" if sign in COMPARISONS else
                "logic" if sign in ("&&", "||") else "arithmetic")
        start, end = cursor.extent.start.offset, cursor.extent.end.offset
        for other in SWAPPED[sign]:
            self.add(what, start, end,
                     self.text[start:at] + other + self.text[at + len(sign):end], constant)

    @staticmethod
    def subtracts(left, right):
        """False where addition and subtraction are not both there: text, two addresses, two moments."""
        names = [c.type.get_canonical().spelling for c in (left, right)]
        if any("basic_string" in n or "char *" in n for n in names):
            return False
        if left.type.kind == right.type.kind == cindex.TypeKind.POINTER:
            return False
        return not all("time_point" in n for n in names)

    def unary(self, cursor, constant):
        start, end = cursor.extent.start.offset, cursor.extent.end.offset
        text = self.text[start:end]
        if text.startswith("!"):
            self.add("negation", start, end, f"bool({text[1:]})", constant)
        for sign, other in (("++", "--"), ("--", "++")):
            if text.startswith(sign):
                self.add("arithmetic", start, end, other + text[2:], constant)
            elif text.endswith(sign):
                self.add("arithmetic", start, end, text[:-2] + other, constant)

    def negated(self, cursor, constant, what):
        """A condition or a returned truth."""
        inner = cursor
        while inner.kind in TRANSPARENT:
            children = list(inner.get_children())
            if len(children) != 1:
                break
            inner = children[0]
        if inner.kind in (kind.CXX_BOOL_LITERAL_EXPR, kind.VAR_DECL, kind.INTEGER_LITERAL):
            return
        if inner.kind == kind.UNARY_OPERATOR and self.of(inner).startswith("!"):
            return
        if inner.kind in (kind.BINARY_OPERATOR, kind.CALL_EXPR):
            parts = list(inner.get_children())
            if len(parts) >= 2 and self.text[parts[0].extent.end.offset:
                                             parts[-1].extent.start.offset].strip() in ("==", "!="):
                return
        start, end = cursor.extent.start.offset, cursor.extent.end.offset
        self.add(what, start, end, f"!({self.text[start:end]})", constant)

    def dropped(self, cursor, constant):
        if cursor.kind == kind.CSTYLE_CAST_EXPR and not re.match(r"\(void\)\S*\(", self.of(cursor)):
            return
        if re.match(r"(?:\w+\.)?holding_\.", self.of(cursor)):
            return  # a holding is empty without the ledger
        self.add("dropped", cursor.extent.start.offset, cursor.extent.end.offset, "void()", constant,
                 statement=True)

    def guard(self, cursor):
        """A lock guard that is declared: the mutant is one that does not lock."""
        found = re.match(r"(?:const\s+)?(std::lock_guard<)", self.of(cursor))
        if found:
            start, end = cursor.extent.start.offset, cursor.extent.end.offset
            self.add("unlocked", start, end, self.of(cursor), False, statement=True)
            self.mutants[-1]["guard"] = start + found.start(1)

    def reference(self, cursor, constant):
        found = re.fullmatch(r"((?:\w+::)*order::)(\w+)", self.of(cursor))
        for weaker in ORDERS.get(found[2], []) if found else []:
            self.add("order", cursor.extent.start.offset, cursor.extent.end.offset,
                     found[1] + weaker, constant)

    # Where it is looked for.

    def statement(self, cursor, constant, result):
        """Walks a statement or an expression of a function whose result is `result`."""
        k = cursor.kind
        if k in (kind.STATIC_ASSERT, kind.REQUIRES_EXPR, kind.CXX_TRY_STMT) or k.is_attribute():
            constant = True
        start, end = cursor.extent.start.offset, cursor.extent.end.offset
        if self.text[start - 1] == "<" and self.text[end:end + 1] == ">":
            constant = True  # a template argument
        if k == kind.CALL_EXPR and self.of(cursor).startswith("__builtin_"):
            constant = True  # advice to the processor, with constants
        if k in (kind.INTEGER_LITERAL, kind.CXX_BOOL_LITERAL_EXPR):
            return self.literal(cursor, constant)
        if k == kind.DECL_REF_EXPR:
            self.reference(cursor, constant)
        if k in (kind.BINARY_OPERATOR, kind.COMPOUND_ASSIGNMENT_OPERATOR, kind.CALL_EXPR):
            self.operator(cursor, constant)
        if k == kind.UNARY_OPERATOR:
            self.unary(cursor, constant)
        children = list(cursor.get_children())
        constexpr_if = k == kind.IF_STMT and re.match(r"if\s+constexpr\b", self.of(cursor))
        if k in (kind.IF_STMT, kind.WHILE_STMT, kind.CONDITIONAL_OPERATOR) and children:
            self.negated(children[0], constant or bool(constexpr_if), "negation")
        if k == kind.DO_STMT and children:
            self.negated(children[-1], constant, "negation")
        if k == kind.FOR_STMT:
            condition = self.condition_of(cursor, children)
            if condition is not None:
                self.negated(condition, constant, "negation")
        if k == kind.RETURN_STMT and children:
            if result == "bool":
                self.negated(children[0], constant, "returned")
            if result == "void":
                self.dropped(children[0], constant)
        if k == kind.VAR_DECL:
            self.guard(cursor)
            head = self.text[cursor.extent.start.offset:cursor.location.offset]
            if re.search(r"\bconst(expr|init)\b", head):
                constant = True
            children = [c for c in children if c.extent.start.offset > cursor.location.offset]
        if k == kind.PARM_DECL:
            children = [c for c in children if c.extent.start.offset > cursor.location.offset]
        if k == kind.LAMBDA_EXPR:
            result = "unknown"
        if k in (kind.TEMPLATE_NON_TYPE_PARAMETER, kind.TYPE_ALIAS_DECL, kind.TYPEDEF_DECL):
            constant = True
        # What is compiled only with the ledger is the ledger's.
        ledgers = constexpr_if and re.match(r"if\s+constexpr\s*\(\s*in_ledger<", self.of(cursor))
        for i, child in enumerate(children):
            if ledgers and i == 1:
                continue
            const_child = constant or (i == 0 and (k == kind.CASE_STMT or bool(constexpr_if)))
            head = k == kind.FOR_STMT and i + 1 < len(children)
            if k in BODIES and not head and child.kind in STATEMENTS and self.is_statement(child):
                self.dropped(child, constant or self.of(child).startswith("__builtin_"))
            self.statement(child, const_child, result)

    def condition_of(self, loop, children):
        """The condition of a for: what stands between its semicolons."""
        depth, semicolons = 0, []
        for at in range(loop.extent.start.offset, loop.extent.end.offset):
            c = self.text[at]
            depth += (c in "([{") - (c in ")]}")
            if c == ";" and depth == 1:
                semicolons.append(at)
            if len(semicolons) == 2:
                break
        for child in children:
            if len(semicolons) == 2 and semicolons[0] < child.extent.start.offset < semicolons[1]:
                return child
        return None

    def is_statement(self, cursor):
        """Conditions are children too: a statement ends with a semicolon and begins after one."""
        after = self.text[cursor.extent.end.offset:].lstrip()
        before = self.text[:cursor.extent.start.offset]
        before = re.sub(r"(?:\s|//[^\n]*\n|\[\[\w+\]\])+$", "", before)
        # A line that is all comment ends in anything: look at what stands before it.
        while True:
            line = before[before.rfind("\n") + 1:]
            comment = line.find("//")
            if comment < 0:
                break
            before = before[:len(before) - len(line) + comment].rstrip()
        return after.startswith(";") and (before[-1:] in ";{}:)" or before.endswith("else"))

    def body(self, function):
        if re.search(r"\bconsteval\b|= (default|delete)$", self.of(function)[:400].split("{")[0]):
            return
        result = function.result_type.get_canonical().spelling or "unknown"
        if function.kind in (kind.CONSTRUCTOR, kind.DESTRUCTOR):
            result = "void"
        initialises = False
        for child in function.get_children():
            if child.kind == kind.PARM_DECL:
                self.statement(child, False, result)
            elif child.kind == kind.MEMBER_REF:
                initialises = True
                continue
            elif child.kind == kind.COMPOUND_STMT or (initialises and child.kind.is_expression()):
                self.statement(child, False, result)
            if child.kind not in (kind.TYPE_REF, kind.TEMPLATE_REF, kind.NAMESPACE_REF):
                initialises = False

    def declaration(self, cursor, scope):
        k = cursor.kind
        if k in SCOPES:
            inner = scope
            if k != kind.NAMESPACE and k not in (kind.LINKAGE_SPEC, kind.FRIEND_DECL):
                inner = scope + [cursor.spelling]
            for child in cursor.get_children():
                self.declaration(child, inner)
        elif k in FUNCTIONS:
            owner = cursor.semantic_parent
            names = [cursor.spelling]
            while owner is not None and owner.kind != kind.TRANSLATION_UNIT:
                if owner.kind != kind.NAMESPACE and owner.spelling:
                    names.insert(0, owner.spelling)
                owner = owner.semantic_parent
            self.function = re.sub(r"<[^<>]*>", "", "::".join(names))
            self.constexpr = "constexpr" in self.of(cursor).split("{")[0]
            self.body(cursor)
        elif k in (kind.VAR_DECL, kind.FIELD_DECL, kind.STATIC_ASSERT, kind.ENUM_DECL,
                   kind.CONCEPT_DECL):
            self.function = "::".join(scope) or "namespace"
            self.constexpr = False
            if k == kind.FIELD_DECL and cursor.is_bitfield():
                return
            if k == kind.FIELD_DECL:
                for child in cursor.get_children():
                    if child.extent.start.offset > cursor.location.offset:
                        self.statement(child, False, "unknown")
            else:
                self.statement(cursor, k != kind.VAR_DECL, "unknown")

    # What it becomes.

    def rendered(self):
        """The text with every mutant behind its number."""
        spots = collections.defaultdict(list)
        for m in self.mutants:
            at = m.get("guard")
            spots[(m["start"], m["end"]) if at is None else (at, at + len("std::lock_guard<"))].append(m)
        order = sorted(spots, key=lambda s: (s[0], -s[1]))
        out, stack, last = [], [], 0

        def close_until(position):
            nonlocal last
            while stack and stack[-1][0] <= position:
                end, tail = stack.pop()
                out.append(self.text[last:end])
                out.append(tail)
                last = end

        for start, end in order:
            close_until(start)
            assert not stack or end <= stack[-1][0], (self.name, start, end)
            out.append(self.text[last:start])
            last = start
            here = spots[start, end]
            if "guard" in here[0]:
                out.append(f"::lastout::mutant::guard<{here[0]['id']}, ")
                last = end
                continue
            chosen = ""
            for m in here:
                # clang runs both sides of  is(1) ? void() : void(::operator delete(m)).
                nothing = ("::lastout::mutant::nothing()" if "operator delete" in m["original"]
                           else "void()")
                code = nothing if m["statement"] else f"({one_line(m['code'])})"
                chosen += f"::lastout::mutant::is({m['id']}) ? {code} : "
            void = any(m["statement"] for m in here)
            if void:
                chosen = chosen.replace(" ? (", " ? void(")
            negated = any(m["what"] in ("negation", "returned") and m["code"].startswith("!")
                          for m in here) and not void
            out.append(f"({chosen}{'void' if void else 'bool' if negated else ''}(")
            stack.append((end, "))"))
        close_until(len(self.text))
        out.append(self.text[last:])
        return "".join(out)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("copy", type=pathlib.Path)
    parser.add_argument("list", type=pathlib.Path)
    parser.add_argument("--leave", nargs="*", default=[], help="headers that are copied as they are")
    parser.add_argument("--stillborn", type=pathlib.Path, help="mutants that do not compile")
    parser.add_argument("--libclang", default="/usr/lib/llvm-19/lib/libclang-19.so.1")
    parser.add_argument("flags", nargs="*")
    own = sys.argv[1:]
    flags = []
    if "--" in own:
        flags = own[own.index("--") + 1:]
        own = own[:own.index("--")]
    options = parser.parse_args(own)

    if pathlib.Path(options.libclang).exists():
        cindex.Config.set_library_file(options.libclang)
    headers = {}
    for path in sorted(options.source.rglob("*.hpp")):
        headers[str(path.resolve())] = header(path, str(path.relative_to(options.source)))
    left = set(options.leave)
    unknown = left - {h.name for h in headers.values()}
    if unknown:
        sys.exit(f"generate: there is no {', '.join(sorted(unknown))}")
    worked = {p: h for p, h in headers.items() if h.name not in left}

    everything = "".join(f'#include "{path}"\n' for path in worked)
    unit = cindex.Index.create().parse("all.cpp", args=flags, unsaved_files=[("all.cpp", everything)])
    errors = [d for d in unit.diagnostics if d.severity >= cindex.Diagnostic.Error]
    if errors:
        sys.exit("generate: " + "\n".join(str(e) for e in errors[:5]))
    for cursor in unit.cursor.get_children():
        where = cursor.location.file
        path = str(pathlib.Path(where.name).resolve()) if where is not None else ""
        if path in worked:
            worked[path].declaration(cursor, [])

    stillborn = json.loads(options.stillborn.read_text()) if options.stillborn else []
    mutants, born = [], set()
    for h in worked.values():
        seen = collections.Counter()
        alive = []
        for m in sorted(h.mutants, key=lambda m: (m["start"], -m["end"])):
            key = f"{m['header']} {m['function']}: `{m['original']}` -> `{m['mutated']}`"
            seen[key] += 1
            m["key"] = key + (f" #{seen[key]}" if seen[key] > 1 else "")
            if m["key"] in stillborn:
                born.add(m["key"])
                continue
            m["id"] = len(mutants) + 1
            mutants.append(m)
            alive.append(m)
        h.mutants = alive
    if set(stillborn) - born:
        sys.exit(f"generate: no such mutant, though noted as stillborn: {set(stillborn) - born}")

    for h in headers.values():
        to = options.copy / h.name
        to.parent.mkdir(parents=True, exist_ok=True)
        text = h.rendered().encode("latin-1")
        if not to.exists() or to.read_bytes() != text:
            to.write_bytes(text)
    options.list.write_text(json.dumps({
        "mutants": [{k: m[k] for k in
                     ("id", "key", "header", "function", "what", "line", "original", "mutated",
                      "code", "start", "end", "constexpr")} for m in mutants],
        "constant": {h.name: h.constant for h in worked.values()},
        "stillborn": len(born)}, indent=1))
    counts = collections.Counter(m["what"] for m in mutants)
    print(f"{len(mutants)} mutants in {len(worked)} headers: " +
          ", ".join(f"{n} {what}" for what, n in sorted(counts.items())))


if __name__ == "__main__":
    main()
