// type_choice.cpp - see type_choice.hpp.

#include "type_choice.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <ledger/holders.hpp>

#include "../command.hpp"
#include "../units.hpp"
#include "source.hpp"
#include "wording.hpp"

namespace cli::ledger {
namespace {

std::string all_types(const dump& of) {
  std::vector<std::string> names;
  names.reserve(of.types.size());
  for (const auto& each : of.types) names.push_back(shown(each.name));
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  constexpr std::size_t told_max = 12;
  std::string out;
  for (std::size_t i = 0; i < std::min(names.size(), told_max); ++i)
    out += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > told_max) out += fmt::format(" and {} more", names.size() - told_max);
  return out.empty() ? "none" : out;
}

}  // namespace

void choose(dump& of, const text_option& type, const text_option& object) {
  if (object.given()) {
    const std::uint64_t address = address_of("--object", object.text);
    if (!lastout::ledger_reader::keep_only_object(of, address))
      refuse_object(of, "--object", address);
  }
  if (type.given() && !lastout::ledger_reader::keep_only_type(of, type.text))
    refuse("--type", type.text, fmt::format("no such type; the ledger knows {}", all_types(of)));
}

std::uint64_t most_of(const text_option& most, std::uint64_t unsaid) {
  if (!most.given()) return unsaid;
  const auto n = parse_number(most.text);
  if (!n) refuse("--most", most.text, "give a whole number; 0 for all");
  return *n == 0 ? ~std::uint64_t{0} : *n;
}

void refuse_object(const dump& of, const char* option, std::uint64_t address) {
  const auto was = std::find_if(of.dead.rbegin(), of.dead.rend(), [&](const auto& each) {
    return address >= each.address &&
           address - each.address < std::max<std::uint64_t>(of.types[each.type].size, 1);
  });
  std::string what = "no tracked object is there; 'lastout holders' tells of those that are";
  if (was != of.dead.rend()) {
    what = fmt::format("the {} that was there was released {} before, by {}",
                       shown(of.types[was->type].name), age(was->died_ns, of.now_ns),
                       thread_text(of, was->died_thread));
  }
  refuse(option, address_text(address), what);
}

}  // namespace cli::ledger
