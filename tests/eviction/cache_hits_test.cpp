// cache_hits_test.cpp - the cache hits what the policy that the study chose hits: the same keys, one
// after the other, all of one charge.
//
// Not to the last one: the ghosts of the two stand in other places, so other ones are pushed out. The
// cache makes as many as fill buckets whose number is a power of two; so does the other one here.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <lastout/cache.hpp>

#include "eviction/lap_fifo.hpp"
#include "eviction/lru.hpp"
#include "eviction/random_numbers.hpp"
#include "eviction/zipf.hpp"

namespace eviction {
namespace {

struct block : lastout::cached<block> {
  explicit block(key k) : number(k) {}
  static inline std::uint64_t weight = 1;
  [[nodiscard]] static std::uint64_t charge() noexcept { return weight; }
  const key number;
};
using blocks = lastout::cache<key, block, &block::number>;

using sequence = std::vector<key>;
constexpr std::size_t length = 400'000;

sequence popular(key keys, double exponent) {
  const zipf draw(exponent, keys);
  random_numbers numbers(1);
  sequence out(length);
  for (key& k : out) k = draw(numbers);
  return out;
}
sequence circle(key keys) {
  sequence out(length);
  key at = 0;
  for (key& k : out) k = at++ % keys;
  return out;
}
sequence popular_with_scans(key keys) {
  const zipf draw(0.9, keys);
  random_numbers numbers(2);
  sequence out(length);
  key fresh = keys;
  std::size_t i = 0;
  for (key& k : out) k = i++ % 15'000 < 10'000 ? draw(numbers) : fresh++;
  return out;
}
sequence runs_of_all_kinds(key keys) {
  const zipf draw(0.9, keys);
  random_numbers numbers(3);
  sequence out;
  key at = 0;
  key fresh = 2 * keys;
  while (out.size() < length) {
    const std::uint32_t kind = numbers.below(4);
    for (int i = 0; i < 2'000; ++i) {
      switch (kind) {
        case 0:
        case 1: out.push_back(draw(numbers)); break;
        case 2: out.push_back(keys + at++ % (keys / 4)); break;
        default: out.push_back(fresh++);
      }
    }
  }
  return out;
}

double hit_percent(policy& of, const sequence& keys) {
  std::size_t hits = 0;
  for (const key k : keys) hits += of.access(k) ? 1 : 0;
  return 100.0 * static_cast<double>(hits) / static_cast<double>(keys.size());
}
double hit_percent_of_the_cache(std::size_t capacity, std::uint64_t weight, const sequence& keys) {
  block::weight = weight;
  blocks all({.idle_charge_max = capacity * weight});
  std::size_t hits = 0;
  for (const key k : keys) {
    bool missed = false;
    const auto got = all.get_or_create(k, [&] {
      missed = true;
      return lastout::make<block>(k);
    });
    hits += got && !missed ? 1 : 0;
  }
  const lastout::cache_statistics s = all.statistics();
  EXPECT_EQ(s.hits, hits);
  EXPECT_EQ(s.misses, keys.size() - hits);
  return 100.0 * static_cast<double>(hits) / static_cast<double>(keys.size());
}

struct workload_of_the_test {
  const char* name;
  std::function<sequence()> make;
  std::vector<std::size_t> capacities;
};
const workload_of_the_test workloads[] = {
    {"zipf 0.99", [] { return popular(50'000, 0.99); }, {500, 5'000}},
    {"zipf 0.7", [] { return popular(50'000, 0.7); }, {5'000}},
    {"loop", [] { return circle(2'100); }, {1'000, 2'000}},
    {"scan", [] { return popular_with_scans(20'000); }, {1'000, 5'000}},
    {"mixed", [] { return runs_of_all_kinds(20'000); }, {1'000, 5'000}},
};
constexpr double percent_apart_max = 0.1;

lap_fifo policy_of_the_study(std::size_t capacity, std::size_t names) {
  constexpr std::size_t per_bucket = 8;
  const std::size_t buckets = std::bit_ceil((2 * (capacity + 1) + per_bucket - 1) / per_bucket);
  return lap_fifo(capacity, names,
                  {.ghosts_per_entry =
                       static_cast<double>(buckets * per_bucket) / static_cast<double>(capacity)});
}

TEST(cache_hits_test, the_cache_hits_what_the_policy_of_the_study_hits) {
  for (const workload_of_the_test& each : workloads) {
    const sequence keys = each.make();
    const std::size_t names = *std::max_element(keys.begin(), keys.end()) + std::size_t{1};
    for (const std::size_t capacity : each.capacities) {
      lap_fifo theirs = policy_of_the_study(capacity, names);
      const double wanted = hit_percent(theirs, keys);
      for (const std::uint64_t weight : {1u, 64u}) {
        const double got = hit_percent_of_the_cache(capacity, weight, keys);
        EXPECT_NEAR(got, wanted, percent_apart_max)
            << each.name << ", " << capacity << " entries of " << weight;
      }
    }
  }
}

// Another policy is told from it by that much: the bound says something.
TEST(cache_hits_test, another_policy_is_further_away_than_that) {
  for (const workload_of_the_test& each : workloads) {
    const sequence keys = each.make();
    const std::size_t names = *std::max_element(keys.begin(), keys.end()) + std::size_t{1};
    const std::size_t capacity = each.capacities.back();
    lap_fifo theirs = policy_of_the_study(capacity, names);
    lru other(capacity, names);
    EXPECT_GT(std::abs(hit_percent(theirs, keys) - hit_percent(other, keys)), percent_apart_max)
        << each.name;
  }
}

}  // namespace
}  // namespace eviction
