// atomic.hpp - the one door to atomics, to waiting and to per-thread storage.
//
// Nothing else in the core names the standard's atomics. A test build defines LASTOUT_ATOMIC_DOOR
// as a header of its own, which supplies the same three names with other insides; that is how
// tests/edges/ runs the real headers through every interleaving.
//
//   atomic<T>        the standard's interface, every order spelled by the caller
//   relax()          called once for each failed spin
//   per_thread<T>()  this thread's T; constant-initialised, never destroyed
//
// Record: docs/design/0006-core-without-dependencies.md.

#pragma once

#include <atomic>

#include <lastout/config.hpp>

namespace lastout::order {

using which = std::memory_order;

inline constexpr std::memory_order relaxed = std::memory_order_relaxed;
inline constexpr std::memory_order acquire = std::memory_order_acquire;
inline constexpr std::memory_order release = std::memory_order_release;
inline constexpr std::memory_order acq_rel = std::memory_order_acq_rel;

}  // namespace lastout::order

#ifdef LASTOUT_ATOMIC_DOOR
#include LASTOUT_ATOMIC_DOOR
#else

#include <thread>

namespace lastout {

template <class T>
using atomic = std::atomic<T>;

/// Waits a moment after a failed spin, so that whoever is waited for can run.
inline void relax() noexcept { std::this_thread::yield(); }

/// This thread's own T.
/// Requires  T constant-initialisable and trivially destructible.
template <class T>
T& per_thread() noexcept {
  static constinit thread_local T slot{};
  return slot;
}

}  // namespace lastout

#endif
