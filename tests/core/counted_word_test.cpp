// counted_word_test.cpp - refcount, locked_word and local_word do what the table of states says.

#include <cstdint>
#include <new>
#include <string>
#include <thread>
#include <type_traits>

#include <gtest/gtest.h>

#include <lastout/local_word.hpp>
#include <lastout/locked_word.hpp>
#include <lastout/refcount.hpp>

#include "core/violations_seen.hpp"

namespace {

using lastout::checked_build;
using lastout::count_max;
using lastout::count_state;
using lastout::noted_count_max;
using lastout::settled;

template <class Word>
class counted_word_test : public ::testing::Test {
 protected:
  violations_seen seen;
};

using words = ::testing::Types<lastout::refcount, lastout::locked_word, lastout::local_word>;
TYPED_TEST_SUITE(counted_word_test, words);

// ---- births ----

TYPED_TEST(counted_word_test, a_word_is_dead_until_its_birth) {
  TypeParam w;
  EXPECT_TRUE(w.dead());
  EXPECT_EQ(w.references(), 0u);
  EXPECT_FALSE(w.get_not_zero());
  w.birth();
  EXPECT_FALSE(w.dead());
  EXPECT_EQ(w.references(), 1u);
}

TYPED_TEST(counted_word_test, birth_gives_as_many_references_as_asked) {
  TypeParam w;
  w.birth(3);
  EXPECT_FALSE(w.put());
  EXPECT_FALSE(w.put());
  EXPECT_TRUE(w.put());
  EXPECT_TRUE(w.dead());
}

TYPED_TEST(counted_word_test, a_word_can_be_constructed_live_in_a_constant_expression) {
  static constinit TypeParam dead;
  static constinit TypeParam live(2);
  EXPECT_TRUE(dead.dead());
  EXPECT_EQ(live.references(), 2u);
}

TYPED_TEST(counted_word_test, a_dead_word_can_be_born_again_as_another_object) {
  TypeParam w(1);
  EXPECT_TRUE(w.put());
  w.birth();
  EXPECT_EQ(w.state(), count_state::live);
  EXPECT_TRUE(w.put());
}

TYPED_TEST(counted_word_test, misuse_birth_of_a_live_is_reported_and_changes_nothing) {
  TypeParam w(2);
  w.birth();
  EXPECT_EQ(this->seen.take(), "birth_of_a_live");
  EXPECT_EQ(w.references(), 2u);
}

// ---- get and put ----

TYPED_TEST(counted_word_test, get_and_put_balance) {
  TypeParam w(1);
  w.get();
  w.get();
  EXPECT_EQ(w.references(), 3u);
  EXPECT_FALSE(w.put());
  EXPECT_FALSE(w.put());
  EXPECT_TRUE(w.put());
  EXPECT_EQ(w.references(), 0u);
}

TYPED_TEST(counted_word_test, get_of_n_is_put_one_by_one) {
  TypeParam w(1);
  w.get(4);
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(w.put());
  EXPECT_TRUE(w.put());
}

TYPED_TEST(counted_word_test, get_of_the_largest_n_counts_exactly) {
  TypeParam w(1);
  w.get(TypeParam::get_max);
  EXPECT_EQ(w.references(), TypeParam::get_max + 1);
}

TYPED_TEST(counted_word_test, get_not_zero_succeeds_while_a_reference_exists) {
  TypeParam w(1);
  EXPECT_TRUE(w.get_not_zero());
  EXPECT_EQ(w.references(), 2u);
}

TYPED_TEST(counted_word_test, get_not_zero_fails_once_dead_for_ever) {
  TypeParam w(1);
  EXPECT_TRUE(w.put());
  for (int i = 0; i < 1000; ++i) ASSERT_FALSE(w.get_not_zero());
  EXPECT_TRUE(w.dead());
  EXPECT_EQ(w.references(), 0u);
}

TYPED_TEST(counted_word_test, put_not_last_gives_back_all_but_the_last) {
  TypeParam w(2);
  EXPECT_TRUE(w.put_not_last());
  EXPECT_FALSE(w.put_not_last());
  EXPECT_EQ(w.references(), 1u);
  EXPECT_TRUE(w.put());
}

// ---- the two halves of a last put ----

TYPED_TEST(counted_word_test, put_to_zero_leaves_the_decision_open) {
  TypeParam w(1);
  EXPECT_TRUE(w.put_to_zero());
  EXPECT_EQ(w.state(), count_state::zero);
  EXPECT_EQ(w.settle(count_state::idle), settled::ours);
  EXPECT_EQ(w.state(), count_state::idle);
}

TYPED_TEST(counted_word_test, settle_backs_off_when_the_object_was_revived) {
  TypeParam w(1);
  ASSERT_TRUE(w.put_to_zero());
  ASSERT_TRUE(w.get_not_zero());
  EXPECT_EQ(w.settle(count_state::dead), settled::not_ours);
  EXPECT_TRUE(w.leave());
  EXPECT_EQ(w.references(), 1u);
  EXPECT_TRUE(w.put()) << "the reviver's put is the last one now";
}

TYPED_TEST(counted_word_test, of_two_unsettled_puts_the_one_that_remains_settles) {
  TypeParam w(1);
  ASSERT_TRUE(w.put_to_zero());  // the first, overtaken here
  ASSERT_TRUE(w.get_not_zero());
  ASSERT_TRUE(w.put_to_zero());  // the second
  EXPECT_EQ(w.settle(count_state::dead), settled::not_ours) << "the first has yet to leave";
  EXPECT_TRUE(w.leave());
  EXPECT_EQ(w.settle(count_state::dead), settled::ours);
  EXPECT_TRUE(w.dead());
}

TYPED_TEST(counted_word_test, the_only_unsettled_put_cannot_leave) {
  TypeParam w(1);
  ASSERT_TRUE(w.put_to_zero());
  EXPECT_FALSE(w.leave());
  EXPECT_EQ(w.settle(count_state::dead), settled::ours);
}

TYPED_TEST(counted_word_test, as_many_puts_can_be_overtaken_as_the_word_has_room_for) {
  TypeParam w(1);
  for (int i = 0; i < lastout::word::stalled_max; ++i) {
    ASSERT_TRUE(w.put_to_zero());
    ASSERT_TRUE(w.get_not_zero());
  }
  ASSERT_TRUE(w.put_to_zero());
  for (int i = 0; i < lastout::word::stalled_max; ++i) {
    ASSERT_EQ(w.settle(count_state::dead), settled::not_ours);
    ASSERT_TRUE(w.leave());
  }
  EXPECT_EQ(w.settle(count_state::dead), settled::ours);
}

TYPED_TEST(counted_word_test,
           misuse_more_overtaken_puts_than_the_word_has_room_for_leak_the_object) {
  TypeParam w(1);
  for (int i = 0; i < lastout::word::stalled_max + 1; ++i) {
    ASSERT_TRUE(w.put_to_zero());
    ASSERT_TRUE(w.get_not_zero()) << "answers at once: it may hold the lock that the puts wait for";
  }
  EXPECT_EQ(this->seen.take(), "get_overflow");
  EXPECT_EQ(w.settle(count_state::dead), settled::not_ours);
  EXPECT_TRUE(w.leave());
  EXPECT_EQ(w.state(), count_state::saturated);
}

// ---- freeze ----

TYPED_TEST(counted_word_test, freeze_needs_the_exact_count) {
  TypeParam w(3);
  EXPECT_FALSE(w.freeze(2));
  EXPECT_FALSE(w.freeze(4));
  EXPECT_TRUE(w.freeze(3));
  EXPECT_EQ(w.state(), count_state::frozen);
  EXPECT_FALSE(w.get_not_zero());
}

TYPED_TEST(counted_word_test, unfreeze_restores_the_exact_count_after_refusals) {
  TypeParam w(3);
  ASSERT_TRUE(w.freeze(3));
  for (int i = 0; i < 100; ++i) ASSERT_FALSE(w.get_not_zero());
  w.unfreeze(3);
  EXPECT_EQ(w.references(), 3u);
}

TYPED_TEST(counted_word_test, freeze_of_0_takes_an_idle_word_and_unfreeze_of_0_gives_it_back) {
  TypeParam w(1);
  EXPECT_FALSE(w.freeze(0));
  ASSERT_TRUE(w.put_to_zero());
  EXPECT_FALSE(w.freeze(0)) << "zero is not idle: it is undecided";
  ASSERT_EQ(w.settle(count_state::idle), settled::ours);
  EXPECT_TRUE(w.freeze(0));
  EXPECT_FALSE(w.resurrect());
  w.unfreeze(0);
  EXPECT_TRUE(w.resurrect());
}

TYPED_TEST(counted_word_test, bury_ends_a_frozen_word) {
  TypeParam w(1);
  ASSERT_TRUE(w.freeze(1));
  EXPECT_TRUE(w.bury());
  EXPECT_TRUE(w.dead());
}

// ---- doom, saturation ----

TYPED_TEST(counted_word_test, doom_is_told_to_whoever_settles) {
  TypeParam w(2);
  EXPECT_TRUE(w.doom());
  EXPECT_FALSE(w.doom()) << "noted already";
  EXPECT_FALSE(w.put_to_zero());
  EXPECT_TRUE(w.put_to_zero());
  EXPECT_EQ(w.settle(count_state::idle), settled::ours_doomed);
}

TYPED_TEST(counted_word_test, doom_drops_references_but_never_the_last) {
  TypeParam w(2);
  EXPECT_TRUE(w.doom(1));
  EXPECT_EQ(w.references(), 1u);
  TypeParam alone(1);
  EXPECT_FALSE(alone.doom(1));
  EXPECT_EQ(alone.references(), 1u);
}

TYPED_TEST(counted_word_test, a_doomed_word_counts_like_any_other) {
  TypeParam w(1);
  ASSERT_TRUE(w.doom());
  w.get(5);
  EXPECT_TRUE(w.get_not_zero());
  EXPECT_TRUE(w.put_not_last());
  EXPECT_EQ(w.references(), 6u);
  EXPECT_FALSE(w.freeze(6)) << "a word with notes is nobody's alone";
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(w.put());
  EXPECT_TRUE(w.put());
}

TYPED_TEST(counted_word_test, a_saturated_word_is_never_put_to_its_end) {
  TypeParam w(1);
  w.saturate();
  for (int i = 0; i < 100; ++i) ASSERT_FALSE(w.put());
  w.get();
  EXPECT_TRUE(w.get_not_zero());
  EXPECT_EQ(w.state(), count_state::saturated);
}

TYPED_TEST(counted_word_test, the_largest_count_is_exact) {
  TypeParam w(count_max - 1);
  w.get();
  EXPECT_EQ(w.references(), count_max);
  EXPECT_FALSE(w.put());
  EXPECT_EQ(w.references(), count_max - 1);
}

// The word that adds first notices what it did at the next operation: one report either way.
TYPED_TEST(counted_word_test, misuse_overflow_saturates_and_is_reported_once) {
  TypeParam w(count_max);
  for (int i = 0; i < 10; ++i) w.get();
  EXPECT_EQ(this->seen.take(), "get_overflow");
  EXPECT_EQ(w.state(), count_state::saturated);
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(w.put());
  EXPECT_EQ(w.state(), count_state::saturated);
}

TYPED_TEST(counted_word_test, misuse_overflow_by_get_not_zero_is_reported_once) {
  TypeParam w(count_max);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(w.get_not_zero());
  EXPECT_EQ(this->seen.take(), "get_overflow");
}

TYPED_TEST(counted_word_test, misuse_overflow_by_n_is_reported_even_if_only_puts_follow) {
  TypeParam w(count_max);
  w.get(TypeParam::get_max);
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(w.put());
  EXPECT_EQ(this->seen.take(), "get_overflow");
  EXPECT_EQ(w.state(), count_state::saturated);
}

TYPED_TEST(counted_word_test, misuse_overflow_of_a_doomed_word_is_reported) {
  TypeParam w(noted_count_max);
  ASSERT_TRUE(w.doom());
  for (int i = 0; i < 3; ++i) w.get();
  EXPECT_EQ(this->seen.take(), "get_overflow");
  EXPECT_EQ(w.state(), count_state::saturated);
}

TYPED_TEST(counted_word_test, a_doomed_word_counts_as_far_as_it_can) {
  TypeParam w(1);
  EXPECT_TRUE(w.doom());
  w.get(lastout::noted_count_max - 2);
  EXPECT_TRUE(w.get_not_zero());
  EXPECT_EQ(w.references(), lastout::noted_count_max);
  EXPECT_FALSE(w.put());
  w.get();
  EXPECT_EQ(w.references(), lastout::noted_count_max);
  EXPECT_TRUE(w.get_not_zero());
  EXPECT_EQ(this->seen.take(), "get_overflow");
  EXPECT_EQ(w.state(), count_state::saturated);
}

TYPED_TEST(counted_word_test, misuse_doom_of_more_than_a_noted_word_counts_is_reported) {
  TypeParam w(noted_count_max + 1);
  w.doom();
  EXPECT_EQ(this->seen.take(), "get_overflow");
  EXPECT_EQ(w.state(), count_state::saturated);
}

// ---- the table: state x operation -> answer, violation, next state ----

enum class start { live, zero, idle, frozen, dead, saturated };
enum class op {
  birth,
  get,
  get_2,
  get_not_zero,
  put,
  put_not_last,
  put_to_zero,
  settle_dead,
  settle_idle,
  leave,
  freeze_1,
  freeze_0,
  unfreeze_1,
  unfreeze_0,
  bury,
  resurrect,
  doom,
  saturate
};
enum class says { nothing, yes, no };

struct row {
  start from;
  op what;
  says answer;
  const char* violation;
  count_state to;
  std::uint32_t references;
};

constexpr auto live = count_state::live;
constexpr auto zero = count_state::zero;
constexpr auto idle = count_state::idle;
constexpr auto frozen = count_state::frozen;
constexpr auto dead = count_state::dead;
constexpr auto saturated = count_state::saturated;

constexpr row table[] = {
    {start::live, op::birth, says::nothing, "birth_of_a_live", live, 1},
    {start::live, op::get, says::nothing, "", live, 2},
    {start::live, op::get_2, says::nothing, "", live, 3},
    {start::live, op::get_not_zero, says::yes, "", live, 2},
    {start::live, op::put, says::yes, "", dead, 0},
    {start::live, op::put_not_last, says::no, "", live, 1},
    {start::live, op::put_to_zero, says::yes, "", zero, 0},
    {start::live, op::settle_dead, says::no, "", live, 1},
    {start::live, op::settle_idle, says::no, "", live, 1},
    {start::live, op::freeze_1, says::yes, "", frozen, 0},
    {start::live, op::freeze_0, says::no, "", live, 1},
    {start::live, op::unfreeze_1, says::nothing, "unfreeze_unfrozen", live, 1},
    {start::live, op::unfreeze_0, says::nothing, "unfreeze_unfrozen", live, 1},
    {start::live, op::bury, says::no, "unfreeze_unfrozen", live, 1},
    {start::live, op::resurrect, says::yes, "", live, 2},
    {start::live, op::doom, says::yes, "", live, 1},
    {start::live, op::saturate, says::nothing, "", saturated, 0},

    {start::zero, op::birth, says::nothing, "birth_of_a_live", zero, 0},
    {start::zero, op::get, says::nothing, "get_at_zero", saturated, 0},
    {start::zero, op::get_2, says::nothing, "get_at_zero", saturated, 0},
    {start::zero, op::get_not_zero, says::yes, "", live, 1},
    {start::zero, op::put, says::no, "put_at_zero", saturated, 0},
    {start::zero, op::put_not_last, says::yes, "put_at_zero", saturated, 0},
    {start::zero, op::put_to_zero, says::no, "put_at_zero", saturated, 0},
    {start::zero, op::settle_dead, says::yes, "", dead, 0},
    {start::zero, op::settle_idle, says::yes, "", idle, 0},
    {start::zero, op::leave, says::no, "", zero, 0},
    {start::zero, op::freeze_1, says::no, "", zero, 0},
    {start::zero, op::freeze_0, says::no, "", zero, 0},
    {start::zero, op::unfreeze_1, says::nothing, "unfreeze_unfrozen", zero, 0},
    {start::zero, op::unfreeze_0, says::nothing, "unfreeze_unfrozen", zero, 0},
    {start::zero, op::bury, says::no, "unfreeze_unfrozen", zero, 0},
    {start::zero, op::resurrect, says::yes, "", live, 1},
    {start::zero, op::doom, says::no, "", zero, 0},
    {start::zero, op::saturate, says::nothing, "", saturated, 0},

    {start::idle, op::birth, says::nothing, "birth_of_a_live", idle, 0},
    {start::idle, op::get, says::nothing, "get_at_zero", saturated, 0},
    {start::idle, op::get_2, says::nothing, "get_at_zero", saturated, 0},
    {start::idle, op::get_not_zero, says::no, "", idle, 0},
    {start::idle, op::put, says::no, "put_at_zero", saturated, 0},
    {start::idle, op::put_not_last, says::yes, "put_at_zero", saturated, 0},
    {start::idle, op::put_to_zero, says::no, "put_at_zero", saturated, 0},
    {start::idle, op::settle_dead, says::no, "", idle, 0},
    {start::idle, op::settle_idle, says::no, "", idle, 0},
    {start::idle, op::leave, says::yes, "", idle, 0},
    {start::idle, op::freeze_1, says::no, "", idle, 0},
    {start::idle, op::freeze_0, says::yes, "", frozen, 0},
    {start::idle, op::unfreeze_1, says::nothing, "unfreeze_unfrozen", idle, 0},
    {start::idle, op::unfreeze_0, says::nothing, "unfreeze_unfrozen", idle, 0},
    {start::idle, op::bury, says::yes, "", dead, 0},
    {start::idle, op::resurrect, says::yes, "", live, 1},
    {start::idle, op::doom, says::no, "", idle, 0},
    {start::idle, op::saturate, says::nothing, "", saturated, 0},

    {start::frozen, op::birth, says::nothing, "birth_of_a_live", frozen, 0},
    {start::frozen, op::get, says::nothing, "get_while_frozen", saturated, 0},
    {start::frozen, op::get_2, says::nothing, "get_while_frozen", saturated, 0},
    {start::frozen, op::get_not_zero, says::no, "", frozen, 0},
    {start::frozen, op::put, says::no, "put_while_frozen", saturated, 0},
    {start::frozen, op::put_not_last, says::yes, "put_while_frozen", saturated, 0},
    {start::frozen, op::put_to_zero, says::no, "put_while_frozen", saturated, 0},
    {start::frozen, op::settle_dead, says::no, "", frozen, 0},
    {start::frozen, op::settle_idle, says::no, "", frozen, 0},
    {start::frozen, op::leave, says::yes, "", frozen, 0},
    {start::frozen, op::freeze_1, says::no, "", frozen, 0},
    {start::frozen, op::freeze_0, says::no, "", frozen, 0},
    {start::frozen, op::unfreeze_1, says::nothing, "", live, 1},
    {start::frozen, op::unfreeze_0, says::nothing, "", idle, 0},
    {start::frozen, op::bury, says::yes, "", dead, 0},
    {start::frozen, op::resurrect, says::no, "", frozen, 0},
    {start::frozen, op::doom, says::no, "", frozen, 0},
    {start::frozen, op::saturate, says::nothing, "", saturated, 0},

    {start::dead, op::birth, says::nothing, "", live, 1},
    {start::dead, op::get, says::nothing, "get_once_dead", dead, 0},
    {start::dead, op::get_2, says::nothing, "get_once_dead", dead, 0},
    {start::dead, op::get_not_zero, says::no, "", dead, 0},
    {start::dead, op::put, says::no, "put_once_dead", dead, 0},
    {start::dead, op::put_not_last, says::yes, "put_once_dead", dead, 0},
    {start::dead, op::put_to_zero, says::no, "put_once_dead", dead, 0},
    {start::dead, op::settle_dead, says::no, "", dead, 0},
    {start::dead, op::settle_idle, says::no, "", dead, 0},
    {start::dead, op::leave, says::yes, "", dead, 0},
    {start::dead, op::freeze_1, says::no, "", dead, 0},
    {start::dead, op::freeze_0, says::no, "", dead, 0},
    {start::dead, op::unfreeze_1, says::nothing, "unfreeze_unfrozen", dead, 0},
    {start::dead, op::unfreeze_0, says::nothing, "unfreeze_unfrozen", dead, 0},
    {start::dead, op::bury, says::no, "unfreeze_unfrozen", dead, 0},
    {start::dead, op::resurrect, says::no, "", dead, 0},
    {start::dead, op::doom, says::no, "", dead, 0},
    {start::dead, op::saturate, says::nothing, "", dead, 0},

    {start::saturated, op::birth, says::nothing, "birth_of_a_live", saturated, 0},
    {start::saturated, op::get, says::nothing, "", saturated, 0},
    {start::saturated, op::get_2, says::nothing, "", saturated, 0},
    {start::saturated, op::get_not_zero, says::yes, "", saturated, 0},
    {start::saturated, op::put, says::no, "", saturated, 0},
    {start::saturated, op::put_not_last, says::yes, "", saturated, 0},
    {start::saturated, op::put_to_zero, says::no, "", saturated, 0},
    {start::saturated, op::settle_dead, says::no, "", saturated, 0},
    {start::saturated, op::settle_idle, says::no, "", saturated, 0},
    {start::saturated, op::leave, says::yes, "", saturated, 0},
    {start::saturated, op::freeze_1, says::no, "", saturated, 0},
    {start::saturated, op::freeze_0, says::no, "", saturated, 0},
    {start::saturated, op::unfreeze_1, says::nothing, "", saturated, 0},
    {start::saturated, op::unfreeze_0, says::nothing, "", saturated, 0},
    {start::saturated, op::bury, says::no, "", saturated, 0},
    {start::saturated, op::resurrect, says::yes, "", saturated, 0},
    {start::saturated, op::doom, says::no, "", saturated, 0},
    {start::saturated, op::saturate, says::nothing, "", saturated, 0},
};

template <class Word>
void bring(Word& w, start to) {
  w.birth();
  switch (to) {
    case start::zero: ASSERT_TRUE(w.put_to_zero()); break;
    case start::idle:
      ASSERT_TRUE(w.put_to_zero());
      ASSERT_EQ(w.settle(count_state::idle), settled::ours);
      break;
    case start::frozen: ASSERT_TRUE(w.freeze(1)); break;
    case start::saturated: w.saturate(); break;
    case start::dead: ASSERT_TRUE(w.put()); break;
    case start::live: break;
  }
}

template <class Word>
says run(Word& w, op what) {
  const auto told = [](bool yes) { return yes ? says::yes : says::no; };
  switch (what) {
    case op::birth: w.birth(); break;
    case op::get: w.get(); break;
    case op::get_2: w.get(2); break;
    case op::get_not_zero: return told(w.get_not_zero());
    case op::put: return told(w.put());
    case op::put_not_last: return told(w.put_not_last());
    case op::put_to_zero: return told(w.put_to_zero());
    case op::settle_dead: return told(w.settle(count_state::dead) != settled::not_ours);
    case op::settle_idle: return told(w.settle(count_state::idle) != settled::not_ours);
    case op::leave: return told(w.leave());
    case op::freeze_1: return told(w.freeze(1));
    case op::freeze_0: return told(w.freeze(0));
    case op::unfreeze_1: w.unfreeze(1); break;
    case op::unfreeze_0: w.unfreeze(0); break;
    case op::bury: return told(w.bury());
    case op::resurrect: return told(w.resurrect());
    case op::doom: return told(w.doom());
    case op::saturate: w.saturate(); break;
  }
  return says::nothing;
}

TYPED_TEST(counted_word_test, every_operation_in_every_state_does_what_the_table_says) {
  for (const row& expected : table) {
    SCOPED_TRACE(testing::Message()
                 << "row " << (&expected - table) << ": state " << static_cast<int>(expected.from)
                 << ", operation " << static_cast<int>(expected.what));
    TypeParam w;
    bring(w, expected.from);
    EXPECT_EQ(this->seen.take(), "") << "on the way to the state";
    EXPECT_EQ(run(w, expected.what), expected.answer);
    EXPECT_EQ(this->seen.take(), expected.violation);
    EXPECT_EQ(lastout::name(w.state()), std::string(lastout::name(expected.to)));
    EXPECT_EQ(w.references(), expected.references);
  }
}

// A constructor that hands its object out: the reference must not dangle when the maker puts his.
TYPED_TEST(counted_word_test, misuse_get_before_birth_leaks_the_object) {
  TypeParam w;
  w.get();
  EXPECT_EQ(this->seen.take(), "get_once_dead");
  w.birth();
  EXPECT_EQ(this->seen.take(), "birth_of_a_live");
  EXPECT_EQ(w.state(), count_state::saturated);
  EXPECT_FALSE(w.put());
}

TYPED_TEST(counted_word_test, what_was_said_of_a_saturated_word_is_still_true_after_a_million) {
  TypeParam w(1);
  w.saturate();
  for (int i = 0; i < 1'200'000; ++i) w.get();
  EXPECT_EQ(w.state(), count_state::saturated);
  for (int i = 0; i < 3'000'000; ++i) ASSERT_FALSE(w.put());
  EXPECT_EQ(w.state(), count_state::saturated);
}

// Refused additions drift; they are brought back before they reach the next state's numbers.
TYPED_TEST(counted_word_test, refusals_without_end_leave_the_state_as_it_was) {
  constexpr int many = (1 << 20) + (1 << 19);
  TypeParam gone;
  TypeParam kept(1);
  ASSERT_TRUE(kept.put_to_zero());
  ASSERT_EQ(kept.settle(count_state::idle), settled::ours);
  TypeParam held(1);
  ASSERT_TRUE(held.freeze(1));
  for (int i = 0; i < many; ++i) {
    ASSERT_FALSE(gone.get_not_zero());
    ASSERT_FALSE(kept.get_not_zero());
    ASSERT_FALSE(held.get_not_zero());
  }
  EXPECT_EQ(gone.state(), count_state::dead);
  EXPECT_EQ(kept.state(), count_state::idle);
  EXPECT_EQ(held.state(), count_state::frozen);
  EXPECT_TRUE(kept.resurrect());
  EXPECT_EQ(kept.references(), 1u);
  held.unfreeze(1);
  EXPECT_EQ(held.references(), 1u);
}

TYPED_TEST(counted_word_test, a_report_names_the_object_the_operation_and_what_was_seen) {
  int object = 0;
  TypeParam w(5);
  w.birth(1, {"thing", &object});
  const auto reports = this->seen.take_all();
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].type, "thing");
  EXPECT_EQ(reports[0].object, &object);
  EXPECT_EQ(reports[0].operation, "birth");
  EXPECT_EQ(reports[0].references, 5u);
  EXPECT_EQ(reports[0].state, "live");
}

