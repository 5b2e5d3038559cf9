// cached_needs_no_proof_and_is_not_resurrected.cpp - the cache owns a reference of an idle object, so
// get_not_zero finds it, and nothing is brought back from the dead (rule 26).
// expect: (no member named|has no member named|no matching function|constraints not satisfied)

#include <lastout/cached.hpp>

struct texture : lastout::cached<texture> {};

bool find(const lastout::internal<texture, lastout::slab<texture>>& mark) {
#ifdef MUST_NOT_COMPILE
  return bool(mark.resurrect());
#else
  return bool(mark.get_not_zero());
#endif
}
