// counter.hpp - small, and all its mutants are known: what generator, driver and judge are tested on.

#pragma once

#include <atomic>
#include <mutex>

namespace small {

namespace order {
inline constexpr std::memory_order relaxed = std::memory_order_relaxed;
inline constexpr std::memory_order release = std::memory_order_release;
}  // namespace order

inline constexpr int limit = 2 + 1;  // constant: left as it is

/// A lock that says whether it is held.
struct told_lock {
  void lock() noexcept { held = true; }
  void unlock() noexcept { held = false; }
  bool held = false;
};

class counter {
 public:
  /// Adds n, unless that is too much.
  bool add(int n) noexcept {
    if (n < 0 || value_ + n > limit) return false;
    value_ += n;
    return true;
  }
  /// The mutants that count the other way never end, or take far too long.
  void clear() noexcept {
    while (value_ != 0) --value_;
  }
  /// Nobody calls it: its mutant is never passed.
  int twice() const noexcept { return value_ + value_; }
  /// A test cannot see which order it was.
  void publish() noexcept { published_.store(value_, order::release); }
  int published() const noexcept { return published_.load(order::relaxed); }
  /// Returns whether the lock was held meanwhile.
  bool locked(told_lock& lock) const noexcept {
    const std::lock_guard<told_lock> guard(lock);
    return lock.held;
  }
  /// Null is dereferenced by the mutant.
  int value_of(const int* in) const noexcept { return in == nullptr ? value_ : *in; }
  /// Constant where it is asked for as one.
  static constexpr bool odd(int n) noexcept { return (n & 1) == 1; }

 private:
  int value_ = 0;
  std::atomic<int> published_{0};
};

static_assert(counter::odd(3) && !counter::odd(2));

}  // namespace small
