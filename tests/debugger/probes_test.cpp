// probes_test.cpp - the places for tracers: in a build with the ledger, not in one without; found and
// stopped at by gdb, and counted by bpftrace where the kernel lets it.

#include <array>

#include "debugger/session.hpp"

namespace {

using debugger::given;
using debugger::in_gdb;
using debugger::says;
using debugger::started;
using debugger::words;

constexpr std::array all{"birth", "get", "put", "refuse", "resurrect", "evict", "release"};

std::string notes_of(const std::string& program) {
  return started({given("LASTOUT_READELF"), "-n", "--wide", program}).rest();
}

TEST(probes_test, each_one_is_in_a_program_with_the_ledger) {
  const std::string notes = notes_of(given("LASTOUT_PROBED"));
  for (const char* const each : all)
    EXPECT_TRUE(says(notes, std::string("Provider: lastout\n +Name: ") + each + "\n"));
}

TEST(probes_test, none_is_in_a_program_without) {
  const std::string notes = notes_of(given("LASTOUT_NOT_PROBED"));
  EXPECT_TRUE(says(notes, "NT_GNU_BUILD_ID|Displaying notes"));
  EXPECT_FALSE(says(notes, "Provider: lastout"));
}

TEST(probes_test, gdb_lists_them) {
  const std::string listed = in_gdb({given("LASTOUT_PROBED")}, {}, {"info probes stap lastout"})[0];
  for (const char* const each : all)
    EXPECT_TRUE(says(listed, std::string("^stap +lastout +") + each + " "));
}

TEST(probes_test, gdb_stops_at_one_and_knows_type_object_and_number) {
  const words said =
      in_gdb({given("LASTOUT_PROBED")}, {"break -probe-stap lastout:evict", "run"},
             {"printf \"%s %d %d\\n\", $_probe_arg0, $_probe_arg1 != 0, $_probe_argc",
              "print $_probe_arg2"});
  EXPECT_TRUE(says(said[0], "^\\S*texture 1 3$|texture 1 3$"));
  EXPECT_TRUE(says(said[1], "= 1$"));
}

// bpftrace counts in the kernel. Whether that is allowed depends on the machine, so it is tried: on
// the very program, for whatever of it fails here would fail there too.
TEST(probes_test, bpftrace_counts_them) {
  if (started({"sh", "-c", "command -v bpftrace"}).rest().empty())
    GTEST_SKIP() << "bpftrace is not installed (Debian: bpftrace)";
  const std::string trial =
      started({"bpftrace", "-e", "BEGIN { printf(\"it works\\n\"); exit(); }"}).rest();
  if (trial.find("it works") == std::string::npos)
    GTEST_SKIP() << "bpftrace may not run here; it says: " << trial;
  const std::string program = given("LASTOUT_PROBED");
  const std::string counted =
      started({"bpftrace", "-e",
               "usdt:" + program +
                   ":lastout:birth { @births[str(arg0)] = count(); } "
                   "usdt:" +
                   program +
                   ":lastout:evict { @evictions[str(arg0)] = count(); } "
                   "usdt:" +
                   program + ":lastout:refuse { @refusals[str(arg0)] = count(); }",
               "-c", program})
          .rest();
  if (counted.find("ERROR: Error attaching probe") != std::string::npos)
    GTEST_SKIP() << "the kernel does not let bpftrace attach; it says: " << counted;
  EXPECT_TRUE(says(counted, "^@births\\[.*texture\\]: 5$"));
  EXPECT_TRUE(says(counted, "^@evictions\\[.*texture\\]: 5$"));
  EXPECT_TRUE(says(counted, "^@births\\[.*dying\\]: 1$"));
  EXPECT_TRUE(says(counted, "^@refusals\\[.*dying\\]: 1$"));
}

}  // namespace
