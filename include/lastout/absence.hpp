// absence.hpp - a negative entry: that there is nothing of a name, and until when that is believed.
//
// For cache, which keeps them in a cache of their own.

#pragma once

#include <chrono>
#include <cstddef>
#include <utility>

#include <lastout/cached.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

template <class Key>
struct absence : cached<absence<Key>> {
  using clock = std::chrono::steady_clock;

  absence(Key of, std::chrono::nanoseconds lifetime)
      : name(std::move(of)), until(later(clock::now(), lifetime)) {}

  [[nodiscard]] bool expired() const noexcept { return clock::now() >= until; }
  [[nodiscard]] std::size_t charge() const noexcept { return 1; }

  const Key name;
  const clock::time_point until;

 private:
  static clock::time_point later(clock::time_point now, std::chrono::nanoseconds by) noexcept {
    return by < clock::time_point::max() - now ? now + by : clock::time_point::max();
  }
};

template <class T>
inline constexpr bool is_absence = false;
template <class Key>
inline constexpr bool is_absence<absence<Key>> = true;

}  // namespace LASTOUT_ABI
}  // namespace lastout
