// rule_37 - two locks may be needed (dput): the last put takes both, in order, and retests.
//
// Twins: one that takes only the first lock; one that takes them in the other order; one that does
// not retest. The order, seen from outside: rules/rule_37.cpp.

#include "edges/locked_twice.hpp"

namespace {

using locked_twice::guard;
using locked_twice::item;
using locked_twice::last_put_beside;

/// A right put by hand would note who else reached zero; the twins here do not have to.
template <bool First, bool Second, bool SecondFirst, bool Retests>
struct put_by_hand {
  template <class T>
  static void run(T& object, lastout::atomic<int>& count) noexcept {
    guard table(std::get<0>(object.locks()), std::defer_lock);
    guard lru(std::get<1>(object.locks()), std::defer_lock);
    if (SecondFirst) lru.lock();
    if (First) table.lock();
    if (Second && !SecondFirst) lru.lock();
    if (Retests && count.load(lastout::order::acquire) != 0) return;
    const auto gone = cached::keep_or_kill(object);
    if (table) table.unlock();
    if (lru) lru.unlock();
  }
};

// Broken: who holds the second lock alone is not excluded.
template <class T>
using locks_one = cached::by_hand<T, put_by_hand<true, false, false, true>>;
// Broken: waits the other way round than everybody else.
template <class T>
using locks_backwards = cached::by_hand<T, put_by_hand<true, true, true, true>>;
// Broken: what was zero before the locks is zero under them, it was thought.
template <class T>
using does_not_retest = cached::by_hand<T, put_by_hand<true, true, false, false>>;

constexpr const char* by_misuse = "wrong: |use after|data race|freed twice";

TEST(rule_37, the_last_put_takes_both_locks_and_retests) {
  using object = item<locked_twice::real>;
  for (const lastout::fate f : cached::both_fates) {
    EXPECT_HOLDS(last_put_beside<object>({}, f, locked_twice::by_name));
    EXPECT_HOLDS(last_put_beside<object>({}, f, locked_twice::by_age));
    EXPECT_HOLDS(last_put_beside<object>({}, f, locked_twice::shrink));
    EXPECT_HOLDS(last_put_beside<object>({.preemption_bound = 3}, f, locked_twice::by_name,
                                         locked_twice::by_age));
  }
}
TEST(rule_37, twin_that_takes_one_lock_is_caught) {
  EXPECT_BREAKS(by_misuse,
                last_put_beside<item<locks_one>>({}, lastout::fate::kill, locked_twice::by_age));
}
TEST(rule_37, twin_that_locks_backwards_is_caught) {
  EXPECT_BREAKS("deadlock", last_put_beside<item<locks_backwards>>({}, lastout::fate::keep,
                                                                   locked_twice::shrink));
}
TEST(rule_37, twin_that_does_not_retest_is_caught) {
  EXPECT_BREAKS(by_misuse, last_put_beside<item<does_not_retest>>({}, lastout::fate::kill,
                                                                  locked_twice::by_name));
}

}  // namespace
