// rule_38_active_is_no_passive_reference.cpp - the two kinds of a dual's references are two types.
// expect: (could not convert|no viable conversion|conversion from)

#include <lastout/dual.hpp>

struct superblock : lastout::dual<superblock> {};

lastout::passive<superblock> look(const lastout::active<superblock>& user) {
#ifdef MUST_NOT_COMPILE
  return user;
#else
  return user.get_passive();
#endif
}