TYPED_TEST(counted_word_test, a_report_without_a_subject_names_the_word) {
  TypeParam w;
  w.get();
  const auto reports = this->seen.take_all();
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].object, &w);
  EXPECT_EQ(reports[0].state, "dead");
}

// ---- what only one of the words has ----

TEST(refcount_test, a_note_of_an_overtaken_put_is_not_one_that_it_is_doomed) {
  violations_seen seen;
  lastout::refcount w(1);
  EXPECT_FALSE(w.doomed());
  ASSERT_TRUE(w.put_to_zero());
  ASSERT_TRUE(w.get_not_zero()) << "revived: the word notes the put that it overtook";
  EXPECT_FALSE(w.doomed());
  EXPECT_TRUE(w.doom());
  EXPECT_TRUE(w.doomed());
  EXPECT_TRUE(w.leave());
  EXPECT_TRUE(w.doomed());
  EXPECT_TRUE(w.put());
}

TEST(local_word_test, misuse_from_another_thread_is_reported_in_a_checked_build) {
  violations_seen seen;
  lastout::local_word w(1);
  w.get();
  std::thread([&w] { w.get(); }).join();
  const auto told = seen.take_all();
  ASSERT_EQ(told.size(), checked_build ? 1u : 0u);
  if (checked_build) {
    EXPECT_EQ(told[0].what, lastout::violation::wrong_thread);
    EXPECT_EQ(told[0].type, "local_word");
    EXPECT_EQ(told[0].object, &w);
    const int subject = 0;
    std::thread([&] { w.get({"something", &subject}); }).join();
    EXPECT_EQ(seen.take_all().at(0).object, &subject);
  }
  EXPECT_EQ(w.references(), checked_build ? 2u : 3u) << "what is refused does nothing";
}

