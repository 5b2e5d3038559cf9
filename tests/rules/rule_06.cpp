// rule_06 - three contracts at zero: get fails hard, get_not_zero fails gracefully, resurrect never
// fails.
//
// Twins: a get that is silent; a get_not_zero that complains; a resurrect that refuses; a violation
// after which a put frees. Tool: an idle word and recorded violations. That resurrect needs the
// lock: rule_26.

#include "rules/support.hpp"
#include "rules/words.hpp"

namespace {

using lastout::count_state;
using lastout::refcount;
using lastout::violation;
using rules::recorded_violations;
using rules::verdict;

template <class Word>
verdict get_fails_hard() {
  verdict v;
  recorded_violations told;
  Word idle;
  rules::bring(idle, count_state::idle);
  idle.get();
  v.require(told.only(violation::get_at_zero), "get at zero told: " + told.text());
  v.require(!idle.put() && !idle.put(), "freed early after a violation");
  v.require(idle.state() == count_state::saturated, "not leaked after a violation");

  told.clear();
  Word dead;
  dead.birth();
  (void)dead.put();
  dead.get();
  v.require(told.only(violation::get_once_dead), "get once dead told: " + told.text());
  v.require(dead.dead(), "a get brought the dead to life");
  return v;
}

template <class Word>
verdict get_not_zero_fails_gracefully() {
  verdict v;
  const recorded_violations told;
  Word idle;
  rules::bring(idle, count_state::idle);
  v.require(!idle.get_not_zero(), "succeeded at zero");
  v.require(told.none(), "get_not_zero told: " + told.text());
  v.require(idle.state() == count_state::idle, "did something all the same");
  return v;
}

template <class Word>
verdict resurrect_never_fails() {
  verdict v;
  const recorded_violations told;
  Word idle;
  rules::bring(idle, count_state::idle);
  (void)idle.get_not_zero();  // failures before it do not matter
  v.require(idle.resurrect() && idle.references() == 1, "failed from idle");
  v.require(idle.resurrect() && idle.references() == 2, "failed from live");
  v.require(told.none(), "resurrect told: " + told.text());
  return v;
}

template <class Word>
verdict the_three_contracts() {
  verdict v;
  v.require(get_fails_hard<Word>());
  v.require(get_not_zero_fails_gracefully<Word>());
  v.require(resurrect_never_fails<Word>());
  return v;
}

// Broken: gets from zero as if nothing were wrong.
struct silent : refcount {
  void get() noexcept { (void)resurrect(); }
};

// Broken: tells, and goes on counting.
struct frees_after_misuse : refcount {
  void get() noexcept {
    lastout::report(violation::get_at_zero, {}, "get");
    (void)resurrect();
  }
};

// Broken: a normal no is told as misuse.
struct complains : refcount {
  bool get_not_zero() noexcept {
    if (!dead() && state() != count_state::idle) return refcount::get_not_zero();
    lastout::report(violation::get_at_zero, {}, "get_not_zero");
    return false;
  }
};

// Broken: resurrects only what is alive.
struct refuses : refcount {
  bool resurrect() noexcept { return refcount::get_not_zero(); }
};

TEST(rule_06, get_at_zero_fails_hard) { EXPECT_HELD_BY_EACH_WORD(get_fails_hard); }
TEST(rule_06, get_not_zero_fails_gracefully) {
  EXPECT_HELD_BY_EACH_WORD(get_not_zero_fails_gracefully);
}
TEST(rule_06, resurrect_never_fails) { EXPECT_HELD_BY_EACH_WORD(resurrect_never_fails); }
TEST(rule_06, twins_with_another_contract_are_caught) {
  EXPECT_BROKEN(the_three_contracts<silent>());
  EXPECT_BROKEN(the_three_contracts<frees_after_misuse>());
  EXPECT_BROKEN(the_three_contracts<complains>());
  EXPECT_BROKEN(the_three_contracts<refuses>());
}

}  // namespace
