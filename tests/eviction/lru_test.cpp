// lru_test.cpp - the least recently used leaves.

#include <gtest/gtest.h>

#include "eviction/hits_of.hpp"
#include "eviction/lru.hpp"

namespace eviction {
namespace {

TEST(lru_test, the_least_recently_used_leaves) {
  lru policy(2, letters);
  EXPECT_EQ(hits_of(policy, "abacab"), "abAcAb");
}

TEST(lru_test, a_loop_one_larger_than_the_cache_never_hits) {
  lru policy(3, letters);
  EXPECT_EQ(hits_of(policy, "abcdabcdabcd"), "abcdabcdabcd");
}

}  // namespace
}  // namespace eviction
