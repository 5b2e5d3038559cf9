// rule_46 - release that may block is not run where blocking is forbidden: a put there is reported,
// whether it is the last one or not.
//
// Twin: a type whose release does not block, and a put outside the scope: both silent.

#include <lastout/external.hpp>
#include <lastout/kref.hpp>
#include <lastout/lock_watch.hpp>

#include "ledger/explained.hpp"
#include "ledger/tracked.hpp"

namespace {

using lastout::external;
using lastout::make;
using lastout::no_blocking;

struct slow : lastout::kref<slow> {
  static constexpr bool release_may_block = true;
};
struct quick : lastout::kref<quick> {};

class rule_46_ledger : public ledger_test {
 protected:
  rule_46_ledger() : ledger_test("all,stacks=0,socket=off,checks") {}
  explained told;
};

TEST_F(rule_46_ledger, a_put_whose_release_may_block_is_told_where_blocking_is_forbidden) {
  auto a = make<slow>();
  auto b = a;
  {
    const no_blocking here("interrupt");
    b.put();
  }
  const auto all = explained::take_all();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].what, lastout::violation::put_may_block);
  EXPECT_NE(all[0].text.find("interrupt"), std::string::npos) << all[0].text;
}

TEST_F(rule_46_ledger, twin_whose_release_does_not_block_is_not_told) {
  auto a = make<quick>();
  auto b = a;
  {
    const no_blocking here("interrupt");
    b.put();
  }
  EXPECT_EQ(explained::take(), "");
}

TEST_F(rule_46_ledger, twin_that_puts_outside_is_not_told) {
  auto a = make<slow>();
  auto b = a;
  {
    const no_blocking here("interrupt");
  }
  b.put();
  EXPECT_EQ(explained::take(), "");
}

TEST_F(rule_46_ledger, scopes_nest) {
  auto a = make<slow>();
  auto b = a;
  {
    const no_blocking outer("outer");
    {
      const no_blocking inner("inner");
    }
    b.put();
  }
  EXPECT_EQ(explained::take(), "put_may_block");
}

TEST_F(rule_46_ledger, of_a_type_that_is_not_tracked_it_is_told_too) {
  ASSERT_EQ(lastout::ledger::apply("types=nobody,stacks=0,socket=off,checks"), "");
  auto a = make<slow>();
  auto b = a;
  const no_blocking here("interrupt");
  b.put();
  EXPECT_EQ(explained::take(), "put_may_block");
  external<slow> last = std::move(a);
  (void)explained::take();
  last.put();
  EXPECT_EQ(explained::take(), "put_may_block");
}

// Robbed: the object is gone, and its count is not to be asked for the report.
TEST_F(rule_46_ledger, who_was_robbed_does_not_touch_freed_memory_here_either) {
  auto a = make<slow>();
  auto b = a;
  external<slow>::adopt(a.address()).put();
  a.put();
  (void)explained::take();
  const no_blocking here("interrupt");
  b.put();  // under AddressSanitizer a touch would be the end
  EXPECT_NE(explained::take().find("put_of_anothers"), std::string::npos);
}

}  // namespace
