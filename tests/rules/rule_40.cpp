// rule_40.cpp - while frozen every get_not_zero fails; unfreeze restores the exact count.

#include <cstdint>

#include <lastout/external.hpp>
#include <lastout/internal.hpp>
#include <lastout/kcref.hpp>
#include <lastout/local_word.hpp>
#include <lastout/locked_word.hpp>
#include <lastout/refcount.hpp>

#include "rules/support.hpp"

namespace {

using lastout::count_state;
using rules::recorded_violations;
using rules::verdict;

/// The twin: a flag bit over the count, which get_not_zero adds to before it looks.
class flagged {
 public:
  explicit flagged(std::uint32_t n) : word_(n) {}
  bool get_not_zero() { return (word_++ & frozen) == 0; }
  bool freeze(std::uint32_t n) {
    if (word_ != n) return false;
    word_ |= frozen;
    return true;
  }
  void unfreeze(std::uint32_t) { word_ &= ~frozen; }  // broken: counts the gets that failed
  bool put() { return --word_ == 0; }

 private:
  static constexpr std::uint32_t frozen = 1u << 31;
  std::uint32_t word_;
};

/// The twin: readers do not look.
class unheeded : public flagged {
 public:
  using flagged::flagged;
  bool get_not_zero() { return flagged::get_not_zero(), true; }  // broken: gets while frozen
};

/// The twin: freezes whatever the count is.
class careless : public flagged {
 public:
  using flagged::flagged;
  bool freeze(std::uint32_t) { return true; }  // broken: n is not compared
};

template <class Word>
verdict frozen_is_unusable_and_comes_back_exact() {
  verdict v;
  Word word(3);
  v.require(!word.freeze(2) && !word.freeze(4), "froze at another count than the one asked for");
  v.require(word.get_not_zero() && !word.put(), "a freeze that failed left its mark");
  v.require(word.freeze(3), "did not freeze at the exact count");
  for (int i = 0; i < 1000; ++i) {
    if (!v.require(!word.get_not_zero(), "a reference was got while frozen")) return v;
  }
  v.require(!word.freeze(3), "froze twice");
  word.unfreeze(3);
  v.require(word.get_not_zero(), "no reference was got after the unfreeze");
  for (int left = 3; left > 0; --left) v.require(!word.put(), "the count came back too small");
  v.require(word.put(), "the count came back too large");
  return v;
}

template <class Word>
class rule_40 : public testing::Test {};
using words = testing::Types<lastout::refcount, lastout::locked_word, lastout::local_word>;
TYPED_TEST_SUITE(rule_40, words);

TYPED_TEST(rule_40, frozen_is_unusable_and_comes_back_exact) {
  const recorded_violations seen;
  EXPECT_HELD(frozen_is_unusable_and_comes_back_exact<TypeParam>());
  EXPECT_TRUE(seen.none()) << seen.text();
}

TYPED_TEST(rule_40, twin_is_caught) {
  EXPECT_BROKEN(frozen_is_unusable_and_comes_back_exact<flagged>());
  EXPECT_BROKEN(frozen_is_unusable_and_comes_back_exact<unheeded>());
  EXPECT_BROKEN(frozen_is_unusable_and_comes_back_exact<careless>());
}

// The failed gets push the number of a frozen word; they must not push it into another state.
TYPED_TEST(rule_40, failed_gets_do_not_wear_the_freeze_out) {
  TypeParam word(1);
  ASSERT_TRUE(word.freeze(1));
  constexpr int attempts = 3 << 20;
  int got = 0;
  for (int i = 0; i < attempts; ++i) got += word.get_not_zero() ? 1 : 0;
  EXPECT_EQ(got, 0);
  EXPECT_EQ(word.state(), count_state::frozen);
  word.unfreeze(1);
  EXPECT_EQ(word.references(), 1U);
  EXPECT_TRUE(word.put());
}

TYPED_TEST(rule_40, misuse_get_and_put_while_frozen_are_reported_and_leak) {
  recorded_violations seen;
  {
    TypeParam word(2);
    ASSERT_TRUE(word.freeze(2));
    word.get();
    EXPECT_TRUE(seen.only(lastout::violation::get_while_frozen)) << seen.text();
    word.unfreeze(2);
    EXPECT_EQ(word.state(), count_state::saturated);
  }
  seen.clear();
  {
    TypeParam word(2);
    ASSERT_TRUE(word.freeze(2));
    EXPECT_FALSE(word.put());
    EXPECT_TRUE(seen.only(lastout::violation::put_while_frozen)) << seen.text();
    EXPECT_FALSE(word.bury());
  }
  seen.clear();
  TypeParam word(2);
  word.unfreeze(2);
  EXPECT_TRUE(seen.only(lastout::violation::unfreeze_unfrozen)) << seen.text();
  EXPECT_EQ(word.references(), 2U);
}

// The style that decides by freeze: a hook that runs while frozen, and keeps.
struct page : lastout::kcref<page> {
  lastout::fate idle(const idle_proof&) noexcept {
    std::unique_lock<std::mutex> guard(lock);
    met = bool(lastout::internal<page>(*this, lock).get_not_zero(guard));
    return lastout::fate::keep;
  }
  std::mutex lock;
  bool met = true;
};

TEST(rule_40_kcref, nobody_meets_an_object_that_is_being_decided_on) {
  const recorded_violations seen;
  lastout::external<page> user = lastout::make<page>();
  page& in_cache = *user;
  EXPECT_FALSE(in_cache.reclaim()) << "reclaimed while in use";
  EXPECT_TRUE(in_cache.met) << "asked while in use";
  user.put();
  EXPECT_FALSE(in_cache.reclaim());
  EXPECT_FALSE(in_cache.met);
  EXPECT_EQ(in_cache.references(), 0U);
  std::unique_lock<std::mutex> guard(in_cache.lock);
  user = lastout::internal<page>(in_cache, in_cache.lock).get_not_zero(guard);
  guard.unlock();
  ASSERT_TRUE(user);
  user.kill_on_put();
  user.put();
  EXPECT_TRUE(seen.none()) << seen.text();
}

}  // namespace
