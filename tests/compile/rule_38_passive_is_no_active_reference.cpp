// rule_38_passive_is_no_active_reference.cpp - who only looks is no user; the step between may
// fail.
// expect: (could not convert|no viable conversion|conversion from)

#include <lastout/dual.hpp>

struct superblock : lastout::dual<superblock> {};

lastout::active<superblock> use(const lastout::passive<superblock>& looker) {
#ifdef MUST_NOT_COMPILE
  return looker;
#else
  return looker.get_active();
#endif
}
