// dual_deactivate_is_noexcept.cpp - deactivate() runs in the last active put.
// expect: deactivate\(\) runs in a put: declare it noexcept

#include <lastout/dual.hpp>

struct superblock : lastout::dual<superblock> {
#ifdef MUST_NOT_COMPILE
  void deactivate() {}
#else
  void deactivate() noexcept {}
#endif
};

void drop() { lastout::make_active<superblock>().put(); }
