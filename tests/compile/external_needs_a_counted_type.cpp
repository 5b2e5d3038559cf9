// external_needs_a_counted_type.cpp - a handle to what has no count says so.
// expect: (needs a counted T|no type named 'counted_root')

#include <lastout/external.hpp>
#include <lastout/kref.hpp>

#ifdef MUST_NOT_COMPILE
struct session {};
#else
struct session : lastout::kref<session> {};
#endif

void use() { const lastout::external<session> held; }
