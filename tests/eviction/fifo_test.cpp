// fifo_test.cpp - the oldest leaves.

#include <gtest/gtest.h>

#include "eviction/fifo.hpp"
#include "eviction/hits_of.hpp"

namespace eviction {
namespace {

TEST(fifo_test, the_oldest_leaves_though_it_was_hit) {
  fifo policy(2, letters);
  EXPECT_EQ(hits_of(policy, "abaaca"), "abAAca");
  EXPECT_EQ(policy.size(), 2U);
}

}  // namespace
}  // namespace eviction
