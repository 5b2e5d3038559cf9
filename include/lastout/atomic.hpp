// atomic.hpp - the one door to atomics, to waiting and to per-thread storage.
//
// Nothing else in the core names the standard's atomics. A test build defines LASTOUT_ATOMIC_DOOR
// as a header of its own, which supplies the same five names with other insides; that is how
// tests/edges/ runs the real headers through every interleaving.
//
//   order::which     what a function that hands an order on takes
//   atomic<T>        the standard's interface, every order spelled by the caller. Its constructor
//                    stores atomically: on memory that stays of one type (slab.hpp) a look-up that
//                    is late may be adding to the word that stood there before.
//   relax()          called again and again while something is waited for
//   looks_before_relax
//                    how often a lock that is soon free is looked at before that
//   per_thread<T>()  this thread's T; constant-initialised, never destroyed
//
// Record: docs/design/0006-core-without-dependencies.md.

#pragma once

#include <atomic>
#include <cstddef>

#include <lastout/config.hpp>

namespace lastout::order {

inline constexpr std::memory_order relaxed = std::memory_order_relaxed;
inline constexpr std::memory_order acquire = std::memory_order_acquire;
inline constexpr std::memory_order release = std::memory_order_release;
inline constexpr std::memory_order acq_rel = std::memory_order_acq_rel;

}  // namespace lastout::order

#ifdef LASTOUT_ATOMIC_DOOR
#include LASTOUT_ATOMIC_DOOR
#else

#include <thread>
#include <type_traits>

namespace lastout::order {
using which = std::memory_order;
}

namespace lastout {

template <class T>
class atomic {
  using ref = std::atomic_ref<T>;

 public:
  using value_type = T;
  using difference_type = std::conditional_t<std::is_pointer_v<T>, std::ptrdiff_t, T>;

  static constexpr bool is_always_lock_free = ref::is_always_lock_free;

  constexpr atomic() noexcept : atomic(T{}) {}
  constexpr atomic(T value) noexcept {  // NOLINT(google-explicit-constructor): as the standard's
    if (std::is_constant_evaluated()) {
      value_ = value;
    } else {
      ref(value_).store(value, order::relaxed);  // relaxed: whoever publishes the object orders it
    }
  }
  atomic(const atomic&) = delete;
  atomic& operator=(const atomic&) = delete;

  T load(order::which o) const noexcept { return ref(value_).load(o); }
  void store(T value, order::which o) noexcept { ref(value_).store(value, o); }
  T exchange(T value, order::which o) noexcept { return ref(value_).exchange(value, o); }
  bool compare_exchange_weak(T& expected, T desired, order::which success,
                             order::which failure) noexcept {
    return ref(value_).compare_exchange_weak(expected, desired, success, failure);
  }
  bool compare_exchange_strong(T& expected, T desired, order::which success,
                               order::which failure) noexcept {
    return ref(value_).compare_exchange_strong(expected, desired, success, failure);
  }
  T fetch_add(difference_type n, order::which o) noexcept { return ref(value_).fetch_add(n, o); }
  T fetch_sub(difference_type n, order::which o) noexcept { return ref(value_).fetch_sub(n, o); }
  T fetch_or(T mask, order::which o) noexcept { return ref(value_).fetch_or(mask, o); }
  T fetch_and(T mask, order::which o) noexcept { return ref(value_).fetch_and(mask, o); }

 private:
  alignas(ref::required_alignment) mutable T value_;
};

/// Waits a moment after a failed spin, so that whoever is waited for can run.
inline void relax() noexcept { std::this_thread::yield(); }

inline constexpr int looks_before_relax = 64;

/// This thread's own T.
/// Requires  T constant-initialisable and trivially destructible.
template <class T>
T& per_thread() noexcept {
  static constinit thread_local T slot{};
  return slot;
}

}  // namespace lastout

#endif
