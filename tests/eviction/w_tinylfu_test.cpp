// w_tinylfu_test.cpp - admission by frequency.

#include <gtest/gtest.h>

#include "eviction/hits_of.hpp"
#include "eviction/w_tinylfu.hpp"

namespace eviction {
namespace {

TEST(w_tinylfu_test, who_is_no_more_frequent_than_the_victim_is_refused) {
  w_tinylfu policy(3, letters, false);
  // Window 1, main 2. a and b are in main; c, d, e come and go through the window.
  EXPECT_EQ(hits_of(policy, "ababcdeab"), "abABcdeAB");
}

TEST(w_tinylfu_test, the_more_frequent_newcomer_gets_in) {
  w_tinylfu policy(3, letters, false);
  // c, asked for three times, leaves the window when d comes, and a, asked for once, gives way.
  EXPECT_EQ(hits_of(policy, "abcccdca"), "abcCCdCa");
}

}  // namespace
}  // namespace eviction
