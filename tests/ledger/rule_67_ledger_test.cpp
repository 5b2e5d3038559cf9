// rule_67 - cycles are found, and can be followed by who holds whom: handles inside objects, and edges
// that a type declares.
//
// Twins: a chain that has an end, and a cycle that somebody holds.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <lastout/external.hpp>
#include <lastout/kref.hpp>
#include <lastout/ledger.hpp>

#include "ledger/report_sums.hpp"
#include "ledger/tracked.hpp"

namespace {

using lastout::external;
using lastout::make;
namespace ledger = lastout::ledger;

struct node : lastout::kref<node> {
  external<node> next;
};
struct team : lastout::kref<team> {
  std::vector<external<node>> members;
  template <class See>
  void keeps_alive(See see) const {
    for (const auto& each : members) see(each.address());
  }
};

class rule_67_ledger : public ledger_test {
 protected:
  rule_67_ledger() : ledger_test("all,stacks=8,socket=off") {}
};

TEST_F(rule_67_ledger, a_cycle_can_be_followed_by_where_the_handles_lie) {
  auto a = make<node>();
  a->next = make<node>();
  a->next->next = a;
  const dump_lines::whole dump = dump_lines::now();
  const std::vector<const dump_lines::object*> all = dump.of_type("node");
  ASSERT_EQ(all.size(), 2u);
  std::map<std::uint64_t, std::uint64_t> keeps;
  for (const dump_lines::object* kept : all) {
    for (const dump_lines::reference& each : kept->held) {
      for (const dump_lines::object* by : all) {
        const std::uint64_t size = dump.types.at(by->type_number).size;
        if (each.where - by->address < size) keeps[by->address] = kept->address;
      }
    }
  }
  const auto first = reinterpret_cast<std::uintptr_t>(a.address());
  ASSERT_EQ(keeps.size(), 2u);
  EXPECT_NE(keeps[first], first);
  EXPECT_EQ(keeps[keeps[first]], first);
  a->next->next.put();
}

TEST_F(rule_67_ledger, a_report_begins_with_what_is_held_and_goes_on_with_what_that_holds) {
  auto first = make<node>();
  first->next = make<node>();
  first->next->next = make<node>();
  const std::string report = ledger::report();
  const auto [headline, groups] = sums_of(report);
  EXPECT_EQ(headline, 1) << report;
  EXPECT_EQ(groups, 1) << report;
  EXPECT_NE(report.find("and 2 references to 2 objects"), std::string::npos) << report;
  EXPECT_NE(report.find("held through these"), std::string::npos) << report;
}

TEST_F(rule_67_ledger, a_cycle_that_nobody_holds_is_told_apart) {
  node* kept = nullptr;
  {
    const auto a = make<node>();
    a->next = make<node>();
    a->next->next = a;
    kept = a.address();
  }
  const std::string report = ledger::report();
  EXPECT_EQ(sums_of(report).first, 2) << report;
  EXPECT_NE(report.find("2 references to 2 objects"), std::string::npos) << report;
  EXPECT_NE(report.find("nobody holds from outside"), std::string::npos) << report;
  const external<node> opened = std::move(kept->next);
}

TEST_F(rule_67_ledger, twin_without_a_cycle_has_an_end) {
  auto a = make<node>();
  a->next = make<node>();
  const dump_lines::whole dump = dump_lines::now();
  int outside = 0;
  for (const dump_lines::object* each : dump.of_type("node"))
    for (const dump_lines::reference& one : each->held) outside += in(a).has(one.where) ? 1 : 0;
  EXPECT_EQ(outside, 1);
}

TEST_F(rule_67_ledger, twin_that_somebody_holds_is_not_told_apart) {
  const auto a = make<node>();
  a->next = make<node>();
  a->next->next = a;
  const std::string report = ledger::report();
  EXPECT_EQ(report.find("nobody holds from outside"), std::string::npos) << report;
  a->next->next.put();
}

TEST_F(rule_67_ledger, edges_that_a_type_declares_are_written) {
  const auto of = make<team>();
  for (int i = 0; i < 3; ++i) of->members.push_back(make<node>());
  const dump_lines::whole dump = dump_lines::now();
  std::set<std::uint64_t> declared, members;
  for (const std::uint64_t each : dump.find(of.address())->keeps) declared.insert(each);
  for (const auto& each : of->members)
    members.insert(reinterpret_cast<std::uintptr_t>(each.address()));
  EXPECT_EQ(declared, members);
}

TEST_F(rule_67_ledger, as_many_edges_are_written_as_there_are) {
  const auto of = make<team>();
  for (int i = 0; i < 10'000; ++i) of->members.push_back(make<node>());
  EXPECT_EQ(dump_lines::now().find(of.address())->keeps.size(), 10'000u);
}

}  // namespace
