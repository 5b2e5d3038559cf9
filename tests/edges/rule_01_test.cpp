// rule_01 - a pointer that is passed on is got first, before the copy can be seen by others.
//
// Scenario: one thread passes a copy on through a slot and puts its own; another takes the copy and
// puts it. Twin: publishes the pointer, then gets (CVE-2023-53189).

#include <memory>

#include <lastout/kref.hpp>
#include <lastout/external.hpp>

#include "rules/explored.hpp"

namespace {

namespace order = lastout::order;
using lastout::external;
using rules::watched_memory;

struct session : watched_memory, lastout::kref<session> {};
using slot = lastout::atomic<session*>;

struct gets_first {
  static void pass_on(const external<session>& mine, slot& to) {
    external<session> copy = mine;
    to.store(copy.leak(), order::release);
  }
};

// Broken: the copy can be seen before it is got.
struct gets_afterwards {
  static void pass_on(const external<session>& mine, slot& to) {
    to.store(mine.address(), order::release);
    (void)external<session>::get(*mine).leak();
  }
};

template <class Sender>
interleave::result pass_on() {
  const rules::violations_fail strict;
  return interleave::explore({}, [](interleave::world& w) {
    auto to = std::make_shared<slot>(nullptr);
    session* const made = lastout::make<session>().leak();
    w.thread([=] {
      const external<session> mine = external<session>::adopt(made);
      Sender::pass_on(mine, *to);
    });
    w.thread([=] { (void)external<session>::adopt(to->exchange(nullptr, order::acquire)); });
    w.finally([=] { (void)external<session>::adopt(to->exchange(nullptr, order::acquire)); });
  });
}

TEST(rule_01, a_copy_is_got_before_others_see_it) { EXPECT_HOLDS(pass_on<gets_first>()); }
TEST(rule_01, twin_that_gets_afterwards_is_caught) {
  EXPECT_BREAKS("use after free", pass_on<gets_afterwards>());
}

}  // namespace
