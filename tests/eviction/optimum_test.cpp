// optimum_test.cpp - Belady's rule against every possible choice.

#include <algorithm>
#include <bit>
#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "eviction/optimum.hpp"
#include "eviction/random_numbers.hpp"

namespace eviction {
namespace {

std::uint64_t optimum_of(const std::vector<key>& accesses, std::size_t keys, std::size_t capacity) {
  return optimum_hits(accesses, next_uses(accesses, keys), keys, capacity);
}

// The most hits over all choices of whom to keep: every set of keys that can be resident is
// followed, with the most hits that lead to it.
std::uint64_t best_by_trying_all(const std::vector<key>& accesses, std::size_t capacity) {
  std::map<unsigned, std::uint64_t> sets = {{0, 0}};
  for (const key k : accesses) {
    std::map<unsigned, std::uint64_t> after;
    for (const auto& [set, hits] : sets) {
      const unsigned bit = 1U << k;
      const std::uint64_t with = hits + ((set & bit) != 0 ? 1 : 0);
      const auto reach = [&](unsigned next) { after[next] = std::max(after[next], with); };
      const unsigned all = set | bit;
      if (static_cast<std::size_t>(std::popcount(all)) <= capacity) {
        reach(all);
        continue;
      }
      for (unsigned other = 1; other <= all; other <<= 1) {
        if ((all & other) != 0) reach(all & ~other);
      }
    }
    sets = std::move(after);
  }
  std::uint64_t best = 0;
  for (const auto& [set, hits] : sets) best = std::max(best, hits);
  return best;
}

TEST(optimum_test, the_farthest_next_use_leaves) {
  // c is refused for a and b; then d takes the place of a, which never comes again.
  EXPECT_EQ(optimum_of({0, 1, 2, 0, 1, 3, 1, 3}, 4, 2), 4U);
}

TEST(optimum_test, a_loop_keeps_what_fits) {
  EXPECT_EQ(optimum_of({0, 1, 2, 0, 1, 2, 0, 1, 2}, 3, 2), 4U);
}

TEST(optimum_test, equals_the_best_of_all_choices) {
  random_numbers numbers(1);
  for (int round = 0; round < 300; ++round) {
    const std::uint32_t keys = 3 + numbers.below(4);
    std::vector<key> accesses(4 + numbers.below(16));
    for (key& k : accesses) k = numbers.below(keys);
    for (std::size_t capacity = 1; capacity <= keys; ++capacity) {
      ASSERT_EQ(optimum_of(accesses, keys, capacity), best_by_trying_all(accesses, capacity))
          << "round " << round << ", capacity " << capacity;
    }
  }
}

}  // namespace
}  // namespace eviction
