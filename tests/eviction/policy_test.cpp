// policy_test.cpp - what holds for every policy that takes part in the study.

#include <cctype>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "eviction/contestant.hpp"
#include "eviction/optimum.hpp"
#include "eviction/random_numbers.hpp"

namespace eviction {
namespace {

class policy_test : public testing::TestWithParam<contestant> {};

// A third of the accesses goes to eight keys, a third to a loop, a third to any.
std::vector<key> accesses(std::uint32_t keys, std::size_t count, std::uint64_t seed) {
  random_numbers numbers(seed);
  std::vector<key> out(count);
  key at = 0;
  for (key& k : out) {
    const std::uint32_t kind = numbers.below(3);
    k = kind == 0 ? numbers.below(8) : kind == 1 ? at++ % (keys / 2) : numbers.below(keys);
  }
  return out;
}

TEST_P(policy_test, holds_no_more_than_its_capacity_and_hits_only_what_was_seen) {
  constexpr std::uint32_t keys = 200;
  for (const std::size_t capacity : {2U, 3U, 5U, 10U, 50U, 100U, 199U}) {
    const auto policy = GetParam().make(capacity, keys);
    std::vector<bool> seen(keys);
    for (const key k : accesses(keys, 20'000, capacity)) {
      const bool hit = policy->access(k);
      ASSERT_TRUE(seen[k] || !hit) << "capacity " << capacity;
      ASSERT_LE(policy->size(), capacity);
      seen[k] = true;
    }
    EXPECT_EQ(policy->size(), capacity) << "a cache that was full stays full";
  }
}

TEST_P(policy_test, hits_everything_but_the_first_time_when_all_fits) {
  const auto policy = GetParam().make(100, 100);
  std::vector<bool> seen(100);
  for (const key k : accesses(100, 10'000, 1)) {
    ASSERT_EQ(policy->access(k), seen[k]);
    seen[k] = true;
  }
}

TEST_P(policy_test, does_not_beat_the_optimum) {
  constexpr std::uint32_t keys = 60;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const std::vector<key> sequence = accesses(keys, 2'000, seed);
    for (const std::size_t capacity : {3U, 10U, 30U}) {
      const auto policy = GetParam().make(capacity, keys);
      std::uint64_t hits = 0;
      for (const key k : sequence) hits += policy->access(k) ? 1 : 0;
      EXPECT_LE(hits, optimum_hits(sequence, next_uses(sequence, keys), keys, capacity));
    }
  }
}

std::string name_of(const testing::TestParamInfo<contestant>& info) {
  std::string out;
  for (const char each : info.param.name) {
    if (std::isalnum(static_cast<unsigned char>(each)) != 0) out.push_back(each);
  }
  return out;
}

INSTANTIATE_TEST_SUITE_P(all, policy_test, testing::ValuesIn(contestants()), name_of);

}  // namespace
}  // namespace eviction
