// release_queue_grace_is_noexcept.cpp - a queue waits for its grace period where nothing can be thrown.
// expect: grace runs where nothing can be thrown

#include <lastout/kref.hpp>
#include <lastout/release_queue.hpp>

struct texture : lastout::kref<texture> {};

struct waits {
#ifdef MUST_NOT_COMPILE
  void operator()() const {}
#else
  void operator()() const noexcept {}
#endif
};

lastout::release_queue<texture, waits> graveyard(16);
