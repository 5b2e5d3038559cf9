# lastout_gdb.py - counted objects and their holders in gdb: handles and counts print as what they
# mean, and `info lastout` answers who holds an object. For a program that runs, and for a core file.
#
#   (gdb) source lastout_gdb.py            or the same line in ~/.gdbinit
#   (gdb) print session                    a handle, its object's state and count, who holds it
#   (gdb) info lastout                     the types that the ledger knows, with their figures
#   (gdb) info lastout TYPE                its tracked objects
#   (gdb) info lastout holders ADDRESS     each outstanding reference to one object
#
# Nothing runs in the program for any of this. The printers need its debug information. The commands
# need a program with the ledger in it (LASTOUT_LEDGER, lastout/config.hpp) and its symbol table;
# debug information gives them counts and lines of source besides.
#
# The ledger's tables are found by name: src/ledger/layout.hpp. What the numbers in a counted word
# mean is told by lastout/count_state.hpp; tests/debugger holds this file against both.

import bisect
import collections
import os
import re
import time

import gdb
import gdb.printing
import gdb.types

ABI = r"(?:un)?checked(?:_named)?(?:_ledger)?"
LIBRARY = r"^lastout::(?:%s::)?" % ABI

# --- counts: what a word means ---------------------------------------------------------------------

Count = collections.namedtuple("Count", "state references more")


def count_in(word):
    """The state, the references and the notes in 32 bits, as count_state.hpp spells them."""
    if word < 0x80000000:
        return Count("live", word + 1, "")
    zone = word >> 28
    if zone <= 0x9:
        return Count("saturated", 0, "too many references to count, leaked")
    if zone == 0xA:
        return Count("dead", 0, "not born yet" if word >> 27 == 0xA4000000 >> 27 else "")
    if zone == 0xB:
        return Count("idle", 0, "")
    if zone == 0xC:
        return Count("frozen", 0, "")
    if zone <= 0xE:
        notes = word - 0xD0000000
        stalled = (notes >> 19) - 1
        references = notes & 0x3FFFF
        told = ["doomed"] if notes & 1 << 18 else []
        if stalled:
            told.append("%d puts at zero have yet to settle" % stalled)
        return Count("live" if references else "zero", references, ", ".join(told))
    if word == 0xF0000000:
        return Count("locked", 0, "a thread is changing it")
    return Count("zero", 0, "" if word == 0xFFFFFFFF else "put once too often")


def number_in(value):
    """The number in an atomic, a cell or a word, however they are nested."""
    while value.type.strip_typedefs().code == gdb.TYPE_CODE_STRUCT:
        names = {field.name for field in all_fields(value.type.strip_typedefs())}
        value = value[next(name for name in ("word_", "both_", "value_") if name in names)]
    return int(value)


def all_fields(of):
    for field in of.fields():
        if field.is_base_class:
            yield from all_fields(field.type.strip_typedefs())
        else:
            yield field


def count_of_word(word):
    """The count in one of the library's words, and the hits noted in it (None: it notes none)."""
    names = [field.type.strip_typedefs().name or "" for field in all_fields(word.type.strip_typedefs())
             if field.name == "word_"]
    number = number_in(word)
    if any(re.match(LIBRARY + "hit_cell$", name) for name in names):
        hits = number >> 32  # a little below 0 for a moment: hit_count.hpp
        return count_in(number - 1 & 0xFFFFFFFF), hits if hits < 0xFFFF0000 else 0
    return count_in(number), None


def plural(n, what):
    return "%d %s%s" % (n, what, "" if n == 1 else "s")


def text_of(count):
    parts = [count.state]
    if count.references:
        parts.append(plural(count.references, "reference"))
    if count.more:
        parts.append(count.more)
    return ", ".join(parts)


def besides(count, own, whose):
    """A count without the reference that belongs to a structure; idle when no other is left."""
    if count.references == 0:
        return count
    rest = count.references - own
    more = ", ".join(part for part in (whose, count.more) if part)
    return Count("live" if rest else "idle", rest, more)


# --- styles: what a counted object's base says -----------------------------------------------------


def count_of_kref(base):
    return count_of_word(base["word_"])[0]


def count_of_kcref(base):
    count = count_of_kref(base)
    if not has_several_arguments(base.type) and "doomed" not in count.more:
        return besides(count, 1, "its structure's not counted")
    return count


def count_of_plain(base):
    return besides(count_of_kref(base), 1, "its parent's not counted")


def count_of_cached(base):
    count, hits = count_of_word(base["word_"])
    place = ("", "queued", "parked", "leaving")[number_in(base["standing_"]) & 3]
    told = "%s, %s" % (place or "in no cache", plural(hits, "hit"))
    if count.state == "dead":
        return count
    return besides(count, 1 if place == "queued" else 0, told)


