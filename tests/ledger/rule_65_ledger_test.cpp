// rule_65 - every outstanding reference names its holder; a report groups them by stack and tag and
// adds up to the count. With rules 62 (every object can be listed), 63 (what cannot be freed says
// so), 66 (unpaired references are declared) and 67 (who holds whom can be followed).
//
// Twins: an account that leaves one holder out, an undeclared reference that a declared one hides.

#include <algorithm>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <lastout/existence_ref.hpp>
#include <lastout/external.hpp>
#include <lastout/holder_tag.hpp>
#include <lastout/kref.hpp>

#include "ledger/tracked.hpp"

namespace {

using lastout::existence_ref;
using lastout::external;
using lastout::holder_tag;
using lastout::make;
namespace ledger = lastout::ledger;

struct inode : lastout::kref<inode> {};

class rule_65_ledger : public ledger_test {
 protected:
  rule_65_ledger() : ledger_test("all,stacks=8,socket=off") {}

  // The sum of what a report says of a type's groups, and what its headline says.
  static std::pair<int, int> sums_of(const std::string& report) {
    int headline = 0;
    int groups = 0;
    std::istringstream lines(report);
    std::string line;
    while (std::getline(lines, line)) {
      int n = 0;
      if (std::sscanf(line.c_str(), "lastout: %d reference", &n) == 1) {
        headline += n;
      } else if (line.starts_with("  ") && !line.starts_with("   ") &&
                 std::sscanf(line.c_str(), "  %d  ", &n) == 1) {
        groups += n;
      }
    }
    return {headline, groups};
  }
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

// Rule 62.
TEST_F(rule_65_ledger, every_object_can_be_listed_with_count_state_and_name) {
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

// Rule 66.
TEST_F(rule_65_ledger, a_declared_reference_is_no_leak_and_hides_none) {
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

TEST_F(rule_65_ledger, twin_whose_existence_is_not_declared_is_taken_for_a_leak) {
  const external<inode> root = make<inode>();
  EXPECT_EQ(sums_of(ledger::report()).first, 1);
}

// Rule 67: handles inside objects, and edges that a type declares.
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

TEST_F(rule_65_ledger, a_cycle_can_be_followed_by_where_the_handles_lie) {
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

TEST_F(rule_65_ledger, a_report_begins_with_what_is_held_and_goes_on_with_what_that_holds) {
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

TEST_F(rule_65_ledger, a_cycle_that_nobody_holds_is_told_apart) {
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

TEST_F(rule_65_ledger, what_a_declared_existence_holds_is_no_leak) {
  existence_ref<node> root(make<node>());
  root->next = make<node>();
  EXPECT_EQ(ledger::report(), "");
  const external<node> forgotten = root->next;
  EXPECT_EQ(sums_of(ledger::report()).first, 1) << ledger::report();
  (void)root.end();
}

TEST_F(rule_65_ledger, twin_without_a_cycle_has_an_end) {
  auto a = make<node>();
  a->next = make<node>();
  const dump_lines::whole dump = dump_lines::now();
  int outside = 0;
  for (const dump_lines::object* each : dump.of_type("node"))
    for (const dump_lines::reference& one : each->held) outside += in(a).has(one.where) ? 1 : 0;
  EXPECT_EQ(outside, 1);
}

TEST_F(rule_65_ledger, edges_that_a_type_declares_are_written) {
  const auto of = make<team>();
  for (int i = 0; i < 3; ++i) of->members.push_back(make<node>());
  const dump_lines::whole dump = dump_lines::now();
  std::set<std::uint64_t> declared, members;
  for (const std::uint64_t each : dump.find(of.address())->keeps) declared.insert(each);
  for (const auto& each : of->members)
    members.insert(reinterpret_cast<std::uintptr_t>(each.address()));
  EXPECT_EQ(declared, members);
}

TEST_F(rule_65_ledger, as_many_edges_are_written_as_there_are) {
  const auto of = make<team>();
  for (int i = 0; i < 10'000; ++i) of->members.push_back(make<node>());
  EXPECT_EQ(dump_lines::now().find(of.address())->keeps.size(), 10'000u);
}

}  // namespace
