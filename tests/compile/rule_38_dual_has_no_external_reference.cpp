// rule_38_dual_has_no_external_reference.cpp - external<T> would say neither "in use" nor "not
// freed".
// expect: (constraints not satisfied|no matching function|needs a counted T)

#include <lastout/dual.hpp>
#include <lastout/external.hpp>

struct superblock : lastout::dual<superblock> {};

void mount() {
#ifdef MUST_NOT_COMPILE
  const auto made = lastout::make<superblock>();
#else
  const auto made = lastout::make_active<superblock>();
#endif
  (void)made;
}
