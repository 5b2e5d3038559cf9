// rule_62 - every object can be listed with count, state and name.
//
// Twin: one of a type that is not tracked.

#include <cstdint>
#include <set>
#include <vector>

#include <lastout/external.hpp>
#include <lastout/kref.hpp>
#include <lastout/ledger.hpp>

#include "ledger/tracked.hpp"

namespace {

using lastout::external;
using lastout::make;

struct inode : lastout::kref<inode> {};

class rule_62_ledger : public ledger_test {
 protected:
  rule_62_ledger() : ledger_test("all,stacks=8,socket=off") {}
};

TEST_F(rule_62_ledger, every_object_can_be_listed_with_count_state_and_name) {
  std::set<std::uint64_t> born;
  std::vector<external<inode>> held;
  for (int i = 0; i < 500; ++i) {
    held.push_back(make<inode>());
    born.insert(reinterpret_cast<std::uintptr_t>(held.back().address()));
  }
  const dump_lines::whole dump = dump_lines::now();
  std::set<std::uint64_t> listed;
  for (const dump_lines::object* each : dump.of_type("inode")) {
    listed.insert(each->address);
    EXPECT_EQ(each->references, 1u);
    EXPECT_EQ(each->state, "live");
  }
  EXPECT_EQ(listed, born);
  held.pop_back();
  EXPECT_EQ(dump_lines::now().of_type("inode").size(), 499u);
}

TEST_F(rule_62_ledger, twin_that_is_not_tracked_is_not_listed) {
  ASSERT_EQ(lastout::ledger::apply("types=nobody,stacks=0,socket=off"), "");
  const auto a = make<inode>();
  EXPECT_EQ(dump_lines::now().find(a.address()), nullptr);
  EXPECT_TRUE(dump_lines::now().of_type("inode").empty());
}

}  // namespace
