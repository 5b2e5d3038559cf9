// why_command.cpp - lastout why: which chain of objects keeps one alive, and which cycles keep
// themselves.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <ledger/why.hpp>

#include "../table.hpp"
#include "../terminal.hpp"
#include "../text_option.hpp"
#include "../units.hpp"
#include "commands.hpp"
#include "source.hpp"
#include "type_choice.hpp"
#include "wording.hpp"

namespace cli::ledger {
namespace {

using namespace lastout::ledger_reader;

constexpr std::string_view help =
    R"(lastout why - why an object is alive; which objects keep each other alive

Usage:
  lastout why PID|FILE [OBJECT] [--most N] [--json]

With OBJECT, the address of one: what holds it, and the shortest way back to something
that is held from outside of all tracked objects, by a thread or from memory that is not
tracked. Without: the cycles, those first that nothing from outside holds (they are
leaked), and the types with most objects.

One object holds another one when a handle lies in it, when it is declared to be the
holder's owner, or when its type declares the edge. Both must be tracked.

Options:
  --most N     holders and cycles told; 0: all                              [20]
  --json       as JSON; all of them
  -h, --help   this text

Exit status:
  0    it has been told
  1    the answer could not be written
  2    no such process, file or object; a dump that is not whole

Examples:
  lastout why 4711 0x55d0c2a4eb20
  lastout why server.dump
)";

class telling {
 public:
  explicit telling(const dump& of) : of_(of), because_(of), names_(modules_of(of)) {}

  std::string about_object(std::uint32_t number, std::uint64_t most);
  std::string about_all(std::uint64_t most);
  json object_json(std::uint32_t number);
  json all_json();

  [[nodiscard]] std::uint32_t object_at(std::uint64_t address) const {
    return because_.object_at(address);
  }

 private:
  [[nodiscard]] const object& at(std::uint32_t number) const { return of_.objects[number]; }
  [[nodiscard]] std::string name(std::uint32_t number) const {
    return shown(of_.types[at(number).type].name) + " " + address_text(at(number).address);
  }
  [[nodiscard]] const std::vector<std::uint64_t>* stack(std::uint32_t number) const {
    return number == none ? nullptr : &of_.stacks[number];
  }

  // How a reference is told, in one line and a stack below it.
  std::string reference_text(const reference& held, std::size_t indent) {
    std::string out = std::string(indent, ' ') + word(held.kind);
    if (held.tag != none) out += fmt::format(", tag \"{}\"", shown(of_.tags[held.tag]));
    out += fmt::format(", by {}, for {}", thread_text(of_, held.thread),
                       age(held.since_ns, of_.now_ns));
    if (held.where != 0) out += fmt::format(", its handle at {}", address_text(held.where));
    return out + "\n" + stack_text(names_, stack(held.stack), indent + 4);
  }

  std::string references_text(const std::vector<const reference*>& all, std::size_t indent,
                              std::uint64_t most) {
    std::string out;
    for (std::size_t i = 0; i < all.size() && i < most; ++i) out += reference_text(*all[i], indent);
    if (all.size() > most) {
      out += fmt::format("{}and {} (--most 0 tells all)\n", std::string(indent, ' '),
                         count_of(all.size() - most, "more reference"));
    }
    return out;
  }

  // One step of a way or a cycle: what `from` has of `to`.
  std::string hold_text(const hold& step, std::size_t indent) {
    std::string out =
        fmt::format("{}{} holds {}", std::string(indent, ' '), name(step.from), name(step.to));
    if (step.by.empty()) return out + ", as its type declares\n";
    if (step.by.size() > 1)
      out += fmt::format(" by {}, first", count_of(step.by.size(), "reference"));
    return out + "\n" + reference_text(*step.by.front(), indent + 2);
  }

  std::string cycle_text(const cycle& round) {
    constexpr std::size_t told_max = 12;  // of a longer one the rest is counted
    std::string path;
    for (std::size_t i = 0; i < std::min(round.path.size(), told_max); ++i)
      path += name(round.path[i]) + " -> ";
    if (round.path.size() > told_max)
      path += fmt::format("{} -> ", count_of(round.path.size() - told_max, "more object"));
    std::string out = "  " + path + name(round.path.front()) + "\n";
    if (round.size > round.path.size()) {
      out +=
          fmt::format("  {} in all hold each other in such ways\n", count_of(round.size, "object"));
    }
    for (std::size_t i = 0; i < std::min(round.path.size(), told_max); ++i) {
      out += hold_text(because_.between(round.path[i], round.path[(i + 1) % round.path.size()]), 4);
    }
    return out;
  }

