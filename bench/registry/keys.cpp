// keys.cpp - two distributions, exact: Zipf's by its own distribution function, not by a formula
// near it.

#include "keys.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <random>

namespace bench {
namespace {

constexpr double zipf_exponent = 0.99;
constexpr std::size_t updates = std::size_t{1} << 18;

keys empty_for(std::uint64_t objects, std::mt19937_64& random) {
  keys out{.objects = objects, .finds = {}, .updates = {}};
  out.finds.resize(finds_for(objects));
  out.updates.resize(updates);
  std::uniform_int_distribution<std::uint32_t> any(0, static_cast<std::uint32_t>(objects - 1));
  for (std::uint32_t& each : out.updates) each = any(random);
  return out;
}

}  // namespace

std::size_t finds_for(std::uint64_t objects) noexcept {
  constexpr std::uint64_t least = 1u << 14;
  constexpr std::uint64_t most = 1u << 21;
  return std::bit_ceil(std::clamp(2 * objects, least, most));
}

std::shared_ptr<const keys> uniform(std::uint64_t objects) {
  std::mt19937_64 random(1);
  keys out = empty_for(objects, random);
  std::uniform_int_distribution<std::uint64_t> any(0, objects - 1);
  for (std::uint64_t& each : out.finds) each = id_of(any(random));
  return std::make_shared<const keys>(std::move(out));
}

std::shared_ptr<const keys> zipf(std::uint64_t objects) {
  std::mt19937_64 random(2);
  keys out = empty_for(objects, random);
  std::vector<std::uint32_t> by_rank(objects);
  std::iota(by_rank.begin(), by_rank.end(), 0);
  std::shuffle(by_rank.begin(), by_rank.end(), random);
  std::vector<double> below(objects);  // the weight of all ranks up to this one
  double sum = 0;
  for (std::size_t rank = 0; rank < below.size(); ++rank) {
    sum += std::pow(static_cast<double>(rank + 1), -zipf_exponent);
    below[rank] = sum;
  }
  std::uniform_real_distribution<double> any(0, sum);
  for (std::uint64_t& each : out.finds) {
    const auto found = std::upper_bound(below.begin(), below.end() - 1, any(random));
    each = id_of(by_rank[static_cast<std::size_t>(found - below.begin())]);
  }
  return std::make_shared<const keys>(std::move(out));
}

}  // namespace bench
