// rule_65 - every outstanding reference names its holder; a report groups them by stack and tag and
// adds up to the count.
//
// Twin: an account that leaves one holder out.

#include <string>
#include <vector>

#include <lastout/external.hpp>
#include <lastout/holder_tag.hpp>
#include <lastout/kref.hpp>

#include "ledger/report_sums.hpp"
#include "ledger/tracked.hpp"

namespace {

using lastout::external;
using lastout::holder_tag;
using lastout::make;
namespace ledger = lastout::ledger;

struct inode : lastout::kref<inode> {};

class rule_65_ledger : public ledger_test {
 protected:
  rule_65_ledger() : ledger_test("all,stacks=8,socket=off") {}
};

[[gnu::noinline]] external<inode> open_file(const external<inode>& of) { return of; }
[[gnu::noinline]] external<inode> read_ahead(const external<inode>& of) {
  const holder_tag tag("readahead");
  return of;
}

TEST_F(rule_65_ledger, groups_add_up_to_the_count) {
  const auto a = make<inode>();
  std::vector<external<inode>> held;
  for (int i = 0; i < 5; ++i) held.push_back(open_file(a));
  for (int i = 0; i < 3; ++i) held.push_back(read_ahead(a));
  const std::string report = ledger::report();
  const auto [headline, groups] = sums_of(report);
  EXPECT_EQ(headline, 9) << report;
  EXPECT_EQ(groups, 9) << report;
  EXPECT_EQ(a->references(), 9u);
  EXPECT_NE(report.find("  5  held by"), std::string::npos) << report;
  EXPECT_NE(report.find("  3  held by"), std::string::npos) << report;
  EXPECT_NE(report.find("readahead"), std::string::npos) << report;
}

TEST_F(rule_65_ledger, twin_that_counts_one_holder_twice_does_not_add_up) {
  const auto a = make<inode>();
  const auto b = open_file(a);
  // The broken account: what the holders say of themselves, one of them forgetting himself.
  EXPECT_FALSE(held_by(a.address(), {in(b)}));
  EXPECT_TRUE(held_by(a.address(), {in(a), in(b)}));
}

TEST_F(rule_65_ledger, nothing_outstanding_is_an_empty_report) {
  {
    const auto a = make<inode>();
  }
  EXPECT_EQ(ledger::report(), "");
}

}  // namespace
