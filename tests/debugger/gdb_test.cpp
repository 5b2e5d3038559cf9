// gdb_test.cpp - `info lastout` and the printers, on held.cpp: as it runs under gdb, in a core file of
// it, and when gdb is attached to it. Each of the three knows the same.

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>

#include "debugger/session.hpp"

namespace {

using debugger::given;
using debugger::in_gdb;
using debugger::says;
using debugger::words;

enum class seen { alive, core, attached };

const words asked{
    "info lastout",
    "info lastout app::session",
    "info lastout texture",
    "info lastout inode",
    "info lastout ring",
    "info lastout holders open",
    "info lastout holders founder",
    "info lastout holders lent",
    "info lastout holders circle",
    "info lastout holders *circle",
    "info lastout holders circle->next",
    "info lastout holders writing",
    "info lastout holders kept",
    "info lastout holders buffer",
    "info lastout holders in_a_global",
    "print open",
    "print nothing",
    "print *open.object_",
    "print shown",
    "print writing",
    "print *writing.object_",
    "print listed",
    "print buffer",
    "print founder",
    "print *kept",
    "info lastout session_of_nobody",
    "info lastout holders",
    "info lastout holders 0x10",
    "info lastout holders nothing",
    "info lastout holders 1.5",
    "info lastout holders no_such_variable",
    "complete info lastout app::s",
    "complete info lastout ho",
    "set print elements 2",
    "info lastout holders open",
    "info lastout texture",
};

/// What gdb says to each command; found out once for each way to see the program.
class gdb_test : public testing::TestWithParam<seen> {
 public:
  static const std::string& answer(const std::string& command, std::size_t which = 0) {
    const words& all = answers(GetParam());
    for (std::size_t i = 0; i < asked.size(); ++i) {
      if (asked[i] == command && which-- == 0) return all[i];
    }
    throw std::logic_error("nobody asked: " + command);
  }
  /// held.cpp:LINE of the line that says so behind "// ".
  static std::string place(const std::string& comment) {
    std::ifstream in(given("LASTOUT_HELD_SOURCE"));
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
      if (line.ends_with("// " + comment)) return "held\\.cpp:" + std::to_string(number) + "\n";
    }
    throw std::logic_error("held.cpp has no line: " + comment);
  }

 private:
  static const words& answers(seen how) {
    static std::map<seen, words> known;
    const auto [at, fresh] = known.try_emplace(how);
    if (fresh) at->second = ask(how);
    return at->second;
  }

  static words ask(seen how) {
    const std::string program = given("LASTOUT_HELD");
    const words up{"set environment LASTOUT_LEDGER all", "break everything_is_held", "run"};
    if (how == seen::alive) {
      words start = up;
      start.push_back("frame function main");
      return in_gdb({program}, start, asked);
    }
    if (how == seen::core) {
      const debugger::folder here;
      words start = up;
      start.push_back("generate-core-file " + here.file("core"));
      (void)in_gdb({program}, start, {"kill"});
      return in_gdb({program, here.file("core")}, {"frame function main"}, asked);
    }
    debugger::started waiting({"env", "LASTOUT_LEDGER=all", program, "wait"});
    if (waiting.line() != "ready\n") throw std::runtime_error("held does not wait");
    return in_gdb({"-p", std::to_string(waiting.pid())}, {"frame function main"}, asked);
  }
};

TEST_P(gdb_test, each_type_is_told_with_its_figures) {
  const std::string& all = answer("info lastout");
  //                  tracked alive idle born released gets puts refused resurrected killed oldest
  EXPECT_TRUE(says(all, "^app::session +1/1 +4 +0 +4 +0 +7 +0 +0 +0 +0 +00:00:0"));
  EXPECT_TRUE(says(all, "^app::texture +1/1 +3 +2 +3 +0 +4 +3 +0 +1 +0 +00:00:0"));
  EXPECT_TRUE(says(all, "^app::inode +1/1 +1 +1 +1 +0 +1 +1 +0 +0 +0 +-$"));
  EXPECT_TRUE(says(all, "^app::\\S+anonymous\\S*::ring|^app::\\(anonymous namespace\\)::ring"));
}

