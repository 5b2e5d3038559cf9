// dump_lines.hpp - a dump, read as docs/dump-format.md says it is written, and by nothing that the
// command shares: so that a mistake of the writer is not mirrored by its reader.
//
// It is strict: a line that is not understood, a number that nobody explains, or an end that does
// not add up is `wrong`.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <lastout/ledger.hpp>

namespace dump_lines {

struct reference {
  std::uint32_t thread = 0;
  std::uint64_t since_ns = 0;
  std::uint32_t stack = 0;
  std::string tag;  // its text; empty: none
  std::string kind;
  std::uint64_t where = 0;
  std::uint64_t owner = 0;
};

struct deed {
  std::uint64_t when_ns = 0;
  std::uint32_t thread = 0;
  std::string what;
  std::uint64_t where = 0;
};

struct object {
  std::uint32_t type_number = 0;
  std::string type;
  std::uint64_t address = 0;
  std::optional<std::uint64_t> references;
  std::string state;
  bool whole = false;
  std::uint64_t born_ns = 0;
  std::vector<reference> held;
  std::vector<std::uint64_t> keeps;
  std::vector<deed> history;
};

struct type {
  std::string name;
  std::uint64_t size = 0, share = 0;
  std::uint64_t born = 0, released = 0, gets = 0, puts = 0, refused = 0, resurrected = 0,
                killed = 0;
};

struct thread {
  std::uint64_t tid = 0;
  std::string state, name;
};

struct whole {
  std::uint64_t pid = 0, now_ns = 0;
  std::uint64_t forked_from = 0;
  std::string settings;
  std::uint64_t missed = 0;
  std::map<std::uint32_t, type> types;
  std::map<std::uint32_t, thread> threads;
  std::map<std::uint32_t, std::string> tags;
  std::map<std::uint32_t, std::vector<std::uint64_t>> stacks;
  std::vector<object> objects;
  std::vector<std::uint64_t> dead;
  std::size_t references = 0;
  std::string wrong;  // empty: nothing is

