// registry_needs_memory_of_one_type.cpp - a look-up without a lock may come too late.
// expect: T's memory must stay of type T

#include <lastout/kref.hpp>
#include <lastout/registry.hpp>

#ifdef MUST_NOT_COMPILE
struct session : lastout::kref<session> {
#else
struct session : lastout::kref<session>, lastout::in_slab<session> {
#endif
  int id = 0;
  void release() noexcept;
};

lastout::registry<int, session, &session::id> sessions;

void session::release() noexcept {
  sessions.leave(*this);
  delete this;
}
