// zipf_test.cpp - ranks come up as often as the formula says.

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "eviction/zipf.hpp"

namespace eviction {
namespace {

TEST(zipf_test, ranks_come_up_in_proportion) {
  constexpr std::size_t ranks = 10;
  constexpr int draws = 200'000;
  const zipf popular(0.99, ranks);
  random_numbers numbers(7);
  std::vector<int> seen(ranks);
  for (int i = 0; i < draws; ++i) ++seen[popular(numbers)];
  double sum = 0;
  for (std::size_t r = 0; r < ranks; ++r) sum += std::pow(static_cast<double>(r + 1), -0.99);
  for (std::size_t r = 0; r < ranks; ++r) {
    const double expected = draws * std::pow(static_cast<double>(r + 1), -0.99) / sum;
    EXPECT_NEAR(seen[r], expected, 5 * std::sqrt(expected)) << "rank " << r;
  }
}

TEST(zipf_test, the_same_seed_draws_the_same) {
  const zipf popular(0.9, 1000);
  random_numbers one(3);
  random_numbers two(3);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(popular(one), popular(two));
}

}  // namespace
}  // namespace eviction
