// external_word_test.cpp - external_word does what its table of states says, and has no
// get_not_zero.

#include <cstdint>
#include <mutex>
#include <string>
#include <type_traits>

#include <gtest/gtest.h>

#include <lastout/external_word.hpp>
#include <lastout/internal.hpp>
#include <lastout/kref.hpp>

#include "core/violations_seen.hpp"

namespace {

using lastout::count_max;
using lastout::count_state;
using lastout::external;
using lastout::external_word;
using lastout::make;

class external_word_test : public testing::Test {
 protected:
  violations_seen seen;
};

// ---- births ----

TEST_F(external_word_test, a_word_is_dead_until_its_birth) {
  external_word w;
  EXPECT_TRUE(w.dead());
  EXPECT_EQ(w.references(), 0u);
  w.birth();
  EXPECT_EQ(w.state(), count_state::live);
  EXPECT_EQ(w.references(), 1u);
}

TEST_F(external_word_test, birth_gives_as_many_references_as_asked) {
  external_word w;
  w.birth(3);
  EXPECT_FALSE(w.put());
  EXPECT_FALSE(w.put());
  EXPECT_TRUE(w.put());
  EXPECT_TRUE(w.dead());
}

TEST_F(external_word_test, a_word_can_be_constructed_live_in_a_constant_expression) {
  static constinit external_word dead;
  static constinit external_word live(2);
  EXPECT_TRUE(dead.dead());
  EXPECT_EQ(live.references(), 2u);
}

TEST_F(external_word_test, a_dead_word_can_be_born_again_as_another_object) {
  external_word w(1);
  EXPECT_TRUE(w.put());
  w.birth();
  EXPECT_EQ(w.references(), 1u);
  EXPECT_TRUE(w.put());
}

TEST_F(external_word_test, misuse_birth_of_a_live_is_reported_and_changes_nothing) {
  external_word w(2);
  w.birth();
  EXPECT_EQ(seen.take(), "birth_of_a_live");
  EXPECT_EQ(w.references(), 2u);
}

// ---- get and put ----

TEST_F(external_word_test, get_and_put_balance) {
  external_word w(1);
  w.get();
  w.get(4);
  EXPECT_EQ(w.references(), 6u);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(w.put());
  EXPECT_TRUE(w.put());
  EXPECT_EQ(w.state(), count_state::dead);
  EXPECT_EQ(w.references(), 0u);
}

TEST_F(external_word_test, get_of_the_largest_n_counts_exactly) {
  external_word w(1);
  w.get(external_word::get_max);
  EXPECT_EQ(w.references(), external_word::get_max + 1);
}

// ---- misuse of a dead word ----

TEST_F(external_word_test, misuse_get_once_dead_is_reported_and_revives_nothing) {
  external_word w(1);
  ASSERT_TRUE(w.put());
  w.get();
  EXPECT_EQ(seen.take(), "get_once_dead");
  w.get(external_word::get_max);
  EXPECT_EQ(seen.take(), "get_once_dead");
  EXPECT_TRUE(w.dead());
}

TEST_F(external_word_test, misuse_put_once_dead_is_reported_and_is_not_the_last_one) {
  external_word w(1);
  ASSERT_TRUE(w.put());
  EXPECT_FALSE(w.put());
  EXPECT_EQ(seen.take(), "put_once_dead");
  EXPECT_TRUE(w.dead());
}

TEST_F(external_word_test, misuse_put_before_birth_is_reported_and_birth_may_come) {
  external_word w;
  EXPECT_FALSE(w.put());
  EXPECT_EQ(seen.take(), "put_once_dead");
  w.birth();
  EXPECT_EQ(w.references(), 1u);
}

TEST_F(external_word_test, misuse_get_before_birth_is_reported_and_leaks_the_object) {
  external_word w;
  w.get();
  EXPECT_EQ(seen.take(), "get_once_dead");
  EXPECT_EQ(w.state(), count_state::saturated);
  w.birth();
  EXPECT_EQ(seen.take(), "birth_of_a_live");
  EXPECT_FALSE(w.put());
}

TEST_F(external_word_test, a_dead_word_stays_dead_however_often_it_is_misused) {
  external_word w(1);
  ASSERT_TRUE(w.put());
  for (int i = 0; i < 600; ++i) {  // many times what would lead out of the zone
    w.get(external_word::get_max);
    ASSERT_TRUE(w.dead()) << i;
  }
  EXPECT_EQ(seen.take_all().size(), 600u);
}

// ---- saturation ----

TEST_F(external_word_test, the_largest_count_is_exact) {
  external_word w(count_max - 1);
  w.get();
  EXPECT_EQ(w.references(), count_max);
  EXPECT_FALSE(w.put());
  EXPECT_EQ(w.references(), count_max - 1);
}

TEST_F(external_word_test, misuse_growth_past_the_maximum_saturates_and_is_told_once) {
  external_word w(1);
  for (std::uint32_t i = 0; i < count_max / external_word::get_max + 8; ++i)
    w.get(external_word::get_max);
  const auto reports = seen.take_all();
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].what, lastout::violation::get_overflow);
  EXPECT_EQ(reports[0].operation, "get");
  EXPECT_EQ(reports[0].object, &w);
  EXPECT_EQ(w.state(), count_state::saturated);
}