def count_of_dual(base):
    word = number_in(base["word_"])
    active = word >> 32 & (1 << 30) - 1
    passive = word & 0xFFFFFFFF
    inactive = word >> 62 & 1
    if passive > 1 << 30:
        return Count("leaked", 0, "too many references to count, or misused")
    if passive == 0:
        return Count("dead", 0, "")
    state = "inactive" if inactive else "closed" if word >> 63 else "live"
    shared = 0 if inactive else 1  # all active references together hold a passive one
    return Count(state, active + passive - shared, "%d active, %d passive" % (active, passive - shared))


STYLES = {
    "kref": count_of_kref,
    "kcref": count_of_kcref,
    "plain": count_of_plain,
    "cached": count_of_cached,
    "dual": count_of_dual,
}
STYLE = re.compile(LIBRARY + "(%s)<" % "|".join(STYLES))


def has_several_arguments(of):
    """Told by the name: gdb does not count the arguments of a pack."""
    depth = 0
    for each in of.strip_typedefs().name or "":
        depth += (each in "<({[") - (each in ">)}]")
        if each == "," and depth == 1:
            return True
    return False


def style_of(value):
    """The style that a counted object is derived from; None when it is not one of ours."""
    of = value.type.strip_typedefs()
    if of.code != gdb.TYPE_CODE_STRUCT:
        return None
    if STYLE.match(of.name or ""):
        return value.cast(of)
    for field in of.fields():
        if field.is_base_class:
            found = style_of(value.cast(field.type))
            if found is not None:
                return found
    return None


def count_of_object(value):
    """None when it is of no style that is known here, or cannot be read."""
    try:
        base = style_of(value)
        if base is None:
            return None
        return STYLES[STYLE.match(base.type.strip_typedefs().name).group(1)](base)
    except (gdb.error, gdb.MemoryError, StopIteration):
        return None


# --- printers --------------------------------------------------------------------------------------


class WordPrinter:
    """refcount, external_word, locked_word, local_word, hit_count."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        count, hits = count_of_word(self.value)
        return text_of(count) + ("" if hits is None else ", " + plural(hits, "hit"))


class StylePrinter:
    """The base of a counted object."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        basic = gdb.types.get_basic_type(self.value.type)
        return text_of(STYLES[STYLE.match(basic.name).group(1)](self.value.cast(basic)))


class HandlePrinter:
    """external, active, passive, existence_ref, killed, internal under a lock."""

    def __init__(self, value):
        self.value = value
        basic = gdb.types.get_basic_type(value.type)
        self.name = re.match(LIBRARY + r"(\w+)<", basic.name).group(1)
        self.of = basic.template_argument(0)
        held = value["held_"] if self.name == "existence_ref" else value
        self.object = held["object_"]
        self.holding = None
        if any(field.name == "holding_" for field in held.type.strip_typedefs().fields()):
            self.holding = held["holding_"]

    def to_string(self):
        name = "%s<%s>" % (self.name, plain_name(str(self.of)))
        if int(self.object) == 0:
            return name + " (empty)"
        count = count_of_object(self.object.dereference())
        told = ["" if count is None else text_of(count), self.holder()]
        told = "; ".join(part for part in told if part)
        return "%s (%s)" % (name, told) if told else name

    def holder(self):
        if self.holding is None or self.name == "killed":
            return ""
        names = [field.name for field in self.holding.type.strip_typedefs().fields()]
        if "record_" not in names:
            return ""  # built without the ledger
        record = int(self.holding["record_"])
        if record == 0:
            return ""  # the ledger does not track it
        try:
            return "held by " + Ledger().holder_text(record)
        except (gdb.GdbError, gdb.error):
            return ""

    def children(self):
        if int(self.object) != 0:
            yield "object", self.object


class NumberedPrinter:
    """internal<T, slab<T>>: a slot and its generation."""

    def __init__(self, value):
        self.value = value
        self.of = gdb.types.get_basic_type(value.type).template_argument(0)

    def to_string(self):
        name = "internal<%s>" % plain_name(str(self.of))
        generation = int(self.value["generation_"])
        if generation == 0:
            return name + " (empty)"
        return "%s (slot %d, generation %d)" % (name, int(self.value["slot_"]), generation)


def internal_printer(value):
    fields = {field.name for field in gdb.types.get_basic_type(value.type).fields()}
    return NumberedPrinter(value) if "slot_" in fields else HandlePrinter(value)


