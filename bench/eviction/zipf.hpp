// zipf.hpp - ranks of which few come up often and most hardly ever.

#pragma once

#include <cmath>
#include <vector>

#include "policy.hpp"
#include "random_numbers.hpp"

namespace eviction {

/// Rank r, from 0, comes up in proportion to 1 / (r + 1)^exponent.
class zipf {
 public:
  zipf(double exponent, std::size_t ranks) : cells_(ranks) {
    std::vector<double> weight(ranks);
    double sum = 0;
    for (std::size_t r = 0; r < ranks; ++r) {
      weight[r] = std::pow(static_cast<double>(r + 1), -exponent);
      sum += weight[r];
    }
    // Walker's alias method: a cell belongs to its rank up to `own`, and above it to `other`.
    std::vector<key> poor;
    std::vector<key> rich;
    for (std::size_t r = 0; r < ranks; ++r) {
      weight[r] *= static_cast<double>(ranks) / sum;
      (weight[r] < 1 ? poor : rich).push_back(static_cast<key>(r));
    }
    while (!poor.empty() && !rich.empty()) {
      const key from = rich.back();
      const key to = poor.back();
      poor.pop_back();
      cells_[to] = {.own = weight[to], .other = from};
      weight[from] -= 1 - weight[to];
      if (weight[from] < 1) {
        rich.pop_back();
        poor.push_back(from);
      }
    }
    for (const auto* rest : {&poor, &rich}) {
      for (const key r : *rest) cells_[r] = {.own = 1, .other = r};
    }
  }

  key operator()(random_numbers& numbers) const {
    const key r = numbers.below(static_cast<std::uint32_t>(cells_.size()));
    return numbers.share() < cells_[r].own ? r : cells_[r].other;
  }

 private:
  struct cell {
    double own = 1;
    key other = 0;
  };
  std::vector<cell> cells_;
};

}  // namespace eviction
