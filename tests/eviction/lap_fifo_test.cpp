// lap_fifo_test.cpp - the chosen policy, step by step.

#include <gtest/gtest.h>

#include "eviction/hits_of.hpp"
#include "eviction/lap_fifo.hpp"
#include "eviction/lru.hpp"
#include "eviction/random_numbers.hpp"

namespace eviction {
namespace {

TEST(lap_fifo_test, an_empty_cache_fills_main_first_and_a_loop_keeps_it) {
  lap_fifo policy(20, letters);
  // a to s are in main; t to z take turns in small, and come back as ghosts. While one lives the hand
  // meets few entries of main, all of them used since it last came by.
  EXPECT_EQ(hits_of(policy, "abcdefghijklmnopqrstuvwxyz"), "abcdefghijklmnopqrstuvwxyz");
  for (int round = 0; round < 100; ++round) {
    ASSERT_EQ(hits_of(policy, "abcdefghijklmnopqrstuvwxyz"), "ABCDEFGHIJKLMNOPQRStuvwxyz") << round;
  }
}

TEST(lap_fifo_test, with_ghosts_of_any_age_the_loop_would_wash_main_out) {
  lap_fifo policy(20, letters, {.ghost_life_eighths = 31});
  hits_of(policy, "abcdefghijklmnopqrstuvwxyz");
  int hits = 0;
  for (int i = 0; i < 2600; ++i) hits += policy.access(static_cast<key>(i) % letters) ? 1 : 0;
  EXPECT_LT(hits, 1900 * 9 / 10);  // of 1900 with the rule
}

TEST(lap_fifo_test, a_ghost_takes_the_place_of_one_unused) {
  lap_fifo policy(4, letters);
  // d leaves small for e. As a ghost it comes back to main, from which a, unused, leaves.
  EXPECT_EQ(hits_of(policy, "abcdedbca"), "abcdedBCa");
  EXPECT_TRUE(policy.in_main(3));
}

TEST(lap_fifo_test, one_used_in_small_moves_to_main) {
  lap_fifo policy(4, letters);
  // e finds d used: d moves to main, and a, unused, leaves for it.
  EXPECT_EQ(hits_of(policy, "abcdded"), "abcdDeD");
  EXPECT_TRUE(policy.in_main(3));
  EXPECT_EQ(hits_of(policy, "a"), "a");
}

TEST(lap_fifo_test, small_slides_by_use) {
  lap_fifo policy(1000, 10'000);
  EXPECT_EQ(policy.small_target(), 10U);
  for (key k = 0; k < 1000; ++k) policy.access(k);
  // Each newcomer is used before it leaves: small grows to a fifth.
  for (key k = 1000; k < 4000; ++k) {
    policy.access(k);
    policy.access(k);
  }
  EXPECT_EQ(policy.small_target(), 200U);
  // A scan: none is used, and small shrinks back to a hundredth.
  for (key k = 4000; k < 9000; ++k) policy.access(k);
  EXPECT_EQ(policy.small_target(), 10U);
}

TEST(lap_fifo_test, an_entry_in_use_stays) {
  lap_fifo policy(4, letters);
  hits_of(policy, "abcd");
  policy.pin(0);
  policy.pin(3);
  EXPECT_EQ(hits_of(policy, "efghijklmnad"), "efghijklmnAD");
  policy.unpin(0);
  policy.unpin(3);
  EXPECT_EQ(policy.size(), 4U);
}

TEST(lap_fifo_test, more_than_the_capacity_is_held_only_while_all_are_in_use) {
  lap_fifo policy(4, letters);
  hits_of(policy, "abcd");
  for (key k = 0; k < 4; ++k) policy.pin(k);
  hits_of(policy, "e");
  EXPECT_EQ(policy.size(), 5U);
  hits_of(policy, "f");  // for e
  EXPECT_EQ(policy.size(), 5U);
  for (key k = 0; k < 4; ++k) policy.unpin(k);
  hits_of(policy, "g");
  EXPECT_EQ(policy.size(), 4U);
}

TEST(lap_fifo_test, pinned_entries_are_met_once_each) {
  constexpr key capacity = 10'000;
  constexpr key pinned = 9'900;
  constexpr key misses = 20'000;
  lap_fifo policy(capacity, capacity + misses);
  for (key k = 0; k < capacity; ++k) policy.access(k);
  for (key k = 0; k < pinned; ++k) policy.pin(k);
  for (key k = capacity; k < capacity + misses; ++k) policy.access(k);
  EXPECT_EQ(policy.size(), capacity);
  for (key k = 0; k < pinned; ++k) ASSERT_TRUE(policy.access(k)) << k;
  EXPECT_LE(policy.looks(), pinned + 2 * misses);
}

TEST(lap_fifo_test, one_miss_looks_at_no_more_than_the_bound) {
  constexpr key capacity = 10'000;
  lap_fifo policy(capacity, 10 * capacity);
  random_numbers numbers(5);
  for (key k = 0; k < capacity; ++k) policy.access(k);
  std::uint64_t most = 0;
  for (int round = 0; round < 200'000; ++round) {
    // All residents are used again and again, so that no hand finds an unused one.
    for (int i = 0; i < 20; ++i) policy.access(numbers.below(capacity / 10));
    const std::uint64_t before = policy.looks();
    policy.access(numbers.below(10 * capacity));
    most = std::max(most, policy.looks() - before);
  }
  EXPECT_LE(most, lap_fifo::shape().visits_max + 1);
  EXPECT_GT(most, 1U);
}

TEST(lap_fifo_test, hits_more_than_lru_on_what_it_was_made_for) {
  constexpr key keys = 2'000;
  lap_fifo mine(1'000, keys);
  lru theirs(1'000, keys);
  int hits = 0;
  int hits_lru = 0;
  for (int i = 0; i < 40'000; ++i) {
    hits += mine.access(static_cast<key>(i) % 1'200) ? 1 : 0;
    hits_lru += theirs.access(static_cast<key>(i) % 1'200) ? 1 : 0;
  }
  EXPECT_EQ(hits_lru, 0);
  EXPECT_GT(hits, 40'000 * 8 / 10);  // the optimum: 83 %
}

}  // namespace
}  // namespace eviction
