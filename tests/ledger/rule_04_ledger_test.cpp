// rule_04 - without an external reference only get_not_zero is allowed: a plain get from a weak
// source is reported, even where the count is not at zero.
//
// Twin: the same get with a reference in hand.

#include <mutex>
#include <vector>

#include <lastout/external.hpp>
#include <lastout/internal.hpp>
#include <lastout/kcref.hpp>
#include <lastout/kref.hpp>

#include "ledger/explained.hpp"
#include "ledger/tracked.hpp"

namespace {

using lastout::external;
using lastout::fate;
using lastout::make;

class rule_04_ledger : public ledger_test {
 protected:
  rule_04_ledger() : ledger_test("all,stacks=0,socket=off,checks") {}
  explained told;
};

// The structure has a reference of its own, so a plain get meets no zero and looks right.
struct block : lastout::kcref<block> {
  fate idle(const idle_proof&) noexcept { return fate::kill; }
};

TEST_F(rule_04_ledger, a_plain_get_where_nobody_has_a_reference_is_told) {
  auto a = make<block>();
  block* const listed = a.address();
  a.put();
  {
    const auto wrong = external<block>::get(*listed);
    EXPECT_EQ(explained::take(), "got_without_reference");
  }
  EXPECT_TRUE(listed->reclaim());
}

TEST_F(rule_04_ledger, twin_that_gets_from_a_reference_is_not_told) {
  const auto a = make<block>();
  {
    const auto right = external<block>::get(*a);
    const auto copy = right;
    std::vector<external<block>> more(3);
    external<block>::get_each(*a, more);
  }
  EXPECT_EQ(explained::take(), "");
  lastout::reference_access::doom(*a);
}

TEST_F(rule_04_ledger, twin_that_uses_get_not_zero_is_not_told) {
  std::mutex list;
  auto a = make<block>();
  block* const listed = a.address();
  const lastout::internal<block> weak(*listed, list);
  a.put();
  {
    std::unique_lock held(list);
    const auto right = weak.get_not_zero(held);
    EXPECT_TRUE(right);
  }
  EXPECT_EQ(explained::take(), "");
  EXPECT_TRUE(listed->reclaim());
}

TEST_F(rule_04_ledger, a_reference_given_away_is_one_to_get_from) {
  auto a = make<block>();
  block* const raw = a.leak();
  {
    const auto right = external<block>::get(*raw);
  }
  EXPECT_EQ(explained::take(), "");
  external<block> back = external<block>::adopt(raw);
  back.kill_on_put();
}

TEST_F(rule_04_ledger, where_tracking_began_late_nobody_is_accused) {
  ASSERT_EQ(lastout::ledger::apply("off,socket=off"), "");
  auto a = make<block>();
  ASSERT_EQ(lastout::ledger::apply("all,stacks=0,socket=off,checks"), "");
  {
    const auto right = external<block>::get(*a);
  }
  {
    const auto right = external<block>::get(*a);
  }
  EXPECT_EQ(explained::take(), "");
  a.kill_on_put();
}

}  // namespace