  json reference_json(const reference& held) {
    json out;
    out["kind"] = word(held.kind);
    out["tag"] = held.tag == none ? json() : json(of_.tags[held.tag]);
    out["thread"] = thread_json(of_, held.thread);
    out["seconds"] = seconds_between(held.since_ns, of_.now_ns);
    out["handle"] = held.where == 0 ? json() : json(address_text(held.where));
    out["stack"] = stack_json(names_, stack(held.stack));
    return out;
  }
  json name_json(std::uint32_t number) const {
    return {{"type", of_.types[at(number).type].name},
            {"object", address_text(at(number).address)}};
  }
  json hold_json(const hold& step) {
    json out;
    out["from"] = name_json(step.from);
    out["to"] = name_json(step.to);
    out["declared"] = step.declared;
    json& by = out["references"] = json::array();
    for (const reference* each : step.by) by.push_back(reference_json(*each));
    return out;
  }
  json cycle_json(const cycle& round) {
    json out;
    out["objects"] = round.size;
    out["references_from_outside"] = round.outside;
    json& path = out["path"] = json::array();
    for (std::size_t i = 0; i < round.path.size(); ++i) {
      path.push_back(
          hold_json(because_.between(round.path[i], round.path[(i + 1) % round.path.size()])));
    }
    return out;
  }

  std::string way_text(const std::vector<std::uint32_t>& way);
  std::string remarks_text() const {
    std::string out;
    for (const std::string& each : names_.remarks()) out += "\n" + each + "\n";
    return out;
  }

