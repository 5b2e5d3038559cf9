// diff_command.cpp - lastout diff: what grew between two moments.

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>

#include <fmt/format.h>
#include <ledger/growth.hpp>

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
    R"(lastout diff - what grew between two moments

Usage:
  lastout diff A B [--most N] [--json]

A and B are dumps, or running processes; A is the earlier one. Tells for each type how
many objects and references there were and are, and which holders have more references
than before: by type, place and tag, what grew most first. Places are compared by file
and offset, so a process that was started again compares too.

Options:
  --most N     holders told that grew, and that shrank; 0: all              [20]
  --json       as JSON; all of them
  -h, --help   this text

Exit status:
  0    it has been told, grown or not
  1    the answer could not be written
  2    no such process or file; a dump that is not whole

Examples:
  lastout dump 4711 -o before.dump; sleep 600; lastout diff before.dump 4711
)";

std::string change(std::uint64_t before, std::uint64_t after) {
  if (after >= before) return (after == before ? "" : "+") + with_thousands(after - before);
  return "-" + with_thousands(before - after);
}

class telling {
 public:
  telling(const dump& before, const dump& after)
      : before_(before),
        after_(after),
        grown_(before, after),
        names_before_(modules_of(before)),
        names_after_(modules_of(after)) {}

  std::string text(std::uint64_t most) {
    std::string out = fmt::format("from {}\nto   {}, {} later\n", process_text(before_),
                                  process_text(after_), age(before_.real_ns, after_.real_ns));
    for (const std::string& each : grown_.remarks()) out += each + "\n";
    table rows({"type", "objects", "", "references", ""});
    for (const type_growth& each : grown_.types()) {
      rows.add({shown(each.name), with_thousands(each.objects),
                change(each.objects_before, each.objects), with_thousands(each.references),
                change(each.references_before, each.references)});
    }
    out += "\n" + rows.text();
    out +=
        holders_text(most, true, "Holders that grew", "no holder has more references than before");
    out += holders_text(most, false, "Holders that shrank", "");
    for (const auto* names : {&names_before_, &names_after_}) {
      for (const std::string& each : names->remarks()) out += "\n" + each + "\n";
    }
    return out;
  }

  std::string as_json() {
    json out;
    out["before"] = process_json(before_);
    out["after"] = process_json(after_);
    out["types"] = json::array();
    for (const type_growth& each : grown_.types()) {
      out["types"].push_back({{"type", each.name},
                              {"objects_before", each.objects_before},
                              {"objects", each.objects},
                              {"references_before", each.references_before},
                              {"references", each.references}});
    }
    out["holders"] = json::array();
    for (const holder_growth& each : grown_.holders()) {
      const std::string* const tag = grown_.tag(each.key);
      const growth::stack_in stack = grown_.stack(each.key);
      json one;
      one["type"] = grown_.type_name(each.key);
      one["kind"] = word(each.key.kind);
      one["tag"] = tag == nullptr ? json() : json(*tag);
      one["references_before"] = each.first;
      one["references"] = each.last;
      one["stack"] = stack_json(names_of(stack), stack.addresses);
      out["holders"].push_back(std::move(one));
    }
    json& remarks = out["remarks"] = grown_.remarks();
    for (const auto* names : {&names_before_, &names_after_}) {
      for (const std::string& each : names->remarks()) remarks.push_back(each);
    }
    return json_text(out);
  }

 private:
  stack_names& names_of(const growth::stack_in& stack) {
    return stack.dump == 0 ? names_before_ : names_after_;
  }

  std::string holders_text(std::uint64_t most, bool up, const char* head, const char* if_none) {
    std::string out;
    std::uint64_t told = 0;
    std::uint64_t left_out = 0;
    // What shrank most is told first, too.
    const auto& all = grown_.holders();
    for (std::size_t i = 0; i < all.size(); ++i) {
      const holder_growth& each = up ? all[i] : all[all.size() - 1 - i];
      if ((each.last > each.first) != up) continue;
      if (told == most) {
        ++left_out;
        continue;
      }
      ++told;
      const std::string* const tag = grown_.tag(each.key);
      const growth::stack_in stack = grown_.stack(each.key);
      out += fmt::format("{}  {}, {}{}, from {} to {}\n",
                         terminal::styled(terminal::style::bold,
                                          fmt::format("{:>8}", change(each.first, each.last))),
                         shown(grown_.type_name(each.key)), word(each.key.kind),
                         tag == nullptr ? std::string() : fmt::format(", tag \"{}\"", shown(*tag)),
                         with_thousands(each.first), with_thousands(each.last));
      out += stack_text(names_of(stack), stack.addresses, 12);
    }
    if (left_out != 0)
      out += fmt::format("{:>8}  {} (--most 0 tells all)\n", "", count_of(left_out, "more holder"));
    if (told == 0) return *if_none == '\0' ? "" : fmt::format("\n{}\n", if_none);
    return "\n" + terminal::styled(terminal::style::bold, head) + "\n" + out;
  }

  const dump& before_;
  const dump& after_;
  growth grown_;
  stack_names names_before_, names_after_;
};

class asked {
 public:
  explicit asked(CLI::App& app) : most_(app, "--most") {
    add_word(app, "A", sources_[0]);
    add_word(app, "B", sources_[1]);
    add_flag(app, "--json", json_);
  }

  int answer() const {
    const std::uint64_t most = most_of(most_);
    const dump before = read(sources_[0]);
    const dump after = read(sources_[1]);
    telling tells(before, after);
    fmt::print("{}", json_ ? tells.as_json() : tells.text(most));
    return verdict_ok;
  }

 private:
  std::array<std::string, 2> sources_;
  text_option most_;
  bool json_ = false;
};

}  // namespace

command diff_command() {
  return {"diff", "A B", "what grew between two dumps", help, &prepared<asked>};
}

}  // namespace cli::ledger
