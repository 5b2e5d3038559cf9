// registry_needs_a_release_that_leaves.cpp - who would die by default would never leave the table.
// expect: T leaves the registry in its own release\(\)

#include <lastout/kref.hpp>
#include <lastout/registry.hpp>

struct session : lastout::kref<session>, lastout::in_slab<session> {
  int id = 0;
#ifndef MUST_NOT_COMPILE
  void release() noexcept;
#endif
};

lastout::registry<int, session, &session::id> sessions;

#ifndef MUST_NOT_COMPILE
void session::release() noexcept {
  sessions.leave(*this);
  delete this;
}
#endif
