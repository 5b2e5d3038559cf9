// keys.cpp - two distributions, both exact.

#include "keys.hpp"

#include <algorithm>
#include <bit>
#include <numeric>
#include <random>

#include "../eviction/zipf.hpp"

namespace bench {
namespace {

constexpr std::size_t updates = std::size_t{1} << 18;

keys empty_for(std::uint64_t objects, std::size_t finds, std::mt19937_64& random) {
  keys out{.objects = objects, .finds = {}, .updates = {}};
  out.finds.resize(finds);
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

std::size_t first_place(unsigned self, std::size_t finds) noexcept {
  constexpr std::size_t share = 618;  // in thousandths
  constexpr std::size_t most_at_once = 32;
  return (self * share * finds / 1000) % finds / most_at_once * most_at_once;
}

std::shared_ptr<const keys> uniform(std::uint64_t objects) {
  std::mt19937_64 random(1);
  keys out = empty_for(objects, finds_for(objects), random);
  std::uniform_int_distribution<std::uint64_t> any(0, objects - 1);
  for (std::uint64_t& each : out.finds) each = id_of(any(random));
  return std::make_shared<const keys>(std::move(out));
}

std::shared_ptr<const keys> zipf(std::uint64_t objects, double exponent, std::size_t finds) {
  std::mt19937_64 random(2);
  keys out = empty_for(objects, finds, random);
  std::vector<std::uint32_t> by_rank(objects);
  std::iota(by_rank.begin(), by_rank.end(), 0);
  std::shuffle(by_rank.begin(), by_rank.end(), random);
  const eviction::zipf rank(exponent, objects);
  eviction::random_numbers numbers(2);
  for (std::uint64_t& each : out.finds) each = id_of(by_rank[rank(numbers)]);
  return std::make_shared<const keys>(std::move(out));
}

}  // namespace bench