def make_printers():
    out = gdb.printing.RegexpCollectionPrettyPrinter("lastout")
    handles = "(?:external|active|passive|existence_ref|killed)<"
    out.add_printer("handle", LIBRARY + handles, HandlePrinter)
    out.add_printer("internal", LIBRARY + "internal<", internal_printer)
    out.add_printer("style", LIBRARY + "(?:%s)<" % "|".join(STYLES), StylePrinter)
    out.add_printer("word", LIBRARY + "(?:(?:refcount|external_word|locked_word|local_word|hit_count)$"
                    "|basic_refcount<)", WordPrinter)
    return out


# --- the ledger's tables ---------------------------------------------------------------------------


class Memory:
    """The program's memory, each page read once: gdb changes nothing while a command runs."""

    def __init__(self):
        self.inferior = gdb.selected_inferior()
        self.order = "big" if "big" in gdb.execute("show endian", to_string=True) else "little"
        self.pointer = gdb.lookup_type("void").pointer().sizeof
        self.pages = {}

    def page(self, number):
        try:
            read = bytes(self.inferior.read_memory(number << 12, 4096))
        except gdb.MemoryError:
            raise gdb.GdbError("the ledger's tables cannot be read at 0x%x: they are not in this "
                               "core file, or have been overwritten" % (number << 12))
        self.pages[number] = read
        return read

    def bytes(self, at, size):
        number, offset = at >> 12, at & 4095
        page = self.pages.get(number) or self.page(number)
        if offset + size <= 4096:
            return page[offset:offset + size]
        return page[offset:] + self.bytes(number + 1 << 12, offset + size - 4096)

    def number(self, at, size):
        return int.from_bytes(self.bytes(at, size), self.order)

    def address(self, at):
        return self.number(at, self.pointer)

    def text(self, at):
        out = b""
        while b"\0" not in out and len(out) < 4096:
            out += self.bytes(at + len(out), 4096 - (at + len(out)) % 4096)
        return out.split(b"\0")[0].decode("utf-8", "replace")


Root = collections.namedtuple("Root", "first bytes number")
Member = collections.namedtuple("Member", "offset bytes first_bit bits unit")
KINDS = ("external", "active", "passive", "existence", "given")
VERSION = 1


class Layout:
    """What lastout_ledger_layout says: roots and members by name."""

    known = {}

    def __init__(self, memory, at):
        magic = memory.bytes(at, 16).split(b"\0")[0]
        version, parts = (memory.number(at + 16 + 4 * i, 4) for i in range(2))
        if magic != b"lastout ledger":
            raise gdb.GdbError("lastout_ledger_layout is not what the ledger puts there: the symbols "
                               "that gdb has read are not this program's")
        if version != VERSION:
            raise gdb.GdbError("this program's ledger is laid out in version %d, and this script reads "
                               "version %d: source the lastout_gdb.py that came with the library"
                               % (version, VERSION))
        self.roots = {}
        self.members = {}
        pointer = memory.pointer
        list_of_parts = memory.address(at + 24)
        for i in range(parts):
            part = memory.address(list_of_parts + i * pointer)
            roots, members = (memory.address(part + n * pointer) for n in range(2))
            root_count, member_count = (memory.number(part + 2 * pointer + 4 * n, 4) for n in range(2))
            for n in range(root_count):
                entry = roots + n * (2 * pointer + 8)
                size, number = (memory.number(entry + 2 * pointer + 4 * k, 4) for k in range(2))
                self.roots[memory.text(memory.address(entry))] = Root(
                    memory.address(entry + pointer), size, number)
            each = pointer + 20 + (pointer - 20) % pointer
            for n in range(member_count):
                entry = members + n * each
                numbers = (memory.number(entry + pointer + 4 * k, 4) for k in range(5))
                self.members[memory.text(memory.address(entry))] = Member(*numbers)


Reference = collections.namedtuple("Reference", "kind since_ns where owner tag stack thread")
Type = collections.namedtuple(
    "Type", "number name size share born released gets puts refused resurrected killed references")


class Tracked:
    """A tracked object. Its members are read when they are asked for."""

    def __init__(self, ledger, at):
        self.ledger = ledger
        self.at = at

    def __getattr__(self, name):
        read = self.ledger.read(self.at, "tracked_object." + name)
        setattr(self, name, read)
        return read

    def records(self):
        seen = set()
        each = self.first
        while each != 0 and each not in seen:
            seen.add(each)
            yield each
            each = self.ledger.read(each, "record.next")

    def references(self):
        return (self.ledger.reference(each) for each in self.records())

    def oldest_ns(self):
        """Since when its oldest reference is held; None when it has none."""
        return min((self.ledger.read(each, "record.since_ns") for each in self.records()), default=None)


