// counts_test.cpp - gdb and the library say the same of each word and of each counted object, in each
// build setting.

#include <array>
#include <map>
#include <sstream>

#include "debugger/session.hpp"

namespace {

using debugger::given;
using debugger::in_gdb;
using debugger::says;
using debugger::words;

/// What the program says of a variable. rest: "3", or "2 active, 1 passive".
struct told {
  std::string variable, state, rest;
};

/// What gdb says of each variable, found out once for each build setting.
class counts_test : public testing::TestWithParam<int> {
 protected:
  counts_test() {
    static std::map<int, counts_test::answers> known;
    const auto [at, fresh] = known.try_emplace(GetParam());
    if (fresh) at->second = ask();
    all_ = &at->second;
  }
  [[nodiscard]] const std::vector<told>& told_by_the_program() const { return all_->program; }
  [[nodiscard]] const std::string& print(const std::string& variable) const {
    return all_->gdb.at(variable);
  }

 private:
  struct answers {
    std::vector<told> program;
    std::map<std::string, std::string> gdb;
  };

  static answers ask() {
    answers out;
    std::istringstream paths(given("LASTOUT_COUNTS"));
    std::string program;
    for (int i = 0; i <= GetParam(); ++i) std::getline(paths, program, ':');

    words variables{"empty", "weak", "numbered", "doomed_inode"};
    std::istringstream said(debugger::started({program}).rest());
    for (std::string line; std::getline(said, line);) {
      std::smatch it;
      if (!std::regex_match(line, it, std::regex("said (\\S+): (\\w+) (.*)"))) continue;
      out.program.push_back({it[1], it[2], it[3]});
      variables.push_back(it[1]);
    }
    words asked;
    for (const std::string& each : variables) asked.push_back("print " + each);
    const words answers =
        in_gdb({program}, {"break everything_is_said", "run", "frame function main"}, asked);
    for (std::size_t i = 0; i < answers.size(); ++i) out.gdb.try_emplace(variables[i], answers[i]);
    return out;
  }

  const answers* all_;
};

TEST_P(counts_test, gdb_says_what_the_library_says) {
  ASSERT_GE(told_by_the_program().size(), 30u);
  for (const told& each : told_by_the_program()) {
    std::string expected = each.state;
    if (each.rest.find("active") != std::string::npos) {
      expected += ".*, " + each.rest;
    } else if (each.rest != "0") {
      expected += ", " + each.rest + " reference" + (each.rest == "1" ? "" : "s");
    }
    EXPECT_TRUE(says(print(each.variable), "(= |\\()" + expected + "\\b"))
        << each.variable << ": " << each.state << ' ' << each.rest;
    if (each.rest == "0") {
      EXPECT_FALSE(says(print(each.variable), "\\d reference"));
    }
  }
}

TEST_P(counts_test, what_is_noted_in_a_word_is_told) {
  EXPECT_TRUE(says(print("doomed"), "live, 5 references, doomed$"));
  EXPECT_TRUE(says(print("hit"), "live, 4 references, 2 hits$"));
  EXPECT_TRUE(says(print("hits_taken_twice"), "live, 1 reference, 0 hits$"));
  EXPECT_TRUE(says(print("unborn"), "dead, not born yet$"));
  EXPECT_TRUE(says(print("dead"), "dead$"));
  EXPECT_TRUE(says(print("saturated"), "saturated, too many references to count, leaked$"));
}

TEST_P(counts_test, handles_are_named_and_empty_ones_are_told) {
  EXPECT_TRUE(says(print("a"), "= external<session> \\(live, 2 references\\) = \\{object = 0x"));
  EXPECT_TRUE(says(print("empty"), "= external<session> \\(empty\\)$"));
  EXPECT_TRUE(says(print("weak"), "= internal<session> \\(live, 2 references\\) = \\{object = 0x"));
  EXPECT_TRUE(says(print("numbered"), "= internal<stable> \\(slot \\d+, generation \\d+\\)$"));
  EXPECT_TRUE(says(print("doomed_inode"), "= killed<inode> \\(dead\\) = \\{object = 0x"));
  EXPECT_TRUE(says(print("c"), "= external<slim> \\(live, 1 reference\\)"));
  EXPECT_TRUE(says(print("h"),
                   "= external<lockless> \\(live, 1 reference, its structure's not counted\\)"));
}

std::string name_of(const testing::TestParamInfo<int>& setting) {
  constexpr std::array names{"unchecked", "unchecked_ledger", "unchecked_named_ledger",
                             "checked",   "checked_ledger",   "checked_named_ledger"};
  return names[static_cast<std::size_t>(setting.param)];
}
INSTANTIATE_TEST_SUITE_P(setting, counts_test, testing::Range(0, 6), name_of);

}  // namespace
