// door.hpp - what a test build puts behind include/lastout/atomic.hpp: every operation is explored.
//
// Build with -DLASTOUT_ATOMIC_DOOR='"explore/door.hpp"' and tests/ in the include path. Same size and
// layout as the real atomics. Outside an exploration it is a plain variable for one thread.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "explore/explorer.hpp"
#include "explore/place.hpp"

#define INTERLEAVE_DOOR 1

namespace lastout::order {

/// An order, and where it was spelled: functions that hand it on leave it the place that asked.
struct which {
  constexpr which(std::memory_order o, interleave::place w = interleave::place::here()) noexcept
      : value(o), where(w) {}
  constexpr operator std::memory_order() const noexcept { return value; }

  std::memory_order value;
  interleave::place where;
};

}  // namespace lastout::order

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
  /// In memory that stays of one type it is a relaxed store, because who is late may be at it.
  constexpr atomic(T value, place where = place::here()) noexcept {
    if (!std::is_constant_evaluated()) {
      explorer* const e = explorer::running;
      if (e != nullptr && e->stays(this)) {
        born_again(value, where);
        return;
      }
      if (e != nullptr) e->birth(this, where);
    }
    value_ = value;
  }
  atomic(const atomic&) = delete;
  atomic& operator=(const atomic&) = delete;
  constexpr ~atomic() {
    if (std::is_constant_evaluated()) return;
    if (explorer* e = explorer::running; e != nullptr && !e->stays(this)) e->death(this);
  }

  T load(order::which order) const noexcept {
    explorer* e = explorer::running;
    if (e == nullptr) return value_;
    interleave::location& l = e->arrive("load", this, false, order.where, nullptr, bits(value_));
    return from_bits(e->load(l, "load", order));
  }

  void store(T stored, order::which order) noexcept {
    explorer* e = explorer::running;
    if (e == nullptr) {
      value_ = stored;
      return;
    }
    interleave::location& l = e->arrive("store", this, true, order.where, nullptr, bits(value_));
    e->store(l, bits(stored), order);
    value_ = from_bits(l.stores.back().value);
  }

  T exchange(T value, order::which order) noexcept {
    return change("exchange", order, [value](T) { return value; });
  }

  bool compare_exchange_strong(T& expected, T desired, order::which success,
                               order::which failure) noexcept {
    return compare_exchange(expected, desired, success, failure, false);
  }

  bool compare_exchange_weak(T& expected, T desired, order::which success,
                             order::which failure) noexcept {
    return compare_exchange(expected, desired, success, failure, true);
  }

  T fetch_add(difference_type n, order::which order) noexcept {
    return change("fetch_add", order, [n](T v) { return plus(v, n, false); });
  }

  T fetch_sub(difference_type n, order::which order) noexcept {
    return change("fetch_sub", order, [n](T v) { return plus(v, n, true); });
  }

  T fetch_or(T mask, order::which order) noexcept
    requires std::is_integral_v<T>
  {
    return change("fetch_or", order, [mask](T v) { return T(v | mask); });
  }

  T fetch_and(T mask, order::which order) noexcept
    requires std::is_integral_v<T>
  {
    return change("fetch_and", order, [mask](T v) { return T(v & mask); });
  }

 private:
  // Not inline: it looks at what stood there before, of which the compiler would know nothing.
  [[gnu::noinline]] void born_again(T value, place where) noexcept {
    store(value, {std::memory_order_relaxed, where});
  }

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
  T change(const char* what, order::which order, Next next) noexcept {
    explorer* e = explorer::running;
    if (e == nullptr) return std::exchange(value_, next(value_));
    interleave::location& l = e->arrive(what, this, true, order.where, nullptr, bits(value_));
    const T old = from_bits(e->read_modify_write(
        l, what, order, [&](std::uint64_t v) { return bits(next(from_bits(v))); }));
    value_ = from_bits(l.stores.back().value);
    return old;
  }

  bool compare_exchange(T& expected, T desired, order::which success, order::which failure,
                        bool weak) noexcept {
    explorer* e = explorer::running;
    if (e == nullptr) {
      const bool same = value_ == expected;
      (same ? value_ : expected) = same ? desired : value_;
      return same;
    }
    interleave::location& l =
        e->arrive("compare_exchange", this, true, success.where, nullptr, bits(value_));
    std::uint64_t read = bits(expected);
    const bool done = e->compare_exchange(l, read, bits(desired), weak, success, failure);
    if (!done) expected = from_bits(read);
    value_ = from_bits(l.stores.back().value);
    return done;
  }

  T value_;
};

/// A failed spin: blocks the thread until another one changes what it looked at.
inline void relax() noexcept {
  if (auto* e = interleave::explorer::running) e->relax();
}

/// To look again without a change is in vain: see relax().
inline constexpr int looks_before_relax = 1;

/// This logical thread's own T, new in each execution.
template <class T>
T& per_thread() noexcept {
  if (auto* e = interleave::explorer::running) return e->slot<T>();
  static T slot{};
  return slot;
}

}  // namespace lastout
