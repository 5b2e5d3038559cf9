// external_to_base_needs_a_virtual_destructor.cpp - the last put through the base deletes the base.
// expect: (no viable conversion|could not convert|conversion from|the last put would delete the root)

#include <lastout/external.hpp>
#include <lastout/kref.hpp>

struct shape : lastout::kref<shape> {
#ifndef MUST_NOT_COMPILE
  virtual ~shape() = default;
#endif
};
struct circle : shape {};

lastout::external<shape> up(lastout::external<circle> down) { return down; }
