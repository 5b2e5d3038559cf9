// sieve_test.cpp - survivors stay where they are.

#include <gtest/gtest.h>

#include "eviction/hits_of.hpp"
#include "eviction/sieve.hpp"

namespace eviction {
namespace {

TEST(sieve_test, newcomers_are_sieved_out_before_old_survivors) {
  sieve policy(3, letters);
  // d: the hand clears a, removes b, stands at c. e: c leaves; the hand stands at d. f: d leaves,
  // the newcomer, though a, without a hit since the hand passed it, is the oldest.
  EXPECT_EQ(hits_of(policy, "abcadefa"), "abcAdefA");
}

TEST(sieve_test, the_hand_wraps_to_the_oldest) {
  sieve policy(2, letters);
  // c: a leaves, the hand stands at b. b and c are hit: both are cleared, then b, the older, leaves.
  EXPECT_EQ(hits_of(policy, "abcbcdcb"), "abcBCdCb");
}

}  // namespace
}  // namespace eviction
