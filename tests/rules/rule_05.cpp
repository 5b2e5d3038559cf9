// rule_05 - a get_not_zero that succeeds proves that an external reference existed; that it fails
// is a normal answer.
//
// Twins: one that succeeds on an idle word; one that succeeds on a dead one; one that makes a
// violation of the no. Tool: every state that is settled, one after the other. Against the last
// put: edges/rule_05_test.cpp.

#include "rules/support.hpp"
#include "rules/words.hpp"

namespace {

using lastout::count_state;
using lastout::refcount;
using lastout::subject;
using rules::verdict;

template <class Word>
verdict yes_means_that_one_existed() {
  verdict v;
  for (const count_state state : rules::all_states) {
    if (state == count_state::zero) continue;  // undecided: a put is under way
    const rules::recorded_violations told;
    Word word;
    rules::bring(word, state);
    const bool existed = state == count_state::live || state == count_state::saturated;
    for (int i = 0; i < 1000; ++i) {
      v.require(word.get_not_zero() == existed,
                std::string("answered wrongly when ") + name(state));
    }
    v.require(word.state() == state, std::string("left the state ") + name(state));
    v.require(word.references() == (state == count_state::live ? 1001u : 0u), "counted wrongly");
    v.require(told.none(), "a no became " + told.text());
  }
  return v;
}

// Broken: an idle word counts as one with references.
struct revives_idle : refcount {
  bool get_not_zero() noexcept { return resurrect(); }
};

// Broken: gets first and asks never.
struct revives_dead : refcount {
  bool get_not_zero() noexcept {
    if (dead()) birth();
    return refcount::get_not_zero();
  }
};

// Broken: takes the normal no for misuse.
struct complains : refcount {
  bool get_not_zero() noexcept {
    if (refcount::get_not_zero()) return true;
    lastout::report(lastout::violation::get_at_zero, {}, "get_not_zero");
    return false;
  }
};

TEST(rule_05, get_not_zero_succeeds_only_where_a_reference_exists) {
  EXPECT_HELD_BY_EACH_WORD(yes_means_that_one_existed);
}
TEST(rule_05, twin_that_revives_idle_is_caught) {
  EXPECT_BROKEN(yes_means_that_one_existed<revives_idle>());
}
TEST(rule_05, twin_that_revives_dead_is_caught) {
  EXPECT_BROKEN(yes_means_that_one_existed<revives_dead>());
}
TEST(rule_05, twin_that_complains_is_caught) {
  EXPECT_BROKEN(yes_means_that_one_existed<complains>());
}

}  // namespace
