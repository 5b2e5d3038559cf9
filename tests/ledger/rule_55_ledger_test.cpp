// rule_55 - an object with too many references leaks, and is reported with its top holders.
//
// Twin: the same without the ledger's settings, which has nothing to add.

#include <vector>

#include <lastout/external.hpp>
#include <lastout/holder_tag.hpp>
#include <lastout/kref.hpp>

#include "ledger/explained.hpp"
#include "ledger/tracked.hpp"

namespace {

using lastout::external;
using lastout::make;

struct file : lastout::kref<file> {};

class rule_55_ledger : public ledger_test {
 protected:
  // As code does that raises the count without a handle: so many that one more is too many.
  static void fill(file& of) {
    for (std::uint64_t n = 0; n <= lastout::count_max; n += lastout::get_max)
      lastout::reference_access::get(of, lastout::get_max);
  }
  explained told;
};

// Leaked on purpose, and found by leak checkers as reachable.
std::vector<file*>& leaked() {
  static auto& all = *new std::vector<file*>;
  return all;
}

TEST_F(rule_55_ledger, saturation_is_told_with_the_top_holders) {
  std::vector<external<file>> readers, writers;
  auto a = make<file>();
  leaked().push_back(a.address());
  {
    const lastout::holder_tag tag("reader");
    readers.assign(7, a);
  }
  {
    const lastout::holder_tag tag("writer");
    writers.assign(2, a);
  }
  fill(*a);
  const auto all = explained::take_all();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].what, lastout::violation::get_overflow);
  const std::size_t most = all[0].text.find("  7  held by");
  const std::size_t fewer = all[0].text.find("  2  held by");
  ASSERT_NE(most, std::string::npos) << all[0].text;
  ASSERT_NE(fewer, std::string::npos) << all[0].text;
  EXPECT_LT(most, fewer);
  EXPECT_NE(all[0].text.find("tag \"reader\""), std::string::npos) << all[0].text;
}

TEST_F(rule_55_ledger, twin_that_is_not_tracked_has_no_holders_to_tell) {
  ASSERT_EQ(lastout::ledger::apply("off,socket=off"), "");
  auto a = make<file>();
  leaked().push_back(a.address());
  const std::vector<external<file>> readers(7, a);
  fill(*a);
  const auto all = explained::take_all();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].text.find("held by"), std::string::npos) << all[0].text;
}

}  // namespace
