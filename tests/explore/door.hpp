// door.hpp - what a test build puts behind include/lastout/atomic.hpp: every operation is explored.
//
// Build with -DLASTOUT_ATOMIC_DOOR='"explore/door.hpp"' and tests/ in the include path. Same size and
// layout as the real atomics. Outside an exploration it is a plain variable for one thread.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "explore/explorer.hpp"
#include "explore/place.hpp"

namespace lastout {

template <class T>
class atomic {
  static_assert(std::is_integral_v<T> || std::is_pointer_v<T>);
  using place = interleave::place;
  using explorer = interleave::explorer;

 public:
  using value_type = T;
  using difference_type = std::conditional_t<std::is_pointer_v<T>, std::ptrdiff_t, T>;

  static constexpr bool is_always_lock_free = true;

  constexpr atomic() noexcept : atomic(T{}) {}
  constexpr atomic(T value, place where = place::here()) noexcept : value_(value) {
    if (std::is_constant_evaluated()) return;
    if (explorer* e = explorer::running) e->birth(this, where);
  }
  atomic(const atomic&) = delete;
  atomic& operator=(const atomic&) = delete;
  constexpr ~atomic() {
    if (std::is_constant_evaluated()) return;
    if (explorer* e = explorer::running) e->death(this);
  }

  T load(std::memory_order order, place where = place::here()) const noexcept {
    explorer* e = explorer::running;
    if (e == nullptr) return value_;
    interleave::location& l = e->arrive("load", this, false, where, nullptr, bits(value_));
    return from_bits(e->load(l, "load", order));
  }

  void store(T stored, std::memory_order order, place where = place::here()) noexcept {
    explorer* e = explorer::running;
    if (e == nullptr) {
      value_ = stored;
      return;
    }
    interleave::location& l = e->arrive("store", this, true, where, nullptr, bits(value_));
    e->store(l, bits(stored), order);
    value_ = from_bits(l.stores.back().value);
  }

  T exchange(T value, std::memory_order order, place where = place::here()) noexcept {
    return change("exchange", order, where, [value](T) { return value; });
  }

  bool compare_exchange_strong(T& expected, T desired, std::memory_order success,
                               std::memory_order failure, place where = place::here()) noexcept {
    return compare_exchange(expected, desired, success, failure, false, where);
  }

  bool compare_exchange_weak(T& expected, T desired, std::memory_order success,
                             std::memory_order failure, place where = place::here()) noexcept {
    return compare_exchange(expected, desired, success, failure, true, where);
  }

  T fetch_add(difference_type n, std::memory_order order, place where = place::here()) noexcept {
    return change("fetch_add", order, where, [n](T v) { return plus(v, n, false); });
  }

  T fetch_sub(difference_type n, std::memory_order order, place where = place::here()) noexcept {
    return change("fetch_sub", order, where, [n](T v) { return plus(v, n, true); });
  }

  T fetch_or(T mask, std::memory_order order, place where = place::here()) noexcept
    requires std::is_integral_v<T>
  {
    return change("fetch_or", order, where, [mask](T v) { return T(v | mask); });
  }

  T fetch_and(T mask, std::memory_order order, place where = place::here()) noexcept
    requires std::is_integral_v<T>
  {
    return change("fetch_and", order, where, [mask](T v) { return T(v & mask); });
  }

 private:
  static std::uint64_t bits(T value) noexcept {
    if constexpr (std::is_pointer_v<T>) {
      return reinterpret_cast<std::uintptr_t>(value);
    } else if constexpr (sizeof(T) <= 4) {
      return static_cast<std::uint32_t>(value);
    } else {
      return static_cast<std::uint64_t>(value);
    }
  }

  /// Wraps around, as atomics do, signed ones too.
  static T plus(T value, difference_type n, bool minus) noexcept {
    if constexpr (std::is_pointer_v<T>) {
      return minus ? value - n : value + n;
    } else {
      const auto by = static_cast<std::uint64_t>(n);
      return static_cast<T>(static_cast<std::uint64_t>(value) + (minus ? 0 - by : by));
    }
  }

  static T from_bits(std::uint64_t of) noexcept {
    if constexpr (std::is_pointer_v<T>) {
      return reinterpret_cast<T>(static_cast<std::uintptr_t>(of));
    } else {
      return static_cast<T>(of);
    }
  }

  template <class Next>
  T change(const char* what, std::memory_order order, place where, Next next) noexcept {
    explorer* e = explorer::running;
    interleave::location* l =
        e != nullptr ? &e->arrive(what, this, true, where, nullptr, bits(value_)) : nullptr;
    const T old = value_;
    value_ = next(old);
    if (l != nullptr) e->read_modify_write(*l, what, bits(value_), order);
    return old;
  }

  bool compare_exchange(T& expected, T desired, std::memory_order success,
                        std::memory_order failure, bool weak, place where) noexcept {
    explorer* e = explorer::running;
    if (e == nullptr) {
      const bool same = value_ == expected;
      (same ? value_ : expected) = same ? desired : value_;
      return same;
    }
    interleave::location& l =
        e->arrive("compare_exchange", this, true, where, nullptr, bits(value_));
    std::uint64_t read = bits(expected);
    const bool done = e->compare_exchange(l, read, bits(desired), weak, success, failure);
    (done ? value_ : expected) = done ? desired : from_bits(read);
    return done;
  }

  T value_;
};

/// A failed spin: blocks the thread until another one changes what it looked at.
inline void relax() noexcept {
  if (auto* e = interleave::explorer::running) e->relax();
}

/// This logical thread's own T, new in each execution.
template <class T>
T& per_thread() noexcept {
  if (auto* e = interleave::explorer::running) return e->slot<T>();
  static T slot{};
  return slot;
}

}  // namespace lastout
