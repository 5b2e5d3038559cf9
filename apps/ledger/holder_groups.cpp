// holder_groups.cpp - see holder_groups.hpp.

#include "holder_groups.hpp"

#include <algorithm>
#include <functional>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace lastout::ledger_reader {
namespace {

struct key_hash {
  std::size_t operator()(const holder_key& key) const {
    const std::uint64_t high = (std::uint64_t{key.type} << 32U) | key.stack;
    const std::uint64_t low = (std::uint64_t{key.tag} << 8U) | static_cast<std::uint8_t>(key.kind);
    return std::hash<std::uint64_t>{}(high * 0x9E3779B97F4A7C15U ^ low * 0xC2B2AE3D27D4EB4FU);
  }
};

/// Calls take(object's number, reference, key) for each reference of one dump.
template <class Take>
void for_each_reference(const dump& of, std::size_t number, const common_names& names, Take take) {
  for (std::uint32_t i = 0; i < of.objects.size(); ++i) {
    const object& each = of.objects[i];
    for (const reference& held : each.held) {
      take(i, held,
           holder_key{names.type(number, each.type), names.stack(number, held.stack),
                      names.tag(number, held.tag), held.kind});
    }
  }
}

}  // namespace

holder_groups::holder_groups(const std::vector<const dump*>& dumps, const common_names& names) {
  std::unordered_map<holder_key, std::size_t, key_hash> known;
  std::vector<std::uint32_t> counted_for;  // the object that each group met last
  const auto take = [&](std::uint32_t object, const reference& held, const holder_key& key) {
    const auto [found, is_new] = known.emplace(key, groups_.size());
    if (is_new) {
      holder_group made;
      made.key = key;
      made.oldest_ns = made.newest_ns = held.since_ns;
      made.oldest_object = object;
      groups_.push_back(std::move(made));
      counted_for.push_back(none);
    }
    holder_group& group = groups_[found->second];
    ++group.count;
    if (std::exchange(counted_for[found->second], object) != object) ++group.objects;
    if (held.since_ns < group.oldest_ns) {
      group.oldest_ns = held.since_ns;
      group.oldest_object = object;
    }
    group.newest_ns = std::max(group.newest_ns, held.since_ns);
    if (held.thread != none) ++group.threads[held.thread];
  };
  for_each_reference(*dumps.back(), dumps.size() - 1, names, take);

  if (dumps.size() > 1) {
    std::unordered_map<holder_key, std::uint64_t, key_hash> before;
    for_each_reference(
        *dumps.front(), 0, names,
        [&](std::uint32_t, const reference&, const holder_key& key) { ++before[key]; });
    for (holder_group& group : groups_) {
      const auto found = before.find(group.key);
      if (found != before.end()) group.before = found->second;
      if (group.before != group.count) growth_.push_back({group.key, group.before, group.count});
    }
    for (const auto& [key, count] : before) {
      if (known.count(key) == 0) growth_.push_back({key, count, 0});
    }
  }

  // Of equal ones that which the dump names first: the same dumps give the same report.
  const auto place = [](const holder_key& key) {
    return std::tuple(key.type, key.stack, key.tag, key.kind);
  };
  std::sort(groups_.begin(), groups_.end(), [&](const holder_group& a, const holder_group& b) {
    return a.count != b.count ? a.count > b.count : place(a.key) < place(b.key);
  });
  const auto change = [](const holder_growth& each) {
    return static_cast<std::int64_t>(each.last) - static_cast<std::int64_t>(each.first);
  };
  std::sort(growth_.begin(), growth_.end(), [&](const holder_growth& a, const holder_growth& b) {
    return change(a) != change(b) ? change(a) > change(b) : place(a.key) < place(b.key);
  });
}

}  // namespace lastout::ledger_reader
