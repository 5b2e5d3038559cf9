// clock_pro_test.cpp - hot, cold, and cold on test.

#include <gtest/gtest.h>

#include "eviction/clock_pro.hpp"
#include "eviction/hits_of.hpp"

namespace eviction {
namespace {

TEST(clock_pro_test, a_scan_passes_through_the_cold_part) {
  clock_pro policy(3, letters);
  // a and b fill the hot part; c, d, e, f take turns in the one cold place.
  EXPECT_EQ(hits_of(policy, "abcabdefab"), "abcABdefAB");
}

TEST(clock_pro_test, who_comes_back_during_its_test_turns_hot) {
  clock_pro policy(3, letters);
  // c leaves for d, comes back on test, and replaces the hot a, which was not used meanwhile.
  EXPECT_EQ(hits_of(policy, "abcdcefgc"), "abcdcefgC");
}

TEST(clock_pro_test, a_loop_larger_than_the_cache_still_hits) {
  clock_pro policy(4, letters);
  EXPECT_EQ(hits_of(policy, "abcdefabcdef").substr(6, 3), "ABC");
}

}  // namespace
}  // namespace eviction
