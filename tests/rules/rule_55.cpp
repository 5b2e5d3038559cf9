// rule_55.cpp - overflow saturates: the object leaks, is reported, and is never freed early.
//
// Nobody does two billion gets here: n holders are got at once, and a word with notes counts to
// less. The report's "top holders" are the ledger's business.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <lastout/dual.hpp>
#include <lastout/external.hpp>
#include <lastout/kcref.hpp>
#include <lastout/kref.hpp>
#include <lastout/local_word.hpp>
#include <lastout/locked_word.hpp>
#include <lastout/refcount.hpp>

#include "rules/support.hpp"

// What fills a dual to its brim. Handles are the style's friends; this one stands in for 2^29 of
// them.
namespace rules {
struct brim;
}
template <>
class lastout::active<rules::brim> {
 public:
  template <class Dual>
  static void fill_active(Dual& object) {
    object.word_.fetch_add(std::uint64_t{Dual::active_max} << 32, order::relaxed);
  }
  template <class Dual>
  static void fill_passive(Dual& object) {
    object.word_.fetch_add(Dual::passive_max, order::relaxed);
  }
};

namespace {

using lastout::count_state;
using lastout::external;
using lastout::violation;
using rules::recorded_violations;
using rules::verdict;

/// The twin: a number, as numbers are.
class wraps {
 public:
  explicit wraps(std::uint32_t n) : n_(n) {}
  void get(std::uint32_t n) { n_ += n; }  // broken: 2^32 more are none more
  void get() { ++n_; }
  bool get_not_zero() { return n_ != 0 && ++n_ != 0; }
  bool put() { return --n_ == 0; }

 private:
  std::uint32_t n_;
};

/// The twin: sees it coming, tells, and goes on counting.
class tells_only : public wraps {
 public:
  using wraps::wraps;
  void get(std::uint32_t n) {
    total_ += n;
    if (total_ >= lastout::count_max) lastout::report(violation::get_overflow, {}, "get");
    wraps::get(n);  // broken: is reported each time, and wraps all the same
  }

