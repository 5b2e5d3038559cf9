// in_children.hpp - each allocation fails, each in a process of its own: the ledger's memory is never
// given back, so that only one which has none yet asks for all of it.
//
// What other tests of the program have made the ledger ask for would be there. So such tests are in a suite
// that is disabled, and another test runs each of them in a new process.

#pragma once

#include <cstddef>
#include <cstdio>
#include <string>

#include <gtest/gtest.h>

#include "faults/failing_memory.hpp"
#include "ledger/children.hpp"

/// Calls body(nth, length), in a child, with the first allocation to fail, then with the second one,
/// and so on; and once more with all that follow failing too.
/// body arms itself, and says 0 when nothing failed any more, 1 when something did and all is well, and
/// another number when it is not.
template <class Body>
void in_children_each_allocation_fails(const std::string& name, Body body) {
  constexpr std::size_t most = 1'000;
  for (const faults::how_long length : {faults::how_long::once, faults::how_long::for_good}) {
    std::string said = "said 1";
    std::size_t failures = 0;
    for (std::size_t nth = 1; said == "said 1" && nth < most; ++nth) {
      said = in_a_child([&]() -> int { return body(nth, length); }, 20);
      EXPECT_TRUE(said == "ok" || said == "said 1")
          << name << ", allocation " << nth
          << (length == faults::how_long::once ? "" : " and all after") << ": " << said;
      failures += said == "said 1" ? 1 : 0;
    }
    EXPECT_NE(failures, 0u) << name << ": nothing has failed";
    EXPECT_NE(said, "said 1") << name << ": it fails for ever";
  }
}

/// Runs each test of that disabled suite, alone.
inline void each_passes_in_a_new_process(const std::string& suite) {
  const testing::UnitTest& all = *testing::UnitTest::GetInstance();
  int passed = 0;
  for (int i = 0; i < all.total_test_suite_count(); ++i) {
    const testing::TestSuite& each = *all.GetTestSuite(i);
    if (each.name() != suite) continue;
    for (int n = 0; n < each.total_test_count(); ++n) {
      const std::string test = suite + '.' + each.GetTestInfo(n)->name();
      const std::string out = again("off,socket=off", test);
      const bool good = out.find("PASSED  ] 1 test") != std::string::npos &&
                        out.find("status 0") != std::string::npos;
      EXPECT_TRUE(good) << test << '\n' << out;
      passed += good ? 1 : 0;
    }
  }
  EXPECT_NE(passed, 0) << suite;
}
