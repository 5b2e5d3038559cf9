// rule_30 - release stands being called again, being called late, and being called after somebody
// resurrected *and dropped* the object.
//
// Scenario: the last put is late at the lock; meanwhile the object is found, used, dropped, and
// perhaps killed. Twins: one that does not look again under the lock; one that looks at the count
// only, and so misses the second drop.

#include "edges/cached.hpp"

namespace {

using cached::by_hand;
using cached::guard;
using cached::item;
using cached::last_put_beside;

// Broken: what was zero stays zero, it was thought.
struct does_not_look_again {
  template <class T>
  static void run(T& object, lastout::atomic<int>&) noexcept {
    guard held(std::get<0>(object.locks()));
    const auto gone = cached::keep_or_kill(object);
    held.unlock();
  }
};

// Broken: zero again is not zero still: whoever dropped it second settles, too.
struct looks_at_the_count_only {
  template <class T>
  static void run(T& object, lastout::atomic<int>& count) noexcept {
    guard held(std::get<0>(object.locks()));
    if (count.load(lastout::order::acquire) != 0) return;
    const auto gone = cached::keep_or_kill(object);
    held.unlock();
  }
};

template <class T>
using hasty = by_hand<T, does_not_look_again>;
template <class T>
using forgetful = by_hand<T, looks_at_the_count_only>;

TEST(rule_30, release_stands_a_second_drop) {
  using object = item<cached::real>;
  for (const lastout::fate f : cached::both_fates) {
    EXPECT_HOLDS(last_put_beside<object>({}, f, cached::look_up));
    EXPECT_HOLDS(last_put_beside<object>({}, f, cached::look_up, cached::shrink));
    EXPECT_HOLDS(
        last_put_beside<object>({.preemption_bound = 4}, f, cached::look_up, cached::look_up));
  }
}
TEST(rule_30, twin_that_does_not_look_again_is_caught) {
  for (const lastout::fate f : cached::both_fates) {
    EXPECT_BREAKS("wrong: |use after|data race|freed twice",
                  last_put_beside<item<hasty>>({}, f, cached::look_up));
  }
}
TEST(rule_30, twin_that_ignores_a_second_drop_is_caught) {
  for (const lastout::fate f : cached::both_fates) {
    EXPECT_BREAKS("wrong: |use after|data race|freed twice",
                  last_put_beside<item<forgetful>>({}, f, cached::look_up));
  }
}

}  // namespace
