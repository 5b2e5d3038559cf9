// counting_clock_test.cpp - a hit buys a round; with a counter, several hits buy several.

#include <gtest/gtest.h>

#include "eviction/counting_clock.hpp"
#include "eviction/hits_of.hpp"

namespace eviction {
namespace {

TEST(counting_clock_test, who_was_hit_gets_a_second_chance) {
  counting_clock policy(2, letters, 1);
  // c: a was hit and goes round, b leaves.
  EXPECT_EQ(hits_of(policy, "abacab"), "abAcAb");
}

TEST(counting_clock_test, one_bit_remembers_one_hit) {
  counting_clock policy(2, letters, 1);
  // a's three hits are one round: d finds it without.
  EXPECT_EQ(hits_of(policy, "abaaacda"), "abAAAcda");
}

TEST(counting_clock_test, two_bits_remember_three) {
  counting_clock three(2, letters, 3);
  // c, d and e each take one of a's three rounds.
  EXPECT_EQ(hits_of(three, "abaaacdea"), "abAAAcdeA");
  counting_clock then_none(2, letters, 3);
  EXPECT_EQ(hits_of(then_none, "abaaacdefa"), "abAAAcdefa");
}

}  // namespace
}  // namespace eviction
