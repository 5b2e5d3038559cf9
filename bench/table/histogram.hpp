// histogram.hpp - how often an operation took how long; precise to 1/32 of the time.

#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace bench {

class histogram {
 public:
  void add(std::uint64_t ticks) noexcept {
    ++counts_[bucket(ticks)];
    ++count_;
    max_ = std::max(max_, ticks);
  }

  /// The ticks that this share of the operations does not exceed.
  [[nodiscard]] std::uint64_t at(double share) const noexcept {
    const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(count_));
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      below += counts_[i];
      if (below > wanted) return std::min(end(i), max_);
    }
    return max_;
  }
  [[nodiscard]] std::uint64_t max() const noexcept { return max_; }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

 private:
  // Up to 2^6 one bucket for each number; beyond, 32 buckets for each power of two.
  static constexpr unsigned fine_bits = 5;
  static constexpr std::uint64_t fine = std::uint64_t{1} << fine_bits;

  static std::size_t bucket(std::uint64_t ticks) noexcept {
    if (ticks < 2 * fine) return static_cast<std::size_t>(ticks);
    const auto shift = static_cast<unsigned>(std::bit_width(ticks)) - 1 - fine_bits;
    return static_cast<std::size_t>(shift * fine + (ticks >> shift));
  }
  // The greatest number in a bucket.
  static std::uint64_t end(std::size_t bucket) noexcept {
    if (bucket < 2 * fine) return bucket;
    const std::uint64_t shift = bucket / fine - 1;
    return ((bucket - shift * fine + 1) << shift) - 1;
  }

  std::array<std::uint64_t, (64 - fine_bits + 1) * fine> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace bench
