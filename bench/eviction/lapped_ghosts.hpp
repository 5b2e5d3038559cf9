// lapped_ghosts.hpp - who left lately, in two bytes each, and how far the hand was then.
//
// A hash table of buckets of eight; in a bucket the newest pushes the oldest out. A ghost is eleven
// bits of its key's hash and the place of the main hand, in eighths of a lap, modulo four laps. One
// miss in 256 finds another key's ghost for its own; that costs one unearned place in main.

#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "policy.hpp"

namespace eviction {

class lapped_ghosts {
 public:
  static constexpr unsigned eighths_in_lap = 8;

  /// `age_max`: in eighths of a lap, at most 31. A ghost that is older is none.
  lapped_ghosts(std::size_t count, unsigned age_max)
      : age_max_(age_max), buckets_(std::max<std::size_t>(1, (count + 7) / 8)) {}

  void add(key k, std::uint64_t eighths) {
    const std::uint64_t hash = mix(k);
    bucket& in = buckets_[place(hash)];
    std::copy_backward(in.begin(), in.end() - 1, in.end());
    in[0] = static_cast<std::uint16_t>(mark(hash) | (eighths & stamp_mask));
  }

  /// Takes the ghost of `k` out, if there is one.
  /// Returns   until when it is young enough, `eighths` or later; nothing when it is too old.
  std::optional<std::uint64_t> take(key k, std::uint64_t eighths) {
    const std::uint64_t hash = mix(k);
    bucket& in = buckets_[place(hash)];
    const auto same = [&](std::uint16_t each) { return (each & ~stamp_mask) == mark(hash); };
    const auto found = std::find_if(in.begin(), in.end(), same);
    if (found == in.end()) return {};
    const std::uint64_t age = (eighths - *found) & stamp_mask;
    std::copy(found + 1, in.end(), found);
    in.back() = nobody;
    if (age > age_max_) return {};
    return eighths + age_max_ - age;
  }

 private:
  static constexpr unsigned stamp_mask = 31;
  static constexpr std::uint16_t nobody = 0;  // no mark is 0
  using bucket = std::array<std::uint16_t, 8>;

  static std::uint64_t mix(std::uint64_t x) {
    x = (x + 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 32)) * 0x94d049bb133111eb;
    return x ^ (x >> 29);
  }
  [[nodiscard]] std::size_t place(std::uint64_t hash) const {
    return static_cast<std::size_t>(((hash >> 32) * buckets_.size()) >> 32);
  }
  static unsigned mark(std::uint64_t hash) {
    const unsigned bits = static_cast<unsigned>(hash & 0x7ff);
    return std::max(1U, bits) << 5;
  }

  const unsigned age_max_;
  std::vector<bucket> buckets_;
};

}  // namespace eviction