class Ledger:
    """The ledger's tables in the program that gdb looks at, now."""

    def __init__(self):
        inferior = gdb.selected_inferior()
        if inferior.pid == 0:
            raise gdb.GdbError("no program is there to look at: `run` one, `attach PID`, or open a "
                               "core file with `core-file FILE`")
        try:
            with InCPlusPlus():
                at = int(gdb.parse_and_eval("(unsigned long)&lastout_ledger_layout"))
        except gdb.error:
            raise gdb.GdbError(
                "this program has no ledger in it, or its symbols are stripped: compile it with "
                "LASTOUT_LEDGER=1 and link lastout_ledger (lastout/config.hpp)")
        self.memory = Memory()
        key = (gdb.current_progspace(), inferior.pid, at)
        if Layout.known.get("key") != key:
            Layout.known = {"key": key, "layout": Layout(self.memory, at)}
        self.layout = Layout.known["layout"]
        self.types_read = {}
        self.gdb_types = {}
        self.objects_read = None

    def read(self, at, name):
        try:
            member = self.layout.members[name]
        except KeyError:
            raise gdb.GdbError("this program's ledger does not say where '%s' is: source the "
                               "lastout_gdb.py that came with the library" % name)
        number = self.memory.number(at + member.offset, member.bytes)
        if member.bits != 0:
            number = number >> member.first_bit & (1 << member.bits) - 1
        return number * member.unit

    def numbered(self, name, number):
        """The address of a numbered thing; 0 when there is none."""
        rows = self.layout.roots[name + ".rows"]
        row, column = divmod(number - 1, rows.bytes // self.memory.pointer)
        if number == 0 or row >= rows.number:
            return 0
        row_at = self.memory.address(rows.first + row * self.memory.pointer)
        return row_at and self.memory.address(row_at + column * self.memory.pointer)

    def how_many(self, name):
        size = self.layout.roots[name + ".size"]
        return self.memory.number(size.first, size.bytes)

    # types

    def type_at(self, book):
        if book in self.types_read:
            return self.types_read[book]
        entry = self.read(book, "type_book.entry")
        tracked = self.read(book, "type_book.tracked")
        counts = [self.read(book, "type_book." + name)
                  for name in ("born", "released", "gets", "puts", "refused", "resurrected", "killed")]
        name = self.memory.text(self.read(entry, "type_entry.name"))
        found = Type(len(self.types_read) + 1, name, self.read(entry, "type_entry.size"),
                     round((1 << 31) / tracked) if tracked else 0, *counts,
                     self.read(entry, "type_entry.references"))
        self.types_read[book] = found
        return found

    def types(self):
        return [self.type_at(self.numbered("types", n + 1)) for n in range(self.how_many("types"))]

    # objects

    def objects(self):
        if self.objects_read is None:
            self.objects_read = list(self.walk())
        return self.objects_read

    def walk(self):
        shards = self.layout.roots["shards"]
        pointer = self.memory.pointer
        for n in range(shards.number):
            shard = shards.first + n * shards.bytes
            buckets = self.read(shard, "shard.buckets")
            for i in range(self.read(shard, "shard.room")):
                each = self.memory.address(buckets + i * pointer)
                seen = set()
                while each != 0 and each not in seen:
                    seen.add(each)
                    yield Tracked(self, each)
                    each = self.read(each, "tracked_object.next")

    def object_around(self, address):
        """The tracked object that this address lies in; None when there is none."""
        if not hasattr(self, "by_address"):
            self.by_address = sorted((each.object, each) for each in self.objects())
            self.addresses = [at for at, _ in self.by_address]
        i = bisect.bisect_right(self.addresses, address) - 1
        if i < 0:
            return None
        at, found = self.by_address[i]
        return found if address < at + max(1, self.type_at(found.type).size) else None

    def being_changed(self):
        """How many shards a stopped thread has locked: their lists may be half changed."""
        shards = self.layout.roots["shards"]
        return sum(self.read(shards.first + n * shards.bytes, "shard.lock") != 0
                   for n in range(shards.number))

    def reference(self, at):
        tag = self.read(at, "record.tag")
        kind = self.read(at, "record.as")
        return Reference(
            KINDS[kind] if kind < len(KINDS) else "unknown", self.read(at, "record.since_ns"),
            self.read(at, "record.where"), self.read(at, "record.owner"),
            self.memory.text(tag) if tag else None, self.read(at, "record.stack"),
            self.read(at, "record.thread"))

    # holders

    def thread_text(self, number):
        entry = self.numbered("threads", number)
        if entry == 0:
            return "an unknown thread"
        tid = self.read(entry, "thread_entry.tid")
        name = self.memory.text(entry + self.layout.members["thread_entry.name"].offset)
        if not self.read(entry, "thread_entry.runs"):
            return 'thread "%s" (%d, which has ended)' % (name, tid)
        for each in gdb.selected_inferior().threads():
            if each.ptid[1] == tid:
                return 'thread %d "%s" (%d)' % (each.num, name, tid)
        return 'thread "%s" (%d)' % (name, tid)

    def holder_text(self, record):
        held = self.reference(record)
        out = self.thread_text(held.thread)
        now = clock_now()
        if now is not None:
            out += " for " + duration(now - held.since_ns)
        return out + (', tag "%s"' % held.tag if held.tag is not None else "")

    def stack(self, number):
        """The return addresses of a stack, innermost first."""
        at = self.numbered("stacks", number)
        if at == 0:
            return []
        frames = at + self.layout.members["call_stack.frames"].offset
        return [self.memory.address(frames + i * self.memory.pointer)
                for i in range(self.read(at, "call_stack.depth"))]

    def stacks_now(self):
        if not hasattr(self, "stacks_read"):
            self.stacks_read = StacksNow()
        return self.stacks_read

    def now(self):
        """The moment from which ages are counted back, and whether it is really now."""
        now = clock_now()
        if now is not None:
            return now, True
        newest = 0
        for each in self.objects():
            newest = max(newest, each.born_ns, each.last_put_ns,
                         *(self.read(record, "record.since_ns") for record in each.records()))
        return newest, False


class StacksNow:
    """The threads' stacks as they are: whose frame an address lies in."""

    def __init__(self):
        self.threads = []
        with ThreadKept():
            for each in gdb.selected_inferior().threads():
                try:
                    each.switch()
                    self.threads.append((stack_pointer(gdb.newest_frame()), each))
                except gdb.error:
                    continue  # it runs, or is gone
        self.threads.sort(key=lambda pair: pair[0])

    # Further from the newest frame than any stack goes.
    MOST = 1 << 26

    def text_of(self, address):
        below = [pair for pair in self.threads if pair[0] <= address < pair[0] + self.MOST]
        if not below:
            return ""
        thread = below[-1][1]
        with ThreadKept():
            try:
                thread.switch()
                frame = gdb.newest_frame()
                while frame.older() is not None and stack_pointer(frame.older()) <= address:
                    frame = frame.older()
                while frame.type() == gdb.INLINE_FRAME:  # it has no stack of its own
                    frame = frame.older()
                name = plain_name(without_parameters(frame.name() or "an unknown function"))
                return ", in %s's frame of thread %d" % (name, thread.num)
            except gdb.error:
                return ""


class ThreadKept:
    """What is selected is selected again afterwards."""

    def __enter__(self):
        self.thread = gdb.selected_thread()
        try:
            self.frame = gdb.selected_frame()
        except gdb.error:
            self.frame = None

    def __exit__(self, *_):
        if self.thread is not None and self.thread.is_valid():
            self.thread.switch()
            if self.frame is not None and self.frame.is_valid():
                self.frame.select()


def stack_pointer(frame):
    return int(frame.read_register("sp").cast(gdb.lookup_type("unsigned long")))


def clock_now():
    """The ledger's clock; None where the program does not run on this machine now."""
    connection = gdb.selected_inferior().connection
    if connection is None or connection.type != "native":
        return None
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC)


