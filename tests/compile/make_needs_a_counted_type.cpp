// make_needs_a_counted_type.cpp - what has no count cannot be born with a reference.
// expect: (no matching function|constraints not satisfied)

#include <lastout/external.hpp>
#include <lastout/kref.hpp>

#ifdef MUST_NOT_COMPILE
struct session {};
#else
struct session : lastout::kref<session> {};
#endif

void open() { const auto made = lastout::make<session>(); }
