// rule_38_active_does_not_copy.cpp - a second active reference may be refused, so a copy is no way
// to it.
// expect: (use of deleted function|deleted constructor|call to implicitly-deleted)

#include <lastout/dual.hpp>

struct superblock : lastout::dual<superblock> {};

bool use_twice(const lastout::active<superblock>& user) {
#ifdef MUST_NOT_COMPILE
  const lastout::active<superblock> other = user;
#else
  const lastout::active<superblock> other = user.share();
#endif
  return bool(other);
}
