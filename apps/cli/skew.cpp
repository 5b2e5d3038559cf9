// skew.cpp - see skew.hpp.

#include "skew.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace cli {

skew::skew(std::size_t n, std::uint64_t seed) : columns_(n) {
  std::vector<std::uint32_t> thing(n);  // by rank
  std::iota(thing.begin(), thing.end(), 0U);
  random_source random(seed, 0x5e1ec7);
  for (std::size_t i = n; i > 1; --i) {
    std::swap(thing[i - 1], thing[random.below(static_cast<std::uint32_t>(i))]);
  }

  std::vector<double> weight(n);
  for (std::size_t rank = 0; rank < n; ++rank) {
    weight[rank] = std::pow(static_cast<double>(rank + 1), -exponent);
  }
  const double total = std::accumulate(weight.begin(), weight.end(), 0.0);
  std::vector<std::uint32_t> small;
  std::vector<std::uint32_t> large;
  for (std::size_t rank = 0; rank < n; ++rank) {
    weight[rank] *= static_cast<double>(n) / total;
    (weight[rank] < 1 ? small : large).push_back(static_cast<std::uint32_t>(rank));
  }
  const auto fill = [&](std::uint32_t rank, double share, std::uint32_t other) {
    const double bounded = std::clamp(share, 0.0, 1.0) * UINT32_MAX;
    columns_[rank] = {static_cast<std::uint32_t>(bounded), thing[rank], thing[other]};
  };
  while (!small.empty() && !large.empty()) {
    const std::uint32_t less = small.back();
    const std::uint32_t more = large.back();
    small.pop_back();
    fill(less, weight[less], more);
    weight[more] -= 1 - weight[less];
    if (weight[more] < 1) {
      large.pop_back();
      small.push_back(more);
    }
  }
  for (const std::uint32_t rank : small) fill(rank, 1, rank);
  for (const std::uint32_t rank : large) fill(rank, 1, rank);
}

}  // namespace cli
