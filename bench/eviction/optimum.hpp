// optimum.hpp - the hits of one who knows the future: Belady's rule, with leave to refuse.
//
// Whose next use is farthest leaves; that may be the newcomer itself, so that no policy, also none
// with an admission test, can have more hits.
//
// Source: Belady, "A study of replacement algorithms for a virtual-storage computer", 1966.

#pragma once

#include <limits>
#include <queue>
#include <span>
#include <utility>
#include <vector>

#include "policy.hpp"

namespace eviction {

/// For each access, the place of the next one of the same key; `accesses.size()` or more: none.
inline std::vector<std::uint32_t> next_uses(std::span<const key> accesses, std::size_t keys) {
  const auto count = static_cast<std::uint32_t>(accesses.size());
  std::vector<std::uint32_t> next(count);
  std::vector<std::uint32_t> seen(keys, count);
  for (std::uint32_t i = count; i-- > 0;) {
    next[i] = seen[accesses[i]];
    seen[accesses[i]] = i;
  }
  return next;
}

/// `next`: next_uses(accesses, keys).
inline std::uint64_t optimum_hits(std::span<const key> accesses,
                                  std::span<const std::uint32_t> next, std::size_t keys,
                                  std::size_t capacity) {
  // A resident key is in `farthest` with its next use; what was used since lies there stale.
  std::priority_queue<std::pair<std::uint32_t, key>> farthest;
  std::vector<std::uint32_t> next_of(keys);
  std::vector<bool> resident(keys);
  std::size_t size = 0;
  std::uint64_t hits = 0;
  for (std::size_t i = 0; i < accesses.size(); ++i) {
    const key k = accesses[i];
    if (resident[k]) {
      ++hits;
    } else {
      ++size;
      resident[k] = true;
    }
    next_of[k] = next[i];
    farthest.emplace(next[i], k);
    while (size > capacity) {
      const auto [use, gone] = farthest.top();
      farthest.pop();
      if (!resident[gone] || next_of[gone] != use) continue;
      resident[gone] = false;
      --size;
    }
  }
  return hits;
}

}  // namespace eviction