TEST_P(gdb_test, ages_are_counted_from_now_or_it_is_said_from_when) {
  const testing::AssertionResult told =
      says(answer("info lastout"), "^Ages are counted back from the last event");
  EXPECT_EQ(static_cast<bool>(told), GetParam() == seen::core);
}

TEST_P(gdb_test, objects_of_a_type_are_told_with_state_count_and_holder) {
  const std::string& all = answer("info lastout app::session");
  EXPECT_TRUE(says(all, "^object +state +count +known +age +oldest holder$"));
  EXPECT_TRUE(says(all, "^0x[0-9a-f]+ +live +4 +4 +00:00:0\\S+ +thread 1 \"lastout_debugge\""));
  EXPECT_TRUE(says(all, "^0x[0-9a-f]+ +live +1 +1 "));
}

TEST_P(gdb_test, the_last_part_of_a_types_name_is_enough) {
  EXPECT_TRUE(says(answer("info lastout texture"), "^0x[0-9a-f]+ +live +1 +1 "));
}

TEST_P(gdb_test, what_nobody_holds_is_idle) {
  EXPECT_TRUE(says(answer("info lastout texture"), "^0x[0-9a-f]+ +idle +0 +0 +\\S+ +-$"));
  EXPECT_TRUE(says(answer("info lastout inode"), "^0x[0-9a-f]+ +idle +0 +0 +\\S+ +-$"));
  EXPECT_TRUE(says(answer("info lastout holders kept"),
                   "^app::inode at 0x[0-9a-f]+: idle\n  Nobody holds it, as far as the ledger"));
}

TEST_P(gdb_test, a_type_without_a_name_for_others_has_counts_too) {
  EXPECT_TRUE(says(answer("info lastout ring"), "^0x[0-9a-f]+ +live +1 +1 "));
}

TEST_P(gdb_test, each_reference_is_told_with_holder_age_tag_and_stack) {
  const std::string& all = answer("info lastout holders open");
  EXPECT_TRUE(says(all,
                   "^app::session at 0x[0-9a-f]+: live, 4 references\n"
                   "  4 references to it known to the ledger:\n"));
  EXPECT_TRUE(says(all,
                   "^  external, held by thread 1 \"lastout_debugge\" \\(\\d+\\) for 00:00:0\\S+, "
                   "tag \"readahead\", handle at 0x[0-9a-f]+\n"
                   " +app::read_ahead +" +
                       place("the leaked one") + " +main +held\\.cpp"));
  EXPECT_TRUE(says(all,
                   "^  external, held by thread \\d \"worker-3\" \\(\\d+\\) for \\S+, handle at "
                   "0x[0-9a-f]+, in .*work's frame of thread \\d\n"
                   " +.*work +" +
                       place("the worker's") + "  It was born"));
  EXPECT_TRUE(says(all, "^  It was born \\S+ ago in thread 1 [^,]+, at\n +main +held\\.cpp"));
}

TEST_P(gdb_test, a_stack_names_what_was_inlined_and_where) {
  EXPECT_TRUE(says(answer("info lastout holders open"),
                   "in main's frame of thread 1\n +app::taken_inline +" +
                       place("taken by an inlined function") + " +main +" +
                       place("calls the inlined one")));
}

TEST_P(gdb_test, a_stack_has_none_of_the_librarys_functions) {
  EXPECT_FALSE(says(answer("info lastout holders open"), "lastout::|_book\\.cpp|external\\.hpp"));
}

TEST_P(gdb_test, a_cycle_shows_by_where_its_handles_lie) {
  const std::string& first = answer("info lastout holders circle");
  const std::string& second = answer("info lastout holders circle->next");
  std::smatch it;
  const std::regex pattern(
      "ring at (0x[0-9a-f]+): live, 1 reference\n"
      "  1 reference to it known to the ledger:\n"
      "  external, [^\n]+, handle at 0x[0-9a-f]+, in \\S.*ring at (0x[0-9a-f]+)\n");
  ASSERT_TRUE(std::regex_search(first, it, pattern)) << first;
  const std::string object = it[1];
  const std::string keeper = it[2];
  ASSERT_TRUE(std::regex_search(second, it, pattern)) << second;
  EXPECT_EQ(it[1], keeper);
  EXPECT_EQ(it[2], object);
}

