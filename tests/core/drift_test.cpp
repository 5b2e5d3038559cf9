// drift_test.cpp - a word that is unborn, dead or saturated and goes on being counted is brought
// back to the middle of its zone, a million steps out and not before. Seen in its number: its state
// stays.

#include <algorithm>
#include <cstdint>

#include <gtest/gtest.h>

#include <lastout/external_word.hpp>
#include <lastout/refcount.hpp>

#include "core/number_of_word.hpp"
#include "core/violations_seen.hpp"

namespace {

using lastout::external_word;
using lastout::refcount;

constexpr std::uint32_t far = 1u << 20;
static_assert(external_word::get_max == far);  // one get of so many goes as far

template <class Word>
class drift_test : public ::testing::Test {
 protected:
  violations_seen seen;
};
using words = ::testing::Types<refcount, external_word>;
TYPED_TEST_SUITE(drift_test, words);

TYPED_TEST(drift_test, many_gets_at_once_of_a_dead_word_are_brought_back) {
  TypeParam w(1);
  ASSERT_TRUE(w.put());
  w.get(far);
  EXPECT_EQ(number_of(w), lastout::word::dead + far);
  w.get();
  EXPECT_EQ(number_of(w), lastout::word::dead);
  EXPECT_EQ(this->seen.take(), "get_once_dead get_once_dead");
}

TYPED_TEST(drift_test, puts_of_a_dead_word_are_brought_back) {
  TypeParam w(1);
  ASSERT_TRUE(w.put());
  set_number(w, lastout::word::dead - far + 1);
  EXPECT_FALSE(w.put());
  EXPECT_EQ(number_of(w), lastout::word::dead - far) << "not before";
  EXPECT_FALSE(w.put());
  EXPECT_EQ(number_of(w), lastout::word::dead);
  EXPECT_EQ(this->seen.take(), "put_once_dead put_once_dead");
}

TEST(external_word_drift_test, a_saturated_word_is_brought_back_and_not_before) {
  violations_seen seen;
  external_word w(1);
  w.saturate();
  ASSERT_EQ(number_of(w), lastout::word::saturated);
  w.get(far);
  EXPECT_EQ(number_of(w), lastout::word::saturated + far);
  w.get();
  EXPECT_EQ(number_of(w), lastout::word::saturated);
  for (std::uint32_t i = 0; i < far; ++i) ASSERT_FALSE(w.put());
  EXPECT_EQ(number_of(w), lastout::word::saturated - far);
  EXPECT_FALSE(w.put());
  EXPECT_EQ(number_of(w), lastout::word::saturated);
  EXPECT_EQ(seen.take(), "");
}

TEST(refcount_drift_test, refusals_of_one_that_is_not_born_are_brought_back) {
  violations_seen seen;
  refcount w;
  EXPECT_EQ(number_of(w), lastout::word::unborn);
  std::uint32_t furthest = 0;
  for (std::uint32_t i = 0; i < far + 10; ++i) {
    ASSERT_FALSE(w.get_not_zero());
    furthest = std::max(furthest, number_of(w) - lastout::word::unborn);
  }
  EXPECT_GT(furthest, far - 10);
  EXPECT_LE(furthest, far + 2);
  EXPECT_LT(number_of(w) - lastout::word::unborn, 100u) << "back in the middle";
}

TEST(refcount_drift_test, a_saturated_word_is_brought_back_from_both_sides) {
  violations_seen seen;
  refcount w(1);
  w.saturate();
  set_number(w, lastout::word::saturated + far + 1);
  w.get();
  EXPECT_EQ(number_of(w), lastout::word::saturated);
  set_number(w, lastout::word::saturated + far + 1);
  EXPECT_TRUE(w.get_not_zero());
  EXPECT_EQ(number_of(w), lastout::word::saturated);
  set_number(w, lastout::word::saturated - far);
  EXPECT_FALSE(w.put());
  EXPECT_FALSE(w.put());
  EXPECT_EQ(number_of(w), lastout::word::saturated);
  EXPECT_EQ(seen.take(), "");
}

}  // namespace
