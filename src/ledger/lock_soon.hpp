// lock_soon.hpp - for who must not wait for a lock for ever, because what it waits for may be its own
// thread: a signal handler that interrupted it.
//
// All locks here are held for some dozen instructions: what cannot be had in a while is hardly another
// thread's.

#pragma once

#include <sched.h>

namespace lastout::ledger {

/// For a signal handler: it may come again before it has waited.
/// Returns   false when it could not be had.
template <class Lock>
bool lock_soon(Lock& lock) noexcept {
  for (int looks = 0; looks < 100; ++looks)
    if (lock.try_lock()) return true;
  return false;
}

/// For a fork. `interrupted`: it is a signal handler's, which came while its thread was in the ledger.
/// Returns   false when it could not be had: only then.
template <class Lock>
bool lock_for_fork(Lock& lock, bool interrupted) noexcept {
  if (!interrupted) {
    lock.lock();
    return true;
  }
  for (int turns = 0; turns < 100; ++turns) {
    if (lock_soon(lock)) return true;
    sched_yield();
  }
  return false;
}

}  // namespace lastout::ledger
