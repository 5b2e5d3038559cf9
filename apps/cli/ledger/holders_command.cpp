// holders_command.cpp - lastout holders: who holds the references of this moment.

#include <cstdint>
#include <cstdio>
#include <string>

#include <fmt/format.h>
#include <ledger/holders.hpp>

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
    R"(lastout holders - who holds the references of this moment

Usage:
  lastout holders PID|FILE [--type T] [--object A] [--most N] [--json]

Tells the outstanding references of each type, grouped by where they were taken and how
their holders called themselves; each group with its stack, innermost function first.
Existence references, which nobody is to put, stand apart. Where the references that are
known are not as many as the objects' own counts say, it says so.

Options:
  --type T     of this type only: its name, or the end of it from a :: on
  --object A   of the object at this address, or around it, only
  --most N     groups told of each type, the largest first; 0: all          [20]
  --json       all groups, as JSON
  -h, --help   this text

Exit status:
  0    it has been told
  1    the answer could not be written
  2    no such process, file, type or object; a dump that is not whole

Examples:
  lastout holders 4711
  lastout holders 4711 --type inode
  lastout holders server.dump --object 0x55d0c2a4eb20 --json
)";

std::string group_text(const dump& of, const holders& who, const holder_group& group,
                       stack_names& names) {
  const std::string* const tag = who.tag(group.key);
  std::string out =
      terminal::styled(terminal::style::bold, fmt::format("{:>7}", with_thousands(group.count)));
  out += fmt::format(
      "  {}{}", word(group.key.kind),
      group.key.kind == reference_kind::given ? " (away: held by code without a handle)" : "");
  if (tag != nullptr) out += fmt::format(", tag \"{}\"", shown(*tag));
  out += fmt::format(", by {}, for {}{}", threads_text(of, group.threads),
                     age(group.oldest_ns, of.now_ns), group.count == 1 ? "" : " at most");
  const std::uint64_t address = of.objects[group.oldest_object].address;
  out += group.objects == 1 ? fmt::format(", to {}\n", address_text(address))
                            : fmt::format(", to {}, the oldest to {}\n",
                                          count_of(group.objects, "object"), address_text(address));
  return out + stack_text(names, who.stack(group.key), 11);
}

std::string groups_text(const dump& of, const holders& who,
                        const std::vector<const holder_group*>& groups, stack_names& names,
                        std::uint64_t most) {
  std::string out;
  std::uint64_t told = 0;
  std::uint64_t left_out = 0;
  for (const holder_group* each : groups) {
    if (told < most) {
      out += group_text(of, who, *each, names);
      ++told;
    } else {
      left_out += each->count;
    }
  }
  if (told < groups.size()) {
    out += fmt::format("{:>7}  in {} (--most 0 tells all)\n", with_thousands(left_out),
                       count_of(groups.size() - told, "more group"));
  }
  return out;
}

std::string as_text(const dump& of, stack_names& names, std::uint64_t most) {
  const holders who(of);
  std::string out = process_text(of) + "\n";
  if (who.types().empty()) out += no_objects_text(of);
  for (const type_holders& each : who.types()) {
    out += "\n" +
           terminal::styled(terminal::style::bold,
                            fmt::format("{}: {} to {}", shown(of.types[each.type].name),
                                        count_of(each.held - each.existence, "reference"),
                                        count_of(each.objects, "object"))) +
           "\n";
    out += groups_text(of, who, each.groups, names, most);
    if (each.existence != 0) {
      out += fmt::format("  besides, {}, which nobody is to put:\n",
                         count_of(each.existence, "existence reference"));
      out += groups_text(of, who, each.existence_groups, names, most);
    }
    for (const std::string& remark : who.remarks(each)) out += "  " + remark + "\n";
  }
  for (const std::string& each : names.remarks()) out += "\n" + each + "\n";
  return out;
}

json group_json(const dump& of, const holders& who, const holder_group& group, stack_names& names) {
  json out;
  out["references"] = group.count;
  out["objects"] = group.objects;
  out["kind"] = word(group.key.kind);
  const std::string* const tag = who.tag(group.key);
  out["tag"] = tag == nullptr ? json() : json(*tag);
  out["oldest_seconds"] = seconds_between(group.oldest_ns, of.now_ns);
  out["newest_seconds"] = seconds_between(group.newest_ns, of.now_ns);
  out["oldest_object"] = address_text(of.objects[group.oldest_object].address);
  json& threads = out["threads"] = json::array();
  for (const auto& [thread, references] : group.threads) {
    json one = thread_json(of, thread);
    one["references"] = references;
    threads.push_back(std::move(one));
  }
  out["stack"] = stack_json(names, who.stack(group.key));
  return out;
}

std::string as_json(const dump& of, stack_names& names) {
  const holders who(of);
  json out;
  out["process"] = process_json(of);
  json& types = out["types"] = json::array();
  for (const type_holders& each : who.types()) {
    json one;
    one["type"] = of.types[each.type].name;
    one["share"] = of.types[each.type].share;
    one["objects"] = each.objects;
    one["references"] = each.held - each.existence;
    one["existence_references"] = each.existence;
    one["not_known_taken_before_tracking"] = each.late;
    one["not_known"] = each.absent;
    one["noted_but_not_counted"] = each.too_many;
    one["objects_without_count"] = each.silent;
    one["remarks"] = who.remarks(each);
    one["groups"] = json::array();
    for (const holder_group* group : each.groups)
      one["groups"].push_back(group_json(of, who, *group, names));
    one["existence_groups"] = json::array();
    for (const holder_group* group : each.existence_groups)
      one["existence_groups"].push_back(group_json(of, who, *group, names));
    types.push_back(std::move(one));
  }
  out["remarks"] = names.remarks();
  return json_text(out);
}

class asked {
 public:
  explicit asked(CLI::App& app)
      : type_(app, "--type"), object_(app, "--object"), most_(app, "--most") {
    add_word(app, "PID|FILE", source_);
    add_flag(app, "--json", json_);
  }

  int answer() const {
    const std::uint64_t most = most_of(most_);
    dump of = read(source_);
    stack_names names(modules_of(of));
    choose(of, type_, object_);
    fmt::print("{}", json_ ? as_json(of, names) : as_text(of, names, most));
    return verdict_ok;
  }

 private:
  std::string source_;
  text_option type_, object_, most_;
  bool json_ = false;
};

}  // namespace

command holders_command() {
  return {"holders", "PID|FILE", "who holds references, by place and tag", help, &prepared<asked>};
}

}  // namespace cli::ledger
