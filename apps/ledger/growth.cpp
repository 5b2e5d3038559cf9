// growth.cpp - see growth.hpp.

#include "growth.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_map>

namespace lastout::ledger_reader {

growth::growth(const dump& before, const dump& after)
    : before_(before),
      after_(after),
      names_({&before, &after}),
      holders_(holder_groups({&before, &after}, names_).growth()) {
  std::vector<type_growth> all(names_.type_count());
  for (std::uint32_t i = 0; i < all.size(); ++i) all[i].name = names_.type_name(i);
  for (const object& each : before.objects) {
    type_growth& of = all[names_.type(0, each.type)];
    ++of.objects_before;
    of.references_before += each.held.size();
  }
  for (const object& each : after.objects) {
    type_growth& of = all[names_.type(1, each.type)];
    ++of.objects;
    of.references += each.held.size();
  }
  for (type_growth& each : all) {
    if (each.objects_before != 0 || each.objects != 0) types_.push_back(std::move(each));
  }
  const auto shrunk = [](const type_growth& each) {
    return std::tuple(static_cast<std::int64_t>(each.references_before - each.references),
                      static_cast<std::int64_t>(each.objects_before - each.objects), each.name);
  };
  std::sort(types_.begin(), types_.end(),
            [&](const type_growth& a, const type_growth& b) { return shrunk(a) < shrunk(b); });
}

growth::stack_in growth::stack(const holder_key& of) const {
  if (of.stack == none) return {};
  const common_names::place at = names_.stack_at(of.stack);
  return {at.dump, &(at.dump == 0 ? before_ : after_).stacks[at.stack]};
}

std::vector<std::string> growth::remarks() const {
  std::vector<std::string> out;
  if (before_.program != after_.program)
    out.push_back("the programs differ: '" + before_.program + "' and '" + after_.program + "'");
  else if (before_.pid != after_.pid)
    out.push_back("these are two processes: " + std::to_string(before_.pid) + " and " +
                  std::to_string(after_.pid));
  if (before_.real_ns > after_.real_ns)
    out.emplace_back("the first dump is the later one: what is told as grown has shrunk since");
  std::unordered_map<std::string, std::uint64_t> shares;
  for (const type& each : before_.types) shares[each.name] = each.share;
  for (const type& each : after_.types) {
    const auto was = shares.find(each.name);
    if (was == shares.end() || was->second == each.share) continue;
    out.push_back("of " + each.name + " another share was tracked: 1 object in " +
                  std::to_string(was->second) + ", then 1 in " + std::to_string(each.share));
  }
  return out;
}

}  // namespace lastout::ledger_reader
