// lapped_ghosts_test.cpp - ghosts that live for part of a lap.

#include <gtest/gtest.h>

#include "eviction/lapped_ghosts.hpp"

namespace eviction {
namespace {

TEST(lapped_ghosts_test, a_ghost_is_taken_once) {
  lapped_ghosts ghosts(64, 3);
  EXPECT_FALSE(ghosts.take(1, 0));
  ghosts.add(1, 0);
  EXPECT_TRUE(ghosts.take(1, 0));
  EXPECT_FALSE(ghosts.take(1, 0));
}

TEST(lapped_ghosts_test, a_ghost_lives_as_long_as_it_was_given) {
  lapped_ghosts ghosts(64, 3);
  for (std::uint64_t start = 0; start < 100; ++start) {
    ghosts.add(1, start);
    EXPECT_EQ(ghosts.take(1, start + 1), start + 3);
    ghosts.add(1, start);
    EXPECT_EQ(ghosts.take(1, start + 3), start + 3);
    ghosts.add(1, start);
    EXPECT_FALSE(ghosts.take(1, start + 4)) << start;
    EXPECT_FALSE(ghosts.take(1, start)) << "an old one was taken out, too";
  }
}

TEST(lapped_ghosts_test, the_oldest_of_a_bucket_is_pushed_out) {
  lapped_ghosts ghosts(8, 3);  // one bucket
  for (key k = 0; k < 9; ++k) ghosts.add(k, 0);
  EXPECT_FALSE(ghosts.take(0, 0));
  for (key k = 1; k < 9; ++k) EXPECT_TRUE(ghosts.take(k, 0)) << k;
}

TEST(lapped_ghosts_test, others_are_seldom_taken_for_it) {
  lapped_ghosts ghosts(10'000, 3);
  for (key k = 0; k < 10'000; ++k) ghosts.add(k, 0);
  int wrong = 0;
  for (key k = 1'000'000; k < 1'010'000; ++k) wrong += ghosts.take(k, 0).has_value() ? 1 : 0;
  EXPECT_LT(wrong, 10'000 / 200);
}

}  // namespace
}  // namespace eviction
