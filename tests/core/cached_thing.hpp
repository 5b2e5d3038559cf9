// cached_thing.hpp - the objects that the tests of cache put in: a number for a name, and a weight.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

#include <gtest/gtest.h>

#include <lastout/cache.hpp>

#include "core/violations_seen.hpp"

struct thing : lastout::cached<thing> {
  explicit thing(std::uint64_t n, std::size_t w = 1) : number(n), weight(w) { ++alive; }
  ~thing() { --alive; }
  [[nodiscard]] std::size_t charge() const noexcept { return weight; }

  std::uint64_t number;  // not const: some are renamed
  const std::size_t weight;
  static inline std::atomic<int> alive = 0;
};

/// A few names fill a segment, so that it is divided and joined all the time.
struct tiny_table {
  static constexpr std::uint32_t slots = 16;
  static constexpr std::uint32_t segments_max = 1u << 14;
  static constexpr std::uint32_t grow_at = 11;
  static constexpr std::uint32_t shrink_at = 6;
};

template <class Shape>
using things_in = lastout::cache<std::uint64_t, thing, &thing::number,
                                 lastout::key_hash<std::uint64_t>, std::equal_to<>, Shape>;
using things = things_in<lastout::table_shape>;

/// Puts a new one in.
template <class Cache>
lastout::external<thing> put_in(Cache& in, std::uint64_t number, std::size_t weight = 1) {
  return in.insert(lastout::make<thing>(number, weight));
}
/// Makes one, or does not.
inline auto maker_of(std::uint64_t number, std::size_t weight = 1) {
  return [=] { return lastout::make<thing>(number, weight); };
}
inline lastout::external<thing> makes_none() { return {}; }

/// No thing is left, and no violation untold.
class things_test : public testing::Test {
 protected:
  things_test() { thing::alive = 0; }
  ~things_test() override { EXPECT_EQ(thing::alive, 0); }
  violations_seen seen;
};