// A put that was refused is nobody's last one: its caller would free what others have.
TEST(local_word_test, misuse_from_another_thread_is_answered_no_in_a_checked_build) {
  if (!checked_build) GTEST_SKIP() << "a word that is not checked knows no threads";
  violations_seen seen;
  lastout::local_word w(1);
  w.get();
  ASSERT_FALSE(w.put());
  std::thread([&w] {
    EXPECT_FALSE(w.put());
    EXPECT_FALSE(w.put_to_zero());
    EXPECT_FALSE(w.get_not_zero());
    EXPECT_FALSE(w.freeze(1));
    EXPECT_EQ(w.settle(count_state::dead), settled::not_ours);
  }).join();
  EXPECT_EQ(seen.take_all().size(), 5u);
  EXPECT_EQ(w.references(), 1u);
  EXPECT_TRUE(w.put());
}

TEST(local_word_test, a_word_that_was_handed_over_belongs_to_the_other_thread) {
  violations_seen seen;
  lastout::local_word w(1);
  w.get();
  std::thread([&w] {
    w.rebind();
    w.get();
  }).join();
  EXPECT_EQ(seen.take(), "");
}

static_assert(sizeof(lastout::refcount) == 4);
static_assert(sizeof(lastout::locked_word) == 4);
static_assert(checked_build || sizeof(lastout::local_word) == 4);
static_assert(!std::is_copy_constructible_v<lastout::refcount>);
static_assert(!std::is_copy_constructible_v<lastout::locked_word>);
static_assert(!std::is_copy_constructible_v<lastout::local_word>);
static_assert(std::is_trivially_destructible_v<lastout::refcount>);

}  // namespace