 private:
  std::uint64_t total_ = 1;
};

template <class Word>
verdict a_word_that_is_full_leaks_and_tells_once() {
  constexpr std::uint32_t n = 1u << 24;
  recorded_violations seen;
  verdict v;
  Word word(1);
  for (int i = 0; i < 127; ++i) word.get(n);
  v.require(seen.none(), "reported below the maximum");
  for (int i = 127; i < 256; ++i) word.get(n);
  v.require(seen.only(violation::get_overflow), "not reported, or not once: " + seen.text());
  v.require(word.get_not_zero(), "a full word refuses");
  for (int i = 0; i < 1'000'000; ++i) {
    if (!v.require(!word.put(), "put says last while others hold references")) break;
  }
  for (int i = 0; i < 100; ++i) word.get(n);
  for (int i = 0; i < 1'000'000; ++i) {
    if (!v.require(!word.put(), "put says last while others hold references")) break;
  }
  v.require(seen.count() == 1, "reported again: " + seen.text());
  return v;
}

template <class Word>
class rule_55 : public testing::Test {};
using words = testing::Types<lastout::refcount, lastout::locked_word, lastout::local_word>;
TYPED_TEST_SUITE(rule_55, words);

TYPED_TEST(rule_55, a_word_that_is_full_leaks_and_tells_once) {
  EXPECT_HELD(a_word_that_is_full_leaks_and_tells_once<TypeParam>());
}

TYPED_TEST(rule_55, twin_is_caught) {
  EXPECT_BROKEN(a_word_that_is_full_leaks_and_tells_once<wraps>());
  EXPECT_BROKEN(a_word_that_is_full_leaks_and_tells_once<tells_only>());
}

// A word may notice at the get after the one that filled it; nothing is lost by then.
TYPED_TEST(rule_55, the_largest_count_is_exact_and_two_more_saturate) {
  recorded_violations seen;
  {
    TypeParam word(lastout::count_max - 1);
    word.get();
    EXPECT_EQ(word.references(), lastout::count_max);
    EXPECT_FALSE(word.put());
    EXPECT_EQ(word.references(), lastout::count_max - 1);
    EXPECT_TRUE(seen.none()) << seen.text();
  }
  {
    TypeParam word(lastout::count_max);
    word.get();
    word.get();
    EXPECT_EQ(word.state(), count_state::saturated);
    ASSERT_TRUE(seen.only(violation::get_overflow)) << seen.text();
    EXPECT_EQ(seen.last().operation, "get");
  }
  seen.clear();
  TypeParam word(lastout::count_max);
  EXPECT_TRUE(word.get_not_zero());
  EXPECT_TRUE(word.get_not_zero());
  EXPECT_EQ(word.state(), count_state::saturated);
  ASSERT_TRUE(seen.only(violation::get_overflow)) << seen.text();
  EXPECT_EQ(seen.last().operation, "get_not_zero");
}

TYPED_TEST(rule_55, a_word_with_notes_saturates_too) {
  recorded_violations seen;
  TypeParam word(2);
  EXPECT_TRUE(word.doom());
  word.get(lastout::noted_count_max - 2);
  EXPECT_EQ(word.references(), lastout::noted_count_max);
  EXPECT_TRUE(seen.none()) << seen.text();
  word.get();
  EXPECT_EQ(word.state(), count_state::saturated);
  EXPECT_TRUE(seen.only(violation::get_overflow)) << seen.text();
  for (std::uint32_t i = 0; i < 2 * lastout::noted_count_max; ++i) ASSERT_FALSE(word.put());
  EXPECT_EQ(seen.count(), 1U);
}

// The styles: what saturates is leaked, with all of its handles put.

struct session : lastout::kref<session> {
  explicit session(int& r) : released(r) {}
  void release() noexcept { ++released; }
  int& released;
};

TEST(rule_55_styles, a_full_kref_is_reported_by_name_and_never_released) {
  recorded_violations seen;
  static int released;
  static session* leaked_on_purpose;  // reachable, for the leak checkers
  {
    external<session> first = lastout::make<session>(released);
    leaked_on_purpose = first.address();
    for (int i = 0; i < 129; ++i) lastout::reference_access::get(*first, 1u << 24);
    ASSERT_TRUE(seen.only(violation::get_overflow)) << seen.text();
    EXPECT_EQ(seen.last().who.object, leaked_on_purpose);
    EXPECT_NE(std::string(seen.last().who.type).find("session"), std::string::npos);
    std::vector<external<session>> many(1000, first);
    first.put();
    many.clear();
  }
  EXPECT_EQ(released, 0);
  EXPECT_EQ(seen.count(), 1U);
  EXPECT_FALSE(leaked_on_purpose->dead());
}

struct cached : lastout::kcref<cached> {
  lastout::fate idle(const idle_proof&) noexcept { return lastout::fate::kill; }
  void unlink(const idle_proof&) noexcept { ++unlinked; }
  void release() noexcept { ++released; }
  static inline int unlinked = 0, released = 0;
};

TEST(rule_55_styles, a_full_kcref_that_was_to_be_killed_is_never_released) {
  recorded_violations seen;
  static cached* leaked_on_purpose;
  {
    external<cached> first = lastout::make<cached>();
    leaked_on_purpose = first.address();
    first.kill_on_put();
    std::vector<external<cached>> many(lastout::noted_count_max + 1);
    external<cached>::get_each(*first, many);
    EXPECT_TRUE(seen.only(violation::get_overflow)) << seen.text();
    EXPECT_FALSE(leaked_on_purpose->reclaim());
  }
  EXPECT_EQ(cached::unlinked + cached::released, 0);
  EXPECT_EQ(seen.count(), 1U);
}

struct super : lastout::dual<super, lastout::unnamed_holders> {
  void deactivate() noexcept { ++ended; }
  void release() noexcept { ++freed; }
  static inline int ended = 0, freed = 0;
};

TEST(rule_55_styles, a_dual_that_is_full_of_active_references_never_ends) {
  recorded_violations seen;
  static super* leaked_on_purpose;
  {
    const lastout::active<super> first = lastout::make_active<super>();
    leaked_on_purpose = first.address();
    lastout::active<rules::brim>::fill_active(*first);
    const lastout::active<super> one_more = first.share();
    EXPECT_TRUE(seen.only(violation::get_overflow)) << seen.text();
    for (int i = 0; i < 100; ++i) {
      const lastout::active<super> again = first.share();
      const lastout::passive<super> looker = first.get_passive();
    }
  }
  EXPECT_EQ(super::ended + super::freed, 0);
  EXPECT_EQ(seen.count(), 1U);
  const std::chrono::steady_clock::time_point past{};
  EXPECT_FALSE(leaked_on_purpose->drain(past).complete);
}

TEST(rule_55_styles, a_dual_that_is_full_of_passive_references_is_never_freed) {
  recorded_violations seen;
  super::ended = super::freed = 0;
  static super* leaked_on_purpose;
  {
    lastout::active<super> first = lastout::make_active<super>();
    leaked_on_purpose = first.address();
    lastout::active<rules::brim>::fill_passive(*first);
    const lastout::passive<super> one_more = first.get_passive();
    EXPECT_TRUE(seen.only(violation::get_overflow)) << seen.text();
    for (int i = 0; i < 100; ++i) const lastout::passive<super> again = one_more;
  }
  EXPECT_EQ(super::freed, 0);
  EXPECT_NE(leaked_on_purpose->passive_references(), 0U);
  EXPECT_EQ(seen.count(), 1U) << seen.text();
}

// Eight threads cross the maximum together: one of them tells.
TEST(rule_55_threads, an_overflow_is_told_once_however_many_cross_it) {
  for (int round = 0; round < 20; ++round) {
    recorded_violations seen;
    lastout::refcount word(lastout::count_max - 4);
    rules::run_on_threads(8, [&word](int) {
      for (int i = 0; i < 100; ++i) word.get();
    });
    ASSERT_EQ(word.state(), count_state::saturated);
    ASSERT_TRUE(seen.only(violation::get_overflow)) << "round " << round << ": " << seen.text();
    for (int i = 0; i < 2000; ++i) ASSERT_FALSE(word.put());
  }
}

}  // namespace
