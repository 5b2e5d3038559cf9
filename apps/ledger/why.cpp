// why.cpp - see why.hpp.

#include "why.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace lastout::ledger_reader {

why::why(const dump& of) : of_(of), who_(of) { find_kept_by(); }

// The edges the other way round: who holds each object.
void why::find_kept_by() {
  first_holder_.assign(of_.objects.size() + 1, 0);
  for (const keeping& each : who_.edges()) ++first_holder_[each.to + 1];
  std::partial_sum(first_holder_.begin(), first_holder_.end(), first_holder_.begin());
  holders_.resize(who_.edges().size());
  std::vector<std::size_t> next = first_holder_;
  for (const keeping& each : who_.edges()) holders_[next[each.to]++] = each.from;
}

std::vector<const reference*> why::from_outside(std::uint32_t object) const {
  std::vector<const reference*> out;
  for (const reference& held : of_.objects[object].held) {
    if (who_.holder(held) == none) out.push_back(&held);
  }
  return out;
}

std::vector<hold> why::holds(std::uint32_t object) const {
  std::vector<hold> out;
  std::unordered_map<std::uint32_t, std::size_t> place;
  for (std::size_t i = first_holder_[object]; i < first_holder_[object + 1]; ++i) {
    place.emplace(holders_[i], out.size());
    hold& made = out.emplace_back();
    made.from = holders_[i];
    made.to = object;
    const auto kept = who_.kept_by(made.from);
    const auto edge =
        std::lower_bound(kept.begin(), kept.end(), object,
                         [](const keeping& each, std::uint32_t to) { return each.to < to; });
    made.declared = (edge->how & keeping::edge_declared) != 0;
  }
  for (const reference& held : of_.objects[object].held) {
    const std::uint32_t from = who_.holder(held);
    if (from != none) out[place.at(from)].by.push_back(&held);
  }
  std::sort(out.begin(), out.end(), [](const hold& a, const hold& b) {
    return std::tuple(b.by.size(), a.from) < std::tuple(a.by.size(), b.from);
  });
  return out;
}

hold why::between(std::uint32_t from, std::uint32_t to) const {
  for (hold& each : holds(to)) {
    if (each.from == from) return std::move(each);
  }
  return {from, to, {}, false};
}

std::vector<std::uint32_t> why::chain(std::uint32_t object) const {
  std::vector<std::uint32_t> out;
  for (; object != none; object = who_.keeper(object)) out.push_back(object);
  return out;
}

std::string why::shape_of(const cycle& round) const {
  std::vector<std::string> steps;
  for (std::size_t i = 0; i < round.path.size(); ++i) {
    const std::uint32_t from = round.path[i];
    const hold step = between(from, round.path[(i + 1) % round.path.size()]);
    std::string text = of_.types[of_.objects[from].type].name + '\n';
    for (const reference* held : step.by)
      text += std::to_string(held->stack) + ' ' + std::to_string(held->tag) + '\n';
    steps.push_back(std::move(text));
  }
  // It does not matter at which object a cycle begins.
  const auto least = std::min_element(steps.begin(), steps.end());
  std::rotate(steps.begin(), least, steps.end());
  std::string out = round.outside == 0 ? "closed\n" : "open\n";
  for (const std::string& each : steps) out += each + '\n';
  return out;
}

std::vector<cycle_shape> why::shapes() const {
  std::vector<cycle_shape> out;
  std::unordered_map<std::string, std::size_t> known;
  for (const cycle& each : who_.cycles()) {
    const auto [found, is_new] = known.emplace(shape_of(each), out.size());
    if (is_new) out.push_back({&each, 0});
    ++out[found->second].times;
  }
  std::sort(out.begin(), out.end(), [](const cycle_shape& a, const cycle_shape& b) {
    const bool a_open = a.first->outside != 0;
    const bool b_open = b.first->outside != 0;
    return std::tuple(a_open, b.times, a.first) < std::tuple(b_open, a.times, b.first);
  });
  return out;
}

std::vector<type_share> why::types() const {
  std::vector<type_share> all(of_.types.size());
  for (std::uint32_t i = 0; i < of_.objects.size(); ++i) {
    type_share& of_type = all[of_.objects[i].type];
    of_type.type = of_.objects[i].type;
    ++of_type.objects;
    of_type.references += of_.objects[i].held.size();
    of_type.from_outside += who_.outside(i);
  }
  std::erase_if(all, [](const type_share& each) { return each.objects == 0; });
  std::sort(all.begin(), all.end(), [](const type_share& a, const type_share& b) {
    return std::tuple(b.objects, a.type) < std::tuple(a.objects, b.type);
  });
  return all;
}

}  // namespace lastout::ledger_reader