TEST_P(gdb_test, an_address_is_a_pointer_an_object_or_a_handle) {
  const auto head = [](const std::string& text) {
    std::smatch it;
    return std::regex_search(text, it, std::regex("^.* at 0x[0-9a-f]+:")) ? it.str() : text;
  };
  EXPECT_TRUE(says(answer("info lastout holders circle"), "ring at 0x"));
  EXPECT_EQ(head(answer("info lastout holders circle")),
            head(answer("info lastout holders *circle")));
  EXPECT_NE(head(answer("info lastout holders circle")),
            head(answer("info lastout holders circle->next")));
}

TEST_P(gdb_test, each_kind_of_reference_is_called_by_its_name) {
  EXPECT_TRUE(
      says(answer("info lastout holders founder"), "^  existence, held by .*, in founder$"));
  EXPECT_TRUE(says(answer("info lastout holders lent"),
                   "^  given, held by .*, given away: no handle has it\n +main +"));
  EXPECT_TRUE(says(answer("info lastout holders in_a_global"), ", in in_a_global$"));
  const std::string& volume = answer("info lastout holders writing");
  EXPECT_TRUE(
      says(volume, "^app::volume at 0x[0-9a-f]+: live, 3 references, 2 active, 1 passive$"));
  EXPECT_TRUE(says(volume, "^  active, held by .* tag \"journal\", handle at"));
  EXPECT_TRUE(says(volume, "^  passive, held by "));
}

TEST_P(gdb_test, the_parents_own_reference_is_not_counted) {
  EXPECT_TRUE(says(answer("info lastout holders buffer"),
                   "^app::buffer at 0x[0-9a-f]+: live, 1 reference, its parent's not counted$"));
}

TEST_P(gdb_test, a_handle_prints_as_what_it_holds_and_who_does) {
  const std::string age = GetParam() == seen::core ? "" : " for 00:00:0[0-9.]+";
  EXPECT_TRUE(says(answer("print open"),
                   "= external<app::session> \\(live, 4 references; held by thread 1 "
                   "\"lastout_debugge\" \\(\\d+\\)" +
                       age + "\\) = \\{object = 0x[0-9a-f]+\\}$"));
  EXPECT_TRUE(says(answer("print nothing"), "= external<app::session> \\(empty\\)$"));
  EXPECT_TRUE(
      says(answer("print shown"), "= external<app::texture> \\(live, 1 reference, queued, "));
  EXPECT_TRUE(says(answer("print writing"),
                   "= active<app::volume> \\(live, 3 references, 2 active, "
                   "1 passive; held by .*, tag \"journal\"\\)"));
  EXPECT_TRUE(says(answer("print listed"), "= passive<app::volume> \\(live, 3 "));
  EXPECT_TRUE(says(answer("print buffer"), "= external<app::buffer> \\(live, 1 reference, "));
  EXPECT_TRUE(
      says(answer("print founder"), "= existence_ref<app::session> \\(live, 1 reference; "));
}

TEST_P(gdb_test, an_object_prints_with_its_count) {
  EXPECT_TRUE(says(answer("print *open.object_"), "kref<.*> = live, 4 references, id = 1\\}$"));
  EXPECT_TRUE(
      says(answer("print *writing.object_"), "dual<.*> = live, 3 references, 2 active, 1 "));
  EXPECT_TRUE(says(answer("print *kept"), "kcref<.*> = idle"));
}

TEST_P(gdb_test, a_wrong_question_is_told_what_is_wrong_with_it) {
  EXPECT_TRUE(says(answer("info lastout session_of_nobody"),
                   "^the ledger knows no type 'session_of_nobody'; it knows: .*app::session"));
  EXPECT_TRUE(says(answer("info lastout holders"), "^whose holders\\? "));
  EXPECT_TRUE(says(answer("info lastout holders 0x10"), "^no tracked object is at 0x10: "));
  EXPECT_TRUE(
      says(answer("info lastout holders nothing"), "^'nothing' is empty: it holds nothing$"));
  EXPECT_TRUE(says(answer("info lastout holders 1.5"), "^'1.5' is no address: .*type double$"));
  EXPECT_TRUE(
      says(answer("info lastout holders no_such_variable"), "^No symbol \"no_such_variable"));
}

