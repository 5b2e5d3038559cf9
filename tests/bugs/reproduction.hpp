// reproduction.hpp - how a program of this folder is called: `broken` shows the bug, `fixed` does the
// same work without it.
//
// Each program is one bug that was found in the wild, moved onto Lastout's types as a careless user
// would write it today. What the function that is to blame is called begins with `guilty_`: the
// ledger must name it. In the programs' comments
//
//   says: REGEX     a line that the ledger writes when the bug is shown
//   stack: REGEX    a frame of the stack that stands below that line
//
// in the order in which they come; check.sh looks for them. docs/bugs.md is the table.

#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace bugs {

enum class variant { broken, fixed };

/// Which variant the command line asks for; ends the program when it asks for none.
inline variant asked(int count, char** words) {
  const std::string_view word = count == 2 ? words[1] : "";
  if (word == "broken") return variant::broken;
  if (word == "fixed") return variant::fixed;
  std::fprintf(stderr, "%s: say which variant: broken or fixed\n", words[0]);
  std::exit(2);
}

}  // namespace bugs
