// kref_release_is_noexcept.cpp - release() runs in whoever's put, often a destructor.
// expect: release\(\) runs in a put: declare it noexcept

#include <lastout/kref.hpp>

struct session : lastout::kref<session> {
#ifdef MUST_NOT_COMPILE
  void release() { delete this; }
#else
  void release() noexcept { delete this; }
#endif
};

void drop() { lastout::make<session>().put(); }
