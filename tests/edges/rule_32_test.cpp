// rule_32 - linked and idle means: on the idle list. Resurrected means: off it.
//
// Whoever holds the lock sees both or none. Twins: a look-up that leaves the revived object on the
// idle list; a last put that links what is idle after unlocking.

#include "edges/cached.hpp"

namespace {

using cached::cache;
using cached::external;
using cached::guard;
using cached::item;
using cached::last_put_beside;
using object = item<cached::real>;

/// Looks, under the lock, whether the list and the count say the same.
constexpr auto compares = [](auto& c) {
  const guard held(c.lock);
  auto* const listed = c.entry.read();
  if (listed == nullptr) return;
  interleave::check(listed->idle_now() || !c.on_idle_list.read(),
                    "what is on the idle list is idle");
  interleave::check(!listed->idle_now() || c.on_idle_list.read(),
                    "what is idle is on the idle list");
};

// Broken: revived, and still on the idle list.
constexpr auto leaves_it_on_the_list = [](cache<object>& c) {
  guard held(c.lock);
  object* const listed = c.entry.read();
  if (listed == nullptr) return;
  external<object> found = listed->resurrect(held);
  held.unlock();
  cached::use(c, std::move(found));
};

// Broken: idle first, on the list later.
struct links_late {
  template <class T>
  static void run(T& idle, lastout::atomic<int>&) noexcept {
    const guard held(std::get<0>(idle.locks()));
    (void)cached::keep_or_kill(idle);
  }
};
template <class T>
using late = cached::by_hand<T, links_late>;

TEST(rule_32, idle_is_on_the_list_and_resurrected_is_off_it) {
  EXPECT_HOLDS(last_put_beside<object>({}, lastout::fate::keep, compares));
  EXPECT_HOLDS(last_put_beside<object>({}, lastout::fate::keep, cached::look_up, compares));
  EXPECT_HOLDS(last_put_beside<object>({}, lastout::fate::keep, cached::shrink, compares));
}
TEST(rule_32, twin_that_leaves_it_on_the_list_is_caught) {
  EXPECT_BREAKS("wrong: what is on the idle list is idle|wrong: it goes on the idle list once",
                last_put_beside<object>({}, lastout::fate::keep, leaves_it_on_the_list, compares));
}
TEST(rule_32, twin_that_links_late_is_caught) {
  EXPECT_BREAKS("wrong: what is idle is on the idle list",
                last_put_beside<item<late>>({}, lastout::fate::keep, compares));
}

}  // namespace
