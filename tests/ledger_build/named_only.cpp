// named_only.cpp - a program without exceptions and RTTI, in which one type is named for the ledger and
// another one is not: each leaves a reference behind, and the ledger knows the one.

#include <cstdio>

#include <lastout/external.hpp>
#include <lastout/in_ledger.hpp>
#include <lastout/kref.hpp>
#include <lastout/ledger.hpp>

#if defined(__cpp_exceptions) || defined(__cpp_rtti)
#error "this is to be compiled with -fno-exceptions -fno-rtti"
#endif

struct known;
LASTOUT_IN_LEDGER(known);
struct known : lastout::kref<known> {};
struct unnamed : lastout::kref<unnamed> {};

static_assert(sizeof(lastout::external<known>) == 2 * sizeof(void*));
static_assert(sizeof(lastout::external<unnamed>) == sizeof(void*));

int main() {
  (void)lastout::make<known>().leak();
  (void)lastout::make<unnamed>().leak();
  // What is wrong with a text is an answer, not an exception that this program could not catch.
  const std::string wrong = lastout::ledger::apply("nonsense");
  if (wrong.empty()) return 1;
  std::fprintf(stderr, "refused: %s\n", wrong.c_str());
  return lastout::ledger::report().empty() ? 1 : 0;
}
