// clock.hpp - a vector clock: what of each thread happened before here.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace interleave {

/// Logical threads of one execution, the set-up (thread 0) included.
inline constexpr unsigned threads_max = 8;

using stamp = std::uint32_t;  // the n-th access of a thread, from 1; 0: before everything

struct vector_clock {
  std::array<stamp, threads_max> at{};

  void join(const vector_clock& other) noexcept {
    for (std::size_t i = 0; i < threads_max; ++i) at[i] = std::max(at[i], other.at[i]);
  }

  /// True when access `when` of `thread` happens before here.
  bool covers(unsigned thread, stamp when) const noexcept { return when <= at[thread]; }
};

}  // namespace interleave