def duration(ns):
    ms = max(0, ns) // 1000000
    return "%02d:%02d:%02d.%03d" % (ms // 3600000, ms // 60000 % 60, ms // 1000 % 60, ms % 1000)


# --- names -----------------------------------------------------------------------------------------


def plain_name(name):
    """A name without the inline namespaces that only tell builds apart."""
    return re.sub(r"\blastout::%s::" % ABI, "lastout::", name)


def without_parameters(name):
    name = re.sub(r"(?<=\))(?: const| volatile| noexcept| \[clone [^]]*\])+$", "", name)
    if not name.endswith(")"):
        return name
    depth = 0
    for i in range(len(name) - 1, -1, -1):
        depth += (name[i] == ")") - (name[i] == "(")
        if depth == 0:
            rest = name[:i]
            return name if rest == "" or rest.endswith("operator") else rest
    return name


def place_text(symtab, line):
    if symtab is None or line == 0:
        return ""
    return "%s:%d" % (symtab.filename, line)  # as `set filename-display` says


class Function(collections.namedtuple("Function", "name place file")):
    """One line of a stack. file: where its text stands; "" when that is not known."""

    __slots__ = ()

    def is_the_librarys(self):
        """True of functions of the library: who called those is asked for."""
        if re.search(r"(?:^|[ *&])lastout::(?:%s|ledger)::" % ABI, self.bare_name()):
            return True
        # Not every gdb takes apart every name that a compiler makes.
        if re.match(r"_ZNK?7lastout\d+(?:%s|ledger)" % ABI, self.name):
            return True
        # The compiler may tell no more of a lambda or of what is in an unnamed namespace.
        return "::" not in self.bare_name() and \
            re.search(r"(?:^|/)(?:include/lastout|src/ledger)/\w+\.[ch]pp$", self.file) is not None

    def is_the_standards(self):
        return re.search(r"(?:^|[ *&])(?:std|__gnu_cxx)::", self.bare_name()) is not None

    def bare_name(self):
        """Without template arguments."""
        name = self.name
        while True:
            shorter = re.sub(r"<[^<>]*>", "", name)
            if shorter == name:
                return name
            name = shorter


def functions_at(pc):
    """The function at an address and those that it is inlined into."""
    sal = gdb.find_pc_line(pc)
    symtab, line = sal.symtab, sal.line
    block = gdb.current_progspace().block_for_pc(pc)
    out = []
    while block is not None and not block.is_static and not block.is_global:
        function = block.function
        if function is not None:
            outer = outer_function(block)
            text = symtab if outer else function.symtab  # of one that is inlined: where it is at
            out.append(Function(without_parameters(function.print_name), place_text(symtab, line),
                                text.fullname() if text is not None else ""))
            # Of an inlined function gdb says where it is called.
            symtab, line = function.symtab, function.line
        block = block.superblock
    if out:
        return out
    said = gdb.execute("info symbol 0x%x" % pc, to_string=True)
    if said.startswith("No symbol"):
        return [Function("0x%x" % pc, "", "")]
    name, _, where = said.strip().partition(" in section ")
    module = where.partition(" of ")[2]
    return [Function(without_parameters(re.sub(r" \+ \d+$", "", name)), os.path.basename(module), "")]


def outer_function(block):
    """The function that a block's own one is inlined into; None when that one is a real one."""
    block = block.superblock
    while block is not None and not block.is_static and not block.is_global:
        if block.function is not None:
            return block.function
        block = block.superblock
    return None


def lines_of_stack(addresses):
    """From the caller of the library to main or the thread's first function, and of those in between
    the program's own."""
    functions = [each for pc in addresses for each in functions_at(pc - 1)]
    last = next((i for i, each in enumerate(functions) if each.name == "main"), len(functions) - 1)
    functions = functions[:last + 1]
    own = [each for each in functions if not each.is_the_librarys() and not each.is_the_standards()]
    while own and re.match(r"start_thread$|clone|0x|_start$|__libc_start", own[-1].name):
        own.pop()  # what begins a thread or a program
    functions = own or functions
    names = [plain_name(each.name) for each in functions]
    width = min(40, max((len(name) for name in names), default=0))
    return ["%-*s  %s" % (width, name, each.place) for name, each in zip(names, functions)]


class InCPlusPlus:
    """While one is entered, gdb reads names as C++ does, wherever the program has stopped."""

    def __enter__(self):
        self.before = gdb.parameter("language")
        gdb.execute("set language c++", to_string=True)

    def __exit__(self, *_):
        gdb.execute("set language " + self.before, to_string=True)


# The type's own name for itself is the compiler's; gdb's may be spelled otherwise. But each type has
# a function that answers for its objects, and that one knows what T is.
def gdb_type(of):
    try:
        block = gdb.current_progspace().block_for_pc(of.references)
        while block is not None and (block.function is None or outer_function(block) is not None):
            block = block.superblock
        with InCPlusPlus():
            if block is not None:
                symbol = gdb.lookup_symbol("T", block)[0]
                if symbol is not None and symbol.type is not None:
                    return symbol.type.strip_typedefs()
            return gdb.lookup_type(of.name)
    except gdb.error:
        return None


def count_of_tracked(ledger, each):
    if each.type not in ledger.gdb_types:
        ledger.gdb_types[each.type] = gdb_type(ledger.type_at(each.type))
    of = ledger.gdb_types[each.type]
    if of is None:
        return None
    return count_of_object(gdb.Value(each.object).cast(of.pointer()).dereference())


# --- info lastout ----------------------------------------------------------------------------------


def table(head, rows, left=()):
    widths = [max(len(row[i]) for row in [head] + rows) for i in range(len(head))]
    for row in [head] + rows:
        cells = [cell.ljust(width) if i in left else cell.rjust(width)
                 for i, (cell, width) in enumerate(zip(row, widths))]
        gdb.write("  ".join(cells).rstrip() + "\n")


def tell_what_is_uncertain(ledger, real_now):
    changing = ledger.being_changed()
    if changing:
        gdb.write("A stopped thread is changing the ledger (%s of %d locked): what it was about to "
                  "change may be half done.\n"
                  % (plural(changing, "shard"), ledger.layout.roots["shards"].number))
    if not real_now:
        gdb.write("Ages are counted back from the last event that the ledger noted.\n")


class InfoLastout(gdb.Command):
    """Counted objects and who holds them, as the program's ledger knows it.

info lastout                  each type: tracked objects, and what was done to them
info lastout TYPE             the tracked objects of a type: its name, or the last part of it
info lastout holders ADDRESS  each outstanding reference to one object, with the stack that took it
                              ADDRESS: any expression: a handle, a pointer, an object, a number

Works on a program that runs and on a core file, and runs nothing in it.
`set print elements` limits how many objects and references are listed."""

    def __init__(self):
        super().__init__("info lastout", gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        argument = argument.strip()
        word, _, rest = argument.partition(" ")
        if argument == "":
            self.types()
        elif word == "holders":
            self.holders(rest.strip())
        else:
            self.objects(argument)

    def complete(self, text, word):
        try:
            names = [each.name for each in Ledger().types()]
        except (gdb.GdbError, gdb.error):
            names = []
        start = len(text) - len(word or "")
        return [name[start:] for name in names + ["holders"] if name.startswith(text)]

    def types(self):
        ledger = Ledger()
        types = ledger.types()
        if not types:
            gdb.write("The ledger knows no type yet: no counted object has been made.\n")
            return
        now, real_now = ledger.now()
        alive = collections.Counter()
        idle = collections.Counter()
        oldest = {}
        for each in ledger.objects():
            alive[each.type] += 1
            idle[each.type] += each.held == 0
            since = each.oldest_ns()
            if since is not None:
                oldest[each.type] = min(oldest.get(each.type, since), since)
        rows = []
        for book, each in ledger.types_read.items():
            rows.append([each.name, "1/%d" % each.share if each.share else "none"]
                        + [str(n) for n in (alive[book], idle[book], each.born, each.released, each.gets,
                                            each.puts, each.refused, each.resurrected, each.killed)]
                        + [duration(now - oldest[book]) if book in oldest else "-"])
        tell_what_is_uncertain(ledger, real_now)
        table(["type", "tracked", "alive", "idle", "born", "released", "gets", "puts", "refused",
               "resurrected", "killed", "oldest"], rows, left=(0,))
        missed = ledger.layout.roots["missed"]
        missed = ledger.memory.number(missed.first, missed.bytes)
        if missed:
            gdb.write("%s not noted: taken in signal handlers, or without memory.\n"
                      % plural(missed, "event"))
        if all(each.share == 0 for each in types):
            gdb.write("Nothing is tracked: start the program with LASTOUT_LEDGER=all, or tell it so "
                      "now with `lastout set %d all`.\n" % gdb.selected_inferior().pid)

    def objects(self, name):
        ledger = Ledger()
        types = ledger.types()
        chosen = {book for book, each in ledger.types_read.items()
                  if each.name == name or each.name.endswith("::" + name)}
        if not chosen:
            known = ", ".join(sorted(each.name for each in types)) or "none yet"
            raise gdb.GdbError("the ledger knows no type '%s'; it knows: %s" % (name, known))
        found = [each for each in ledger.objects() if each.type in chosen]
        now, real_now = ledger.now()
        # What was alive before the ledger looked comes first; then the oldest.
        found.sort(key=lambda each: (each.whole, each.born_ns, each.object))
        tell_what_is_uncertain(ledger, real_now)
        if not found:
            gdb.write("No tracked %s is alive.\n" % name)
            return
        most = gdb.parameter("print elements") or len(found)
        rows = []
        for each in found[:most]:
            count = count_of_tracked(ledger, each)
            rows.append([
                "0x%x" % each.object,
                "-" if count is None else count.state,
                "-" if count is None else str(count.references),
                str(each.held),
                duration(now - each.born_ns) if each.whole else "-",
                self.oldest_holder(ledger, each)])
        table(["object", "state", "count", "known", "age", "oldest holder"], rows, left=(0, 1, 5))
        if len(found) > most:
            gdb.write("%d more: `set print elements unlimited` lists them.\n" % (len(found) - most))
        if any(not each.whole for each in found):
            gdb.write("Without an age: alive before the ledger looked; references from before that are "
                      "in its count, and not known.\n")

    @staticmethod
    def oldest_holder(ledger, each):
        held = min(each.references(), key=lambda one: one.since_ns, default=None)
        if held is None:
            return "-"
        return (ledger.thread_text(held.thread)
                + (', tag "%s"' % held.tag if held.tag is not None else ""))

    def holders(self, expression):
        if expression == "":
            raise gdb.GdbError("whose holders? `info lastout holders ADDRESS`, where ADDRESS is a "
                               "handle, a pointer, an object or a number")
        address = address_meant(expression)
        ledger = Ledger()
        each = ledger.object_around(address)
        if each is None:
            raise gdb.GdbError("no tracked object is at 0x%x: `info lastout TYPE` lists those that are"
                               % address)
        now, real_now = ledger.now()
        tell_what_is_uncertain(ledger, real_now)
        self.tell_object(ledger, each, now)
        references = sorted(each.references(), key=lambda one: one.since_ns)
        most = gdb.parameter("print elements") or len(references)
        for held in references[:most]:
            self.tell_reference(ledger, held, now)
        if len(references) > most:
            gdb.write("  %d more: `set print elements unlimited` lists them.\n"
                      % (len(references) - most))
        if each.last_put_ns:
            gdb.write("  The last put was made %s ago by %s, at\n" % (
                duration(now - each.last_put_ns), ledger.thread_text(each.last_put_thread)))
            self.tell_stack(ledger, each.last_put_stack)
        if each.whole:
            gdb.write("  It was born %s ago in %s, at\n" % (
                duration(now - each.born_ns), ledger.thread_text(each.born_thread)))
            self.tell_stack(ledger, each.born_stack)

    @staticmethod
    def tell_object(ledger, each, now):
        count = count_of_tracked(ledger, each)
        said = "" if count is None else ": " + text_of(count)
        gdb.write("%s at 0x%x%s\n" % (ledger.type_at(each.type).name, each.object, said))
        known = "  %s to it known to the ledger" % plural(each.held, "reference") if each.held else \
            "  Nobody holds it, as far as the ledger knows"
        if not each.whole:
            known += ", and not those from before it looked"
        gdb.write(known + (":\n" if each.held else ".\n"))

    def tell_reference(self, ledger, held, now):
        gdb.write("  %s, held by %s for %s" % (held.kind, ledger.thread_text(held.thread),
                                              duration(now - held.since_ns)))
        if held.tag is not None:
            gdb.write(', tag "%s"' % held.tag)
        gdb.write(self.where_text(ledger, held) + "\n")
        self.tell_stack(ledger, held.stack)

    @staticmethod
    def where_text(ledger, held):
        if held.kind == "given":
            return ", given away: no handle has it"
        out = ", handle at 0x%x" % held.where
        around = ledger.object_around(held.owner or held.where)
        if around is not None:
            return out + ", in %s at 0x%x" % (ledger.type_at(around.type).name, around.object)
        said = gdb.execute("info symbol 0x%x" % held.where, to_string=True)
        if not said.startswith("No symbol"):
            # What is noted is a place within the handle.
            return out + ", in %s" % re.sub(r" \+ (?:8|16)$", "", said.partition(" in section ")[0])
        return out + ledger.stacks_now().text_of(held.where)

    @staticmethod
    def tell_stack(ledger, number):
        lines = lines_of_stack(ledger.stack(number))
        for line in lines or ["no stack was noted"]:
            gdb.write("       %s\n" % line.rstrip())


def address_meant(expression):
    try:
        value = gdb.parse_and_eval(expression)
    except gdb.error as wrong:
        raise gdb.GdbError(str(wrong))
    of = gdb.types.get_basic_type(value.type)
    if of.code == gdb.TYPE_CODE_PTR or of.code == gdb.TYPE_CODE_INT:
        return int(value)
    if of.code == gdb.TYPE_CODE_STRUCT:
        handle = LIBRARY + "(?:external|active|passive|existence_ref|killed|internal)<"
        if re.match(handle, of.name or ""):
            held = value["held_"] if "existence_ref<" in of.name else value
            if "object_" in {field.name for field in held.type.strip_typedefs().fields()}:
                if int(held["object_"]) == 0:
                    raise gdb.GdbError("'%s' is empty: it holds nothing" % expression)
                return int(held["object_"])
        elif value.address is not None:
            return int(value.address)
    raise gdb.GdbError("'%s' is no address: a handle, a pointer, an object or a number is wanted, and "
                       "this is of type %s" % (expression, value.type))


gdb.printing.register_pretty_printer(None, make_printers(), replace=True)
InfoLastout()
