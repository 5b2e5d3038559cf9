// hit_count_test.cpp - a counted word that also knows how often its object was found.
//
// What it does as every counted word does is tested with those: see counted_word_test.cpp; here, as
// a sample, the ways through the states.

#include <cstdint>

#include <gtest/gtest.h>

#include <lastout/hit_count.hpp>

#include "core/violations_seen.hpp"

namespace {

using lastout::count_state;
using lastout::hit_count;
using lastout::settled;

class hit_count_test : public testing::Test {
 protected:
  violations_seen seen;
};

TEST(hit_cell_test, an_exchange_looks_at_the_count_and_leaves_the_hits) {
  constexpr auto relaxed = lastout::order::relaxed;
  lastout::hit_cell cell(5);
  cell.fetch_add_found(relaxed);
  std::uint32_t expected = 5;
  EXPECT_FALSE(cell.compare_exchange_weak(expected, 9, relaxed, relaxed));
  EXPECT_EQ(expected, 6u) << "what it is";
  expected = 5;
  EXPECT_FALSE(cell.compare_exchange_strong(expected, 9, relaxed, relaxed));
  EXPECT_EQ(expected, 6u);
  EXPECT_TRUE(cell.compare_exchange_strong(expected, 9, relaxed, relaxed));
  EXPECT_EQ(cell.load(relaxed), 9u);
  expected = 9;
  while (!cell.compare_exchange_weak(expected, 7, relaxed, relaxed)) EXPECT_EQ(expected, 9u);
  EXPECT_EQ(cell.load(relaxed), 7u);
  EXPECT_EQ(cell.hits(relaxed), 1u);
}

TEST_F(hit_count_test, each_get_not_zero_is_a_hit_and_nothing_else_is) {
  hit_count w;
  w.birth();
  EXPECT_EQ(w.hits(), 0u);
  EXPECT_TRUE(w.get_not_zero());
  EXPECT_TRUE(w.get_not_zero());
  EXPECT_EQ(w.hits(), 2u);
  w.get();
  w.get(3);
  EXPECT_TRUE(w.get_not_zero_unnoticed());
  EXPECT_EQ(w.references(), 8u);
  EXPECT_EQ(w.hits(), 2u);
  for (int i = 0; i < 7; ++i) EXPECT_FALSE(w.put());
  EXPECT_EQ(w.hits(), 2u) << "a put takes none off";
}

TEST_F(hit_count_test, more_taken_off_than_there_are_is_a_number_below_zero) {
  hit_count w;
  w.birth();
  w.take_hits(3);
  EXPECT_EQ(w.hits(), -3);
  EXPECT_TRUE(w.get_not_zero());
  EXPECT_EQ(w.hits(), -2);
  w.take_hits((1 << 16) - 2);
  EXPECT_EQ(w.hits(), -(1 << 16)) << "the lowest that is told from a great many";
  EXPECT_EQ(w.references(), 2u);
  EXPECT_FALSE(w.put());
  EXPECT_TRUE(w.put());
}

TEST_F(hit_count_test, hits_are_taken_off_and_the_count_stays) {
  hit_count w;
  w.birth(2);
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(w.get_not_zero());
    EXPECT_FALSE(w.put());
  }
  w.take_hits(7);
  EXPECT_EQ(w.hits(), 3u);
  EXPECT_EQ(w.references(), 2u);
  w.take_hits(3);
  EXPECT_EQ(w.hits(), 0u);
  EXPECT_EQ(w.references(), 2u);
}

TEST_F(hit_count_test, hits_survive_all_changes_of_state_but_birth) {
  hit_count w;
  w.birth();
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(w.get_not_zero());
    EXPECT_FALSE(w.put());
  }
  EXPECT_TRUE(w.put_to_zero());
  EXPECT_TRUE(w.take_back());
  EXPECT_EQ(w.references(), 1u);
  EXPECT_EQ(w.hits(), 5u);
  EXPECT_TRUE(w.freeze(1));
  w.unfreeze(1);
  EXPECT_EQ(w.hits(), 5u);
  EXPECT_TRUE(w.put_to_zero());
  EXPECT_EQ(w.settle(count_state::dead), settled::ours);
  EXPECT_EQ(w.hits(), 5u);
  w.birth();
  EXPECT_EQ(w.hits(), 0u);
  EXPECT_EQ(w.references(), 1u);
}

TEST_F(hit_count_test, the_last_put_borrows_nothing_from_the_hits) {
  hit_count w;
  w.birth();
  EXPECT_TRUE(w.get_not_zero());
  EXPECT_FALSE(w.put());
  EXPECT_TRUE(w.put_to_zero());
  EXPECT_EQ(w.hits(), 1u);
  EXPECT_EQ(w.state(), count_state::zero);
  EXPECT_TRUE(w.get_not_zero()) << "revived";
  EXPECT_EQ(w.references(), 1u);
  EXPECT_FALSE(w.take_back()) << "somebody has a reference again";
  EXPECT_TRUE(w.leave());
  EXPECT_TRUE(w.put());
}

TEST_F(hit_count_test, take_back_is_refused_until_the_overtaken_put_has_left) {
  hit_count w;
  w.birth();
  EXPECT_TRUE(w.put_to_zero());  // the first one, who now sleeps
  EXPECT_TRUE(w.get_not_zero());
  EXPECT_TRUE(w.put_to_zero());  // the second one
  EXPECT_FALSE(w.take_back()) << "the first one has not left";
  EXPECT_TRUE(w.leave());
  EXPECT_TRUE(w.take_back());
  EXPECT_EQ(w.references(), 1u);
  EXPECT_TRUE(w.put());
}

TEST_F(hit_count_test, bury_sole_needs_exactly_those_references) {
  hit_count w;
  w.birth(2);
  EXPECT_FALSE(w.bury_sole(1));
  EXPECT_FALSE(w.bury_sole(3));
  EXPECT_TRUE(w.bury_sole(2));
  EXPECT_TRUE(w.dead());
  EXPECT_FALSE(w.get_not_zero());
  EXPECT_FALSE(w.get_not_zero_unnoticed());
  EXPECT_FALSE(w.bury_sole(2));
}

TEST_F(hit_count_test, bury_sole_is_refused_while_a_put_is_overtaken) {
  hit_count w;
  w.birth();
  EXPECT_TRUE(w.put_to_zero());
  EXPECT_TRUE(w.get_not_zero());
  EXPECT_FALSE(w.bury_sole(1)) << "who sleeps would come back to a freed object";
  EXPECT_TRUE(w.leave());
  EXPECT_TRUE(w.bury_sole(1));
}

TEST_F(hit_count_test, one_that_is_refused_stays_dead_however_often_it_is_asked) {
  hit_count w;
  w.birth();
  EXPECT_TRUE(w.put());
  for (int i = 0; i < 3'000'000; ++i) ASSERT_FALSE(w.get_not_zero());
  EXPECT_TRUE(w.dead());
}

TEST_F(hit_count_test, misuse_too_many_references_saturate_it) {
  hit_count w;
  w.birth(lastout::count_max);
  w.get();
  w.get();  // the first one that meets the overflow tells
  EXPECT_EQ(w.state(), count_state::saturated);
  EXPECT_EQ(seen.take(), "get_overflow");
  EXPECT_FALSE(w.put());
  EXPECT_FALSE(w.put_to_zero());
  EXPECT_FALSE(w.bury_sole(1));
}

}  // namespace
