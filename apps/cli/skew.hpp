// skew.hpp - chooses among n things as real use does: a few often, most of them rarely.
//
// Zipf: the k-th most popular thing is chosen in proportion to 1 / k^0.99. Which thing is how
// popular is shuffled by the seed, so that neighbours in the tree are not neighbours in
// popularity.
//
// Source: Walker's alias method as Vose gives it: one table look-up for each choice, whatever n.

#pragma once

#include <cstdint>
#include <vector>

#include "random_source.hpp"

namespace cli {

class skew {
 public:
  static constexpr double exponent = 0.99;

  /// Requires  1 <= n < 2^32.
  skew(std::size_t n, std::uint64_t seed);

  /// The number of a thing, 0 .. n - 1.
  [[nodiscard]] std::uint32_t choose(random_source& random) const noexcept {
    const std::uint64_t bits = random.next();
    const auto at = static_cast<std::uint32_t>(((bits >> 32) * columns_.size()) >> 32);
    const column& here = columns_[at];
    return static_cast<std::uint32_t>(bits) <= here.share ? here.own : here.other;
  }

  [[nodiscard]] std::size_t size() const noexcept { return columns_.size(); }

 private:
  struct column {
    std::uint32_t share;  // how much of the column is `own`, out of 2^32
    std::uint32_t own;
    std::uint32_t other;
  };
  std::vector<column> columns_;
};

}  // namespace cli
