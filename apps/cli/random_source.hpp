// random_source.hpp - random numbers that a seed repeats, one source for each thread.
//
// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (splitmix64).

#pragma once

#include <cstdint>

namespace cli {

/// Mixes 64 bits so that each bit of the result depends on each bit of `x`.
constexpr std::uint64_t mixed(std::uint64_t x) noexcept {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

class random_source {
 public:
  constexpr random_source(std::uint64_t seed, std::uint64_t stream) noexcept
      : state_(mixed(seed) ^ mixed(mixed(stream + 1))) {}

  constexpr std::uint64_t next() noexcept { return mixed(state_ += 0x9e3779b97f4a7c15); }

  /// A number below n, as good as evenly. Requires  n >= 1.
  constexpr std::uint32_t below(std::uint32_t n) noexcept {
    return static_cast<std::uint32_t>(((next() >> 32) * n) >> 32);
  }

  /// True once in n calls on average. Requires  n >= 1.
  constexpr bool once_in(std::uint32_t n) noexcept { return below(n) == 0; }

 private:
  std::uint64_t state_;
};

}  // namespace cli
