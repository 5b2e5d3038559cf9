// room.hpp - how much of what a cache is to have room for.

#pragma once

#include <cstddef>

namespace bench {

struct room {
  /// For so many entries, or for as many as come when that is 0: nothing is evicted.
  room(std::size_t of) : expected(of) {}  // NOLINT(google-explicit-constructor): a table's size
  /// Never for more than `capacity` entries, of which `held` are in use all the time.
  room(std::size_t capacity, std::size_t held_of_it)
      : expected(capacity), held(held_of_it), evicts(true) {}

  /// What a cache needs whose shards fill unevenly, so that it has room for all that are expected.
  [[nodiscard]] std::size_t with_slack() const { return evicts ? expected : expected * 9 / 8; }

  std::size_t expected;
  std::size_t held = 0;
  bool evicts = false;
};

}  // namespace bench
