// ticks.hpp - the cheapest clock that there is, for single operations.
//
// On x86 the time stamp counter, fenced on both sides so that nothing of the operation is outside
// of what is timed; elsewhere the steady clock.

#pragma once

#include <chrono>
#include <cstdint>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace bench {

inline std::uint64_t ticks() noexcept {
#if defined(__x86_64__)
  _mm_lfence();
  const std::uint64_t now = __rdtsc();
  _mm_lfence();
  return now;
#else
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
}

/// Nanoseconds for a tick, found out in 50 ms from the steady clock.
inline double tick_ns() {
  using clock = std::chrono::steady_clock;
  const clock::time_point begin = clock::now();
  const std::uint64_t first = ticks();
  clock::time_point now = begin;
  while (now - begin < std::chrono::milliseconds(50)) now = clock::now();
  const std::uint64_t last = ticks();
  return std::chrono::duration<double, std::nano>(now - begin).count() /
         static_cast<double>(last - first);
}

}  // namespace bench
