// in_children.hpp - each allocation fails, each in a process of its own: the ledger's memory is never
// given back, so that only one which has none yet asks for all of it.

#pragma once

#include <cstddef>
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
