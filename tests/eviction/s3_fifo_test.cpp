// s3_fifo_test.cpp - small, main and ghosts.

#include <gtest/gtest.h>

#include "eviction/hits_of.hpp"
#include "eviction/s3_fifo.hpp"

namespace eviction {
namespace {

TEST(s3_fifo_test, a_ghost_enters_main_and_outlives_a_scan) {
  s3_fifo policy(3, letters);
  // d: a goes to the ghosts. a: b goes, and a enters main. The scan e f g passes through small.
  EXPECT_EQ(hits_of(policy, "abcdaefga"), "abcdaefgA");
}

TEST(s3_fifo_test, one_hit_is_not_enough_for_main_and_two_are) {
  s3_fifo one(3, letters);
  EXPECT_EQ(hits_of(one, "abcadefa"), "abcAdefa");
  s3_fifo two(3, letters);
  EXPECT_EQ(hits_of(two, "abcaadefa"), "abcAAdefA");
}

TEST(s3_fifo_test, quick_demotion_takes_one_hit) {
  s3_fifo policy(3, letters, 1);
  EXPECT_EQ(hits_of(policy, "abcadefa"), "abcAdefA");
}

}  // namespace
}  // namespace eviction
