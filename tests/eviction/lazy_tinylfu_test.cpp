// lazy_tinylfu_test.cpp - admission by a frequency that is heard of late.

#include <gtest/gtest.h>

#include "eviction/hits_of.hpp"
#include "eviction/lazy_tinylfu.hpp"

namespace eviction {
namespace {

TEST(lazy_tinylfu_test, a_loop_is_refused) {
  lazy_tinylfu policy(3, letters, 0.01);
  EXPECT_EQ(hits_of(policy, "abcdabcdab"), "abcdABcdAB");
}

TEST(lazy_tinylfu_test, hits_in_the_window_count_when_the_entry_leaves_it) {
  lazy_tinylfu policy(3, letters, 0.01);
  EXPECT_EQ(hits_of(policy, "abcccdca"), "abcCCdCa");
}

}  // namespace
}  // namespace eviction