TEST_P(gdb_test, types_and_holders_are_completed) {
  EXPECT_TRUE(says(answer("complete info lastout app::s"), "^info lastout app::session$"));
  EXPECT_TRUE(says(answer("complete info lastout ho"), "^info lastout holders$"));
}

TEST_P(gdb_test, as_many_are_listed_as_gdb_is_set_to) {
  EXPECT_TRUE(
      says(answer("info lastout holders open", 1), "^  2 more: `set print elements unlimited`"));
  EXPECT_TRUE(says(answer("info lastout texture", 1), "^1 more: "));
}

std::string name_of(const testing::TestParamInfo<seen>& way) {
  return way.param == seen::alive ? "alive" : way.param == seen::core ? "core" : "attached";
}
INSTANTIATE_TEST_SUITE_P(seen, gdb_test, testing::Values(seen::alive, seen::core, seen::attached),
                         name_of);

class other_gdb_test : public testing::Test {
 protected:
  const words up{"set environment LASTOUT_LEDGER all", "break everything_is_held", "run"};
};

TEST_F(other_gdb_test, without_debug_information_the_ledger_is_read_all_the_same) {
  const words said = in_gdb(
      {given("LASTOUT_HELD_BARE")}, up,
      {"info lastout", "info lastout app::session", "info lastout holders *(void**)&in_a_global"});
  EXPECT_TRUE(says(said[0], "^app::session +1/1 +4 +0 +4 +0 +7 "));
  EXPECT_TRUE(says(said[1], "^0x[0-9a-f]+ +- +- +4 +00:00:0"));
  EXPECT_TRUE(says(said[2],
                   "^app::session at 0x[0-9a-f]+\n"
                   "  1 reference to it known to the ledger:\n"
                   "  external, held by thread 1 .*, in in_a_global\n +main"));
}

TEST_F(other_gdb_test, what_the_ledger_did_not_see_from_the_start_is_said_to_be_so) {
  const words said = in_gdb({"--args", given("LASTOUT_HELD"), "late"},
                            {"break everything_is_held", "run", "frame function main"},
                            {"info lastout app::session", "info lastout holders open"});
  EXPECT_TRUE(says(said[0], "^0x[0-9a-f]+ +live +4 +1 +- "));
  EXPECT_TRUE(says(said[0], "^Without an age: alive before the ledger looked"));
  EXPECT_TRUE(says(said[1],
                   "^  1 reference to it known to the ledger, and not those from before it "
                   "looked:\n"));
}

TEST_F(other_gdb_test, a_ledger_that_tracks_nothing_says_how_to_begin) {
  const words said = in_gdb({given("LASTOUT_HELD")}, {"break everything_is_held", "run"},
                            {"info lastout", "info lastout app::session"});
  EXPECT_TRUE(says(said[0], "^app::session +none +0 "));
  EXPECT_TRUE(says(said[0], "^Nothing is tracked: start the program with LASTOUT_LEDGER=all, or "));
  EXPECT_TRUE(says(said[1], "^No tracked app::session is alive\\."));
}

TEST_F(other_gdb_test, without_a_program_it_says_so) {
  EXPECT_TRUE(says(in_gdb({}, {}, {"info lastout"})[0], "^no program is there to look at: "));
  EXPECT_TRUE(says(in_gdb({given("LASTOUT_HELD")}, {}, {"info lastout"})[0],
                   "^no program is there to look at: "));
}

TEST_F(other_gdb_test, without_a_ledger_it_says_so) {
  const words said =
      in_gdb({given("LASTOUT_GDB")}, {"starti"}, {"info lastout", "info lastout holders 1"});
  EXPECT_TRUE(says(said[0], "^this program has no ledger in it"));
  EXPECT_TRUE(says(said[1], "^this program has no ledger in it"));
}

}  // namespace
