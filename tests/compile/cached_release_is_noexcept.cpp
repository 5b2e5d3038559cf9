// cached_release_is_noexcept.cpp - release() runs in a put, and in an eviction of somebody else's.
// expect: release\(\) runs in a put: declare it noexcept

#include <lastout/cached.hpp>

struct texture : lastout::cached<texture> {
#ifdef MUST_NOT_COMPILE
  void release() { delete this; }
#else
  void release() noexcept { delete this; }
#endif
};

void drop() { lastout::make<texture>().put(); }