TEST_F(external_word_test, a_saturated_word_stays_so_however_it_is_used) {
  external_word w(count_max);
  w.get();
  EXPECT_EQ(seen.take(), "get_overflow");
  for (int i = 0; i < 600; ++i) w.get(external_word::get_max);
  EXPECT_EQ(w.state(), count_state::saturated);
  for (int i = 0; i < (3 << 20); ++i) ASSERT_FALSE(w.put());
  EXPECT_EQ(w.state(), count_state::saturated);
  EXPECT_FALSE(w.dead());
}

TEST_F(external_word_test, saturate_leaks_on_purpose_and_is_no_misuse) {
  external_word w(2);
  w.saturate();
  EXPECT_EQ(w.state(), count_state::saturated);
  EXPECT_FALSE(w.put());
  EXPECT_FALSE(w.put());
  EXPECT_FALSE(w.put());
}

TEST_F(external_word_test, what_is_dead_is_not_saturated) {
  external_word w(1);
  ASSERT_TRUE(w.put());
  w.saturate();
  EXPECT_TRUE(w.dead());
}

// ---- in a kref ----

struct handed_on : lastout::kref<handed_on, external_word> {
  ~handed_on() { ++freed; }
  static inline int freed = 0;
};

TEST_F(external_word_test, the_last_put_frees_exactly_once) {
  handed_on::freed = 0;
  external<handed_on> a = make<handed_on>();
  external<handed_on> b = a;
  external<handed_on> more[3];
  external<handed_on>::get_each(*a, more);
  EXPECT_EQ(a->references(), 5u);
  a.put();
  for (external<handed_on>& each : more) each.put();
  EXPECT_EQ(handed_on::freed, 0);
  b.put();
  EXPECT_EQ(handed_on::freed, 1);
}

TEST_F(external_word_test, misuse_destruction_in_use_is_reported_with_the_count) {
  {
    handed_on object;
    lastout::reference_access::birth(object);
    lastout::reference_access::get(object);
  }
  const auto reports = seen.take_all();
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].what, lastout::violation::destroyed_in_use);
  EXPECT_EQ(reports[0].references, 2u);
}

struct stays : lastout::kref<stays, external_word> {
  void release() noexcept { ++releases; }
  int releases = 0;
};

TEST_F(external_word_test, misuse_a_put_too_many_releases_nothing_and_names_the_object) {
  stays object;
  lastout::reference_access::birth(object);
  lastout::reference_access::put(object);
  lastout::reference_access::put(object);
  EXPECT_EQ(object.releases, 1);
  const auto reports = seen.take_all();
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].what, lastout::violation::put_once_dead);
  EXPECT_EQ(reports[0].object, &object);
  EXPECT_NE(reports[0].type.find("stays"), std::string::npos);
}

// ---- no internal references ----

struct found : lastout::kref<found> {};

template <class T>
constexpr bool can_be_found =
    requires(const lastout::internal<T>& listed, const std::unique_lock<std::mutex>& held) {
      listed.get_not_zero(held);
    };
static_assert(can_be_found<found>);
static_assert(!can_be_found<handed_on>);
static_assert(lastout::reference_access::has_get_not_zero<found>);
static_assert(!lastout::reference_access::has_get_not_zero<handed_on>);
static_assert(lastout::counted<handed_on>);
static_assert(lastout::reference_access::has_get_many<handed_on>);
static_assert(!std::is_copy_constructible_v<external_word>);
static_assert(sizeof(lastout::kref<handed_on, external_word>) == 4);

}  // namespace