  [[nodiscard]] const object* find(const void* at) const {
    for (const object& each : objects)
      if (each.address == reinterpret_cast<std::uintptr_t>(at)) return &each;
    return nullptr;
  }
  [[nodiscard]] const type* type_called(const std::string& name) const {
    for (const auto& [number, each] : types)
      if (each.name == name || each.name.ends_with("::" + name)) return &each;
    return nullptr;
  }
  /// Objects whose type's name is that, or ends in it.
  [[nodiscard]] std::vector<const object*> of_type(const std::string& name) const {
    std::vector<const object*> out;
    for (const object& each : objects)
      if (each.type == name || each.type.ends_with("::" + name)) out.push_back(&each);
    return out;
  }
};

namespace detail {

class words {
 public:
  explicit words(const std::string& line) : in_(line) {}
  std::string word() {
    std::string out;
    if (!(in_ >> out)) ok_ = false;
    return out;
  }
  std::uint64_t number() { return in_base(word(), 10); }
  std::uint64_t number_or_none() {
    const std::string text = word();
    return text == "-" ? 0 : in_base(text, 10);
  }
  std::uint64_t address() {
    const std::string text = word();
    if (!text.starts_with("0x")) ok_ = false;
    return ok_ ? in_base(text.substr(2), 16) : 0;
  }
  std::string rest() {
    std::string out;
    std::getline(in_, out);
    return out.empty() ? out : out.substr(1);
  }
  bool more() {
    in_ >> std::ws;
    return in_.good() && in_.peek() != std::istringstream::traits_type::eof();
  }
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  std::uint64_t in_base(const std::string& text, int base) {
    std::size_t read = 0;
    std::uint64_t out = 0;
    try {
      out = std::stoull(text, &read, base);
    } catch (const std::exception&) {
      ok_ = false;
    }
    if (read != text.size()) ok_ = false;
    return out;
  }
  std::istringstream in_;
  bool ok_ = true;
};

}  // namespace detail

inline whole parse(const std::string& text) {
  whole out;
  std::istringstream lines(text);
  std::string line;
  bool ended = false;
  std::size_t number = 0;
  std::vector<std::pair<std::size_t, std::uint32_t>> tag_of;  // which reference, by its number
  std::vector<reference*> all;
  const auto wrong = [&](const std::string& why) {
    if (out.wrong.empty()) out.wrong = "line " + std::to_string(number) + ": " + why + ": " + line;
  };
  if (!text.empty() && text.back() != '\n') out.wrong = "the last line does not end";
  std::set<std::uint32_t> threads_named, stacks_named, types_named;
  std::vector<std::uint32_t> tags_named;
  while (std::getline(lines, line)) {
    ++number;
    if (ended) wrong("something stands after the end");
    detail::words at(line);
    const std::string first = at.word();
    if (number == 1) {
      if (first != "lastout-ledger" || at.number() != 1) wrong("is no dump's first line");
    } else if (first == "process") {
      out.pid = at.number();
      out.now_ns = at.number();
      (void)at.number();
      (void)at.rest();
    } else if (first == "forked") {
      out.forked_from = at.number();
      (void)at.number();
    } else if (first == "settings") {
      out.settings = at.rest();
    } else if (first == "module") {
      const std::uint64_t begin = at.address();
      if (at.address() <= begin) wrong("an empty module");
      (void)at.address();
      (void)at.word();
      if (at.rest().empty()) wrong("a module without a path");
    } else if (first == "type") {
      const auto n = static_cast<std::uint32_t>(at.number());
      type& it = out.types[n];
      it.size = at.number();
      it.share = at.number();
      it.name = at.rest();
    } else if (first == "count") {
      type& it = out.types[static_cast<std::uint32_t>(at.number())];
      for (std::uint64_t* each :
           {&it.born, &it.released, &it.gets, &it.puts, &it.refused, &it.resurrected, &it.killed})
        *each = at.number();
    } else if (first == "thread") {
      thread& it = out.threads[static_cast<std::uint32_t>(at.number())];
      it.tid = at.number();
      it.state = at.word();
      it.name = at.rest();
      if (it.state != "runs" && it.state != "ended") wrong("a thread runs or has ended");
    } else if (first == "tag") {
      const auto n = static_cast<std::uint32_t>(at.number());
      out.tags[n] = at.rest();
    } else if (first == "stack") {
      std::vector<std::uint64_t>& it = out.stacks[static_cast<std::uint32_t>(at.number())];
      while (at.ok() && at.more()) it.push_back(at.address());
    } else if (first == "object") {
      object it;
      it.type_number = static_cast<std::uint32_t>(at.number());
      types_named.insert(it.type_number);
      it.address = at.address();
      const std::string count = at.word();
      if (count != "-") it.references = std::stoull(count);
      it.state = at.word();
      const std::string known = at.word();
      it.whole = known == "whole";
      if (known != "whole" && known != "part") wrong("is known whole or in part");
      it.born_ns = at.number_or_none();
      threads_named.insert(static_cast<std::uint32_t>(at.number_or_none()));
      stacks_named.insert(static_cast<std::uint32_t>(at.number_or_none()));
      if (it.whole != (it.born_ns != 0)) wrong("who is known whole has a birth");
      out.objects.push_back(std::move(it));
    } else if (first == "ref" || first == "edge" || first == "did") {
      if (out.objects.empty()) {
        wrong("of no object");
        continue;
      }
      object& of = out.objects.back();
      if (first == "ref") {
        reference it;
        it.thread = static_cast<std::uint32_t>(at.number_or_none());
        it.since_ns = at.number();
        it.stack = static_cast<std::uint32_t>(at.number_or_none());
        tags_named.push_back(static_cast<std::uint32_t>(at.number_or_none()));
        it.kind = at.word();
        if (!std::set<std::string>{"external", "active", "passive", "existence", "given"}.contains(
                it.kind))
          wrong("an unknown kind");
        it.where = at.address();
        it.owner = at.address();
        threads_named.insert(it.thread);
        stacks_named.insert(it.stack);
        of.held.push_back(std::move(it));
        ++out.references;
      } else if (first == "edge") {
        if (at.address() != of.address) wrong("an edge from somebody else");
        of.keeps.push_back(at.address());
      } else {
        deed it;
        it.when_ns = at.number();
        it.thread = static_cast<std::uint32_t>(at.number_or_none());
        stacks_named.insert(static_cast<std::uint32_t>(at.number_or_none()));
        it.what = at.word();
        it.where = at.address();
        threads_named.insert(it.thread);
        of.history.push_back(std::move(it));
      }
    } else if (first == "dead") {
      types_named.insert(static_cast<std::uint32_t>(at.number()));
      out.dead.push_back(at.address());
      (void)at.number_or_none();
      threads_named.insert(static_cast<std::uint32_t>(at.number_or_none()));
      stacks_named.insert(static_cast<std::uint32_t>(at.number_or_none()));
      (void)at.number();
      threads_named.insert(static_cast<std::uint32_t>(at.number_or_none()));
      stacks_named.insert(static_cast<std::uint32_t>(at.number_or_none()));
    } else if (first == "missed") {
      out.missed = at.number();
    } else if (first == "end") {
      ended = true;
      if (at.number() != out.objects.size()) wrong("the objects do not add up");
      if (at.number() != out.references) wrong("the references do not add up");
    } else {
      wrong("an unknown word");
    }
    if (!at.ok()) wrong("is not written as it should be");
  }
  line.clear();
  if (!ended) wrong("it is cut off");
  std::size_t i = 0;
  for (object& each : out.objects) {
    each.type = out.types[each.type_number].name;
    for (reference& one : each.held) {
      const std::uint32_t tag = tags_named[i++];
      if (tag == 0) continue;
      if (!out.tags.contains(tag)) wrong("nobody explains tag " + std::to_string(tag));
      one.tag = out.tags[tag];
    }
  }
  for (const std::uint32_t each : types_named)
    if (out.types[each].name.empty()) wrong("nobody explains type " + std::to_string(each));
  for (const std::uint32_t each : threads_named)
    if (each != 0 && !out.threads.contains(each))
      wrong("nobody explains thread " + std::to_string(each));
  for (const std::uint32_t each : stacks_named)
    if (each != 0 && !out.stacks.contains(each))
      wrong("nobody explains stack " + std::to_string(each));
  return out;
}

/// The dump of this moment.
inline whole now() { return parse(lastout::ledger::dump()); }

}  // namespace dump_lines
