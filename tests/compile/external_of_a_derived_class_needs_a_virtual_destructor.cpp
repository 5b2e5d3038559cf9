// external_of_a_derived_class_needs_a_virtual_destructor.cpp - the last put deletes the root, not
// what is derived.
// expect: the last put would delete the root

#include <lastout/external.hpp>
#include <lastout/kref.hpp>

struct shape : lastout::kref<shape> {
#ifndef MUST_NOT_COMPILE
  virtual ~shape() = default;
#endif
};
struct circle : shape {};

void draw() { const auto made = lastout::make<circle>(); }
