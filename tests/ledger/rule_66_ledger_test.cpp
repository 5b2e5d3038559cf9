// rule_66 - references that nobody will put are declared, and hide no leak.
//
// Twin: one that is not declared is taken for a leak.

#include <lastout/existence_ref.hpp>
#include <lastout/external.hpp>
#include <lastout/kref.hpp>
#include <lastout/ledger.hpp>

#include "ledger/report_sums.hpp"
#include "ledger/tracked.hpp"

namespace {

using lastout::existence_ref;
using lastout::external;
using lastout::make;
namespace ledger = lastout::ledger;

struct inode : lastout::kref<inode> {};
struct node : lastout::kref<node> {
  external<node> next;
};

class rule_66_ledger : public ledger_test {
 protected:
  rule_66_ledger() : ledger_test("all,stacks=8,socket=off") {}
};

TEST_F(rule_66_ledger, a_declared_reference_is_no_leak_and_hides_none) {
  existence_ref<inode> root(make<inode>());
  EXPECT_EQ(ledger::report(), "");
  {
    const external<inode> forgotten = external<inode>::get(*root);
    const auto [headline, groups] = sums_of(ledger::report());
    EXPECT_EQ(headline, 1) << ledger::report();
    EXPECT_EQ(groups, 1);
  }
  EXPECT_EQ(ledger::report(), "");
  (void)root.end();
}

TEST_F(rule_66_ledger, what_a_declared_existence_holds_is_no_leak) {
  existence_ref<node> root(make<node>());
  root->next = make<node>();
  EXPECT_EQ(ledger::report(), "");
  const external<node> forgotten = root->next;
  EXPECT_EQ(sums_of(ledger::report()).first, 1) << ledger::report();
  (void)root.end();
}

TEST_F(rule_66_ledger, twin_whose_existence_is_not_declared_is_taken_for_a_leak) {
  const external<inode> root = make<inode>();
  EXPECT_EQ(sums_of(ledger::report()).first, 1);
}

}  // namespace
