// rule_27 - resurrection and final freeing are synchronised by something other than the count: the
// lock.
//
// Twins: a look-up that resurrects outside the lock; a shrinker that kills without it.

#include "edges/cached.hpp"

namespace {

using cached::cache;
using cached::external;
using cached::guard;
using cached::last_put_beside;
using object = cached::item<cached::real>;

// Broken: by the time it resurrects, the object may be killed.
constexpr auto resurrects_outside_the_lock = [](cache<object>& c) {
  guard held(c.lock);
  object* const listed = c.entry.read();
  if (listed != nullptr) c.on_idle_list = false;
  held.unlock();
  if (listed != nullptr) cached::use(c, listed->resurrect(held));
};

// Broken: idle when it looked, revived when it kills.
constexpr auto kills_outside_the_lock = [](cache<object>& c) {
  guard held(c.lock);
  object* const listed = c.entry.read();
  held.unlock();
  if (listed != nullptr) (void)listed->kill_idle(held);
};

TEST(rule_27, resurrection_and_killing_are_under_the_lock) {
  for (const lastout::fate f : cached::both_fates) {
    EXPECT_HOLDS(last_put_beside<object>({}, f, cached::look_up));
    EXPECT_HOLDS(last_put_beside<object>({}, f, cached::shrink));
    EXPECT_HOLDS(last_put_beside<object>({}, f, cached::look_up, cached::shrink));
    EXPECT_HOLDS(
        last_put_beside<object>({.preemption_bound = 3}, f, cached::look_up, cached::look_up));
  }
}
TEST(rule_27, twin_that_resurrects_outside_the_lock_is_caught) {
  for (const lastout::fate f : cached::both_fates) {
    EXPECT_BREAKS(
        "use after|data race|violation resurrect_once_dead|violation lock_not_held|violation "
        "unfreeze_unfrozen",
        last_put_beside<object>({}, f, resurrects_outside_the_lock, cached::shrink));
  }
}
TEST(rule_27, twin_that_kills_outside_the_lock_is_caught) {
  EXPECT_BREAKS(
      "use after|data race|violation|wrong: only what nobody uses is killed",
      last_put_beside<object>({}, lastout::fate::keep, kills_outside_the_lock, cached::look_up));
}

}  // namespace
