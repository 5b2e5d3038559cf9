// yielding_door.hpp - the standard's atomics, with a seeded chance to lose the processor before
// each operation.
//
// Two cores do not meet by themselves between two instructions; a thread that yields there waits
// for the others to go past. Each thread's choices come from its own seed (stress.hpp gives it).

#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <type_traits>

namespace stress {

/// Numbers from a seed (splitmix64).
class chance {
 public:
  constexpr chance() noexcept = default;
  constexpr explicit chance(std::uint64_t seed) noexcept : state_(seed) {}
  std::uint64_t next() noexcept {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }
  /// 0 .. n - 1
  std::size_t below(std::uint64_t n) noexcept { return static_cast<std::size_t>(next() % n); }
  bool one_in(std::size_t n) noexcept { return below(n) == 0; }

 private:
  std::uint64_t state_ = 0;
};

struct yields {
  chance when;
  std::size_t one_in = 0;  // 0: never
};
inline constinit thread_local yields mine{};

/// A point where this thread may lose the processor.
inline void point() noexcept {
  if (mine.one_in != 0 && mine.when.one_in(mine.one_in)) std::this_thread::yield();
}

}  // namespace stress

namespace lastout::order {
using which = std::memory_order;
}

namespace lastout {

/// As the real one: its constructor stores atomically, because slots are used again under readers
/// that are late.
template <class T>
class atomic {
  using ref = std::atomic_ref<T>;

 public:
  constexpr atomic() noexcept : atomic(T{}) {}
  constexpr atomic(T value) noexcept {  // NOLINT(google-explicit-constructor): as the standard's
    if (std::is_constant_evaluated()) {
      value_ = value;
    } else {
      ref(value_).store(value, std::memory_order_relaxed);
    }
  }
  atomic(const atomic&) = delete;
  atomic& operator=(const atomic&) = delete;

  T load(std::memory_order o) const noexcept { return at_a_point().load(o); }
  void store(T v, std::memory_order o) noexcept { at_a_point().store(v, o); }
  T exchange(T v, std::memory_order o) noexcept { return at_a_point().exchange(v, o); }
  T fetch_add(T n, std::memory_order o) noexcept { return at_a_point().fetch_add(n, o); }
  T fetch_sub(T n, std::memory_order o) noexcept { return at_a_point().fetch_sub(n, o); }
  T fetch_or(T n, std::memory_order o) noexcept { return at_a_point().fetch_or(n, o); }
  bool compare_exchange_weak(T& e, T d, std::memory_order s, std::memory_order f) noexcept {
    return at_a_point().compare_exchange_weak(e, d, s, f);
  }
  bool compare_exchange_strong(T& e, T d, std::memory_order s, std::memory_order f) noexcept {
    return at_a_point().compare_exchange_strong(e, d, s, f);
  }

 private:
  ref at_a_point() const noexcept {
    stress::point();
    return ref(value_);
  }
  alignas(ref::required_alignment) mutable T value_;
};

inline void relax() noexcept { std::this_thread::yield(); }
inline constexpr int looks_before_relax = 64;

template <class T>
T& per_thread() noexcept {
  static constinit thread_local T slot{};
  return slot;
}

}  // namespace lastout
