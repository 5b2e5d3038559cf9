// arc_test.cpp - T1, T2 and their ghosts.

#include <gtest/gtest.h>

#include "eviction/arc.hpp"
#include "eviction/hits_of.hpp"

namespace eviction {
namespace {

TEST(arc_test, what_was_hit_once_outlives_a_scan) {
  arc policy(3, letters);
  EXPECT_EQ(hits_of(policy, "aabcdefa"), "aAbcdefA");
}

TEST(arc_test, a_ghost_comes_back_as_frequent) {
  arc policy(2, letters);
  // T2 = a. b enters T1, and c pushes it to the ghosts. b comes back into T2, where a makes room
  // for it: the target of T1 is 1 now. a comes back as a ghost, too: the target is 0, and c leaves.
  EXPECT_EQ(hits_of(policy, "aabcbab"), "aAbcbaB");
}

}  // namespace
}  // namespace eviction