  const dump& of_;
  why because_;
  stack_names names_;
};

std::string telling::way_text(const std::vector<std::uint32_t>& way) {
  std::string out;
  for (std::size_t i = 0; i + 1 < way.size(); ++i)
    out += hold_text(because_.between(way[i + 1], way[i]), 2);
  const std::uint32_t root = way.back();
  const auto outside = because_.from_outside(root);
  const std::uint32_t round = because_.who().cycle_of(root);
  if (!outside.empty()) {
    out += fmt::format("  and {} is held from outside, by {}\n", name(root),
                       count_of(outside.size(), "reference"));
    out += references_text(outside, 4, 1);
  } else if (round != none) {
    out += fmt::format("  and {} is in a cycle:\n", name(root));
    out += cycle_text(because_.who().cycles()[round]);
  } else {
    out += fmt::format("  and nothing that is known holds {}\n", name(root));
  }
  return out;
}

std::string telling::about_object(std::uint32_t number, std::uint64_t most) {
  const object& it = at(number);
  std::string out = process_text(of_) + "\n\n";
  std::string head = fmt::format("{}: {}", name(number), it.state);
  if (it.references) head += ", " + count_of(*it.references, "reference");
  out += terminal::styled(terminal::style::bold, head) + "\n";
  if (it.whole) {
    out += fmt::format("  born {} before, by {}\n", age(it.born_ns, of_.now_ns),
                       thread_text(of_, it.born_thread));
    if (it.born_stack != none) out += stack_text(names_, stack(it.born_stack), 6);
  } else {
    out += "  its tracking began after its birth\n";
  }

  const auto outside = because_.from_outside(number);
  if (!outside.empty()) {
    out += fmt::format("held from outside of tracked objects, by {}\n",
                       count_of(outside.size(), "reference"));
    out += references_text(outside, 2, most);
  }
  const auto all = because_.holds(number);
  if (!all.empty()) out += fmt::format("held by {}\n", count_of(all.size(), "tracked object"));
  for (std::size_t i = 0; i < all.size() && i < most; ++i) out += hold_text(all[i], 2);
  if (all.size() > most) {
    out += fmt::format("  and by {} (--most 0 tells all)\n",
                       count_of(all.size() - most, "more object"));
  }
  if (it.references && *it.references > it.held.size()) {
    out += fmt::format("{} of its references not known{}\n",
                       count_of(*it.references - it.held.size(), "is", "are"),
                       it.whole ? "" : ": taken before tracking began");
  }
  if (it.held.empty() && all.empty() && it.references == 0)
    out += "nothing holds it: it is alive because nobody has released it yet\n";

  const auto way = because_.chain(number);
  const std::uint32_t round = because_.who().cycle_of(number);
  if (outside.empty() && way.size() > 1) {
    out += "the way back to where it goes no further\n" + way_text(way);
  }
  if (round != none) {
    const cycle& in = because_.who().cycles()[round];
    out +=
        fmt::format("it is in a cycle, {}\n", in.outside == 0 ? "which nothing from outside holds"
                                                              : "which is also held from outside");
    out += cycle_text(in);
  }
  return out + remarks_text();
}

std::string telling::about_all(std::uint64_t most) {
  const auto shapes = because_.shapes();
  std::uint64_t closed = 0;
  for (const cycle& each : because_.who().cycles()) closed += each.outside == 0 ? 1 : 0;
  std::string out = process_text(of_) + "\n\n";
  if (of_.objects.empty()) return out + no_objects_text(of_);
  if (shapes.empty()) out += "no tracked objects hold each other in a cycle\n";
  bool was_open = false;
  for (std::size_t i = 0; i < shapes.size() && i < most; ++i) {
    const bool open = shapes[i].first->outside != 0;
    if (i == 0 && !open) {
      out += terminal::styled(terminal::style::bad,
                              fmt::format("{} that nothing from outside holds: leaked",
                                          count_of(closed, "cycle"))) +
             "\n";
    }
    if (open && !was_open) {
      out += terminal::styled(terminal::style::bold,
                              fmt::format("{} also held from outside",
                                          count_of(because_.who().cycles().size() - closed,
                                                   "cycle that is", "cycles that are"))) +
             "\n";
      was_open = true;
    }
    if (shapes[i].times > 1)
      out += fmt::format("  {} of this kind; the first:\n", with_thousands(shapes[i].times));
    out += cycle_text(*shapes[i].first);
  }
  if (shapes.size() > most) {
    out += fmt::format("  and {} (--most 0 tells all)\n",
                       count_of(shapes.size() - most, "more kind of cycle", "more kinds of cycle"));
  }
  table rows({"type", "objects", "references", "from outside", "by objects"});
  for (const type_share& each : because_.types()) {
    rows.add({shown(of_.types[each.type].name), with_thousands(each.objects),
              with_thousands(each.references), with_thousands(each.from_outside),
              with_thousands(each.references - each.from_outside)});
  }
  return out + "\n" + rows.text() + remarks_text();
}

json telling::object_json(std::uint32_t number) {
  const object& it = at(number);
  json out;
  out["process"] = process_json(of_);
  out["object"] = name_json(number);
  out["state"] = it.state;
  out["references"] = it.references ? json(*it.references) : json();
  out["references_known"] = it.held.size();
  out["whole"] = it.whole;
  out["born_seconds"] = it.whole ? json(seconds_between(it.born_ns, of_.now_ns)) : json();
  out["born_by"] = thread_json(of_, it.born_thread);
  out["born_at"] = stack_json(names_, stack(it.born_stack));
  json& outside = out["from_outside"] = json::array();
  for (const reference* each : because_.from_outside(number))
    outside.push_back(reference_json(*each));
  json& holds = out["held_by"] = json::array();
  for (const hold& each : because_.holds(number)) holds.push_back(hold_json(each));
  json& way = out["way"] = json::array();
  const auto chain = because_.chain(number);
  for (const std::uint32_t each : chain) way.push_back(name_json(each));
  out["way_ends_outside"] = because_.who().outside(chain.back()) != 0;
  const std::uint32_t round = because_.who().cycle_of(number);
  out["cycle"] = round == none ? json() : cycle_json(because_.who().cycles()[round]);
  out["remarks"] = names_.remarks();
  return out;
}

json telling::all_json() {
  json out;
  out["process"] = process_json(of_);
  json& cycles = out["cycles"] = json::array();
  for (const cycle_shape& each : because_.shapes()) {
    json one = cycle_json(*each.first);
    one["times"] = each.times;
    cycles.push_back(std::move(one));
  }
  json& types = out["types"] = json::array();
  for (const type_share& each : because_.types()) {
    types.push_back({{"type", of_.types[each.type].name},
                     {"objects", each.objects},
                     {"references", each.references},
                     {"references_from_outside", each.from_outside}});
  }
  out["remarks"] = names_.remarks();
  return out;
}

class asked {
 public:
  explicit asked(CLI::App& app) : most_(app, "--most") {
    add_word(app, "PID|FILE", source_);
    add_optional_word(app, "OBJECT", object_);
    add_flag(app, "--json", json_);
  }

  int answer() const {
    const std::uint64_t most = most_of(most_);
    const std::uint64_t address = object_.empty() ? 0 : address_of("OBJECT", object_);
    const dump of = read(source_);
    telling tells(of);
    if (object_.empty()) {
      fmt::print("{}", json_ ? json_text(tells.all_json()) : tells.about_all(most));
      return verdict_ok;
    }
    const std::uint32_t number = tells.object_at(address);
    if (number == none) refuse_object(of, "OBJECT", address);
    fmt::print("{}",
               json_ ? json_text(tells.object_json(number)) : tells.about_object(number, most));
    return verdict_ok;
  }

 private:
  std::string source_, object_;
  text_option most_;
  bool json_ = false;
};

}  // namespace

command why_command() {
  return {"why", "PID|FILE [OBJECT]", "what keeps an object alive; cycles", help, &prepared<asked>};
}

}  // namespace cli::ledger
