// synthetic.cpp - zipf, scan, loop, mixed, and hot sets that jump or drift.

#include "synthetic.hpp"

#include <algorithm>
#include <utility>

#include "zipf.hpp"

namespace eviction {
namespace {

constexpr std::uint64_t seed = 20261123;

std::size_t scaled(double scale, std::size_t count) {
  return std::max<std::size_t>(1000, static_cast<std::size_t>(scale * static_cast<double>(count)));
}

workload finish(workload out) {
  key last = 0;
  for (const key k : out.accesses) last = std::max(last, k);
  out.keys = std::size_t{last} + 1;
  return out;
}

// Independent draws: what was asked for lately says nothing beyond how popular it is.
workload zipf_alone(std::string name, double exponent, double scale) {
  constexpr std::size_t keys = 1'000'000;
  workload out{.name = std::move(name),
               .accesses = {},
               .keys = keys,
               .capacities = {keys / 1000, keys / 100, keys / 10}};
  const zipf popular(exponent, keys);
  random_numbers numbers(seed);
  out.accesses.resize(scaled(scale, 10'000'000));
  for (key& k : out.accesses) k = popular(numbers);
  return out;
}

// Zipf 0.9 over 200,000 keys; after every 100,000 accesses come 50,000 keys that never come again.
workload scan(double scale) {
  constexpr key popular_keys = 200'000;
  constexpr std::size_t calm = 100'000;
  constexpr std::size_t scanned = 50'000;
  workload out{.name = "scan", .accesses = {}, .capacities = {1'000, 5'000, 20'000, 50'000}};
  const zipf popular(0.9, popular_keys);
  random_numbers numbers(seed);
  out.accesses.resize(scaled(scale, 4'000'000));
  key fresh = popular_keys;
  std::size_t i = 0;
  for (key& k : out.accesses) k = i++ % (calm + scanned) < calm ? popular(numbers) : fresh++;
  return finish(std::move(out));
}

// 10,500 keys in a circle.
workload loop(double scale) {
  constexpr key keys = 10'500;
  workload out{.name = "cycle", .accesses = {}, .capacities = {2'500, 5'000, 10'000, 10'400}};
  out.accesses.resize(scaled(scale, 2'000'000));
  key at = 0;
  for (key& k : out.accesses) k = at++ % keys;
  return finish(std::move(out));
}

// Runs of 2,000 accesses: half of them zipf, the others a circle, a scan, or what was used lately.
workload mixed(double scale) {
  constexpr key popular_keys = 100'000;
  constexpr key circle_keys = 20'000;
  constexpr std::size_t run = 2'000;
  workload out{.name = "mixed", .accesses = {}, .capacities = {1'000, 5'000, 20'000, 40'000}};
  const zipf popular(0.9, popular_keys);
  random_numbers numbers(seed);
  const std::size_t length = scaled(scale, 4'000'000);
  key circle = 0;
  key fresh = popular_keys + circle_keys;
  while (out.accesses.size() < length) {
    const std::uint32_t kind = numbers.below(10);
    for (std::size_t i = 0; i < run; ++i) {
      if (kind < 5) {
        out.accesses.push_back(popular(numbers));
      } else if (kind < 7) {
        out.accesses.push_back(popular_keys + circle++ % circle_keys);
      } else if (kind < 8 || out.accesses.size() < run) {
        out.accesses.push_back(fresh++);
      } else {
        // Of the last 2,000, the newer the likelier.
        const double share = numbers.share();
        const auto back = static_cast<std::size_t>(share * share * static_cast<double>(run - 1));
        out.accesses.push_back(out.accesses[out.accesses.size() - 1 - back]);
      }
    }
  }
  return finish(std::move(out));
}

// Zipf 0.99 over 100,000 keys; after every `each` accesses the ranks move on by `by` keys.
workload moving(std::string name, std::size_t each, std::size_t by, double scale) {
  constexpr std::size_t keys = 100'000;
  workload out{.name = std::move(name),
               .accesses = {},
               .keys = keys,
               .capacities = {100, 1'000, 5'000, 20'000}};
  const zipf popular(0.99, keys);
  random_numbers numbers(seed);
  out.accesses.resize(scaled(scale, 4'000'000));
  std::size_t i = 0;
  for (key& k : out.accesses) {
    k = static_cast<key>((popular(numbers) + i++ / each * by) % keys);
  }
  return out;
}

}  // namespace

std::vector<recipe> synthetic(double scale) {
  std::vector<recipe> out;
  const auto add_zipf = [&](const char* name, double exponent) {
    out.push_back({name, [=] { return zipf_alone(name, exponent, scale); }});
  };
  add_zipf("zipf 0.7", 0.7);
  add_zipf("zipf 0.9", 0.9);
  add_zipf("zipf 0.99", 0.99);
  add_zipf("zipf 1.1", 1.1);
  out.push_back({"scan", [=] { return scan(scale); }});
  out.push_back({"cycle", [=] { return loop(scale); }});
  out.push_back({"mixed", [=] { return mixed(scale); }});
  // The whole hot set is another one at once; or one key in a hundred accesses.
  out.push_back({"jump", [=] { return moving("jump", 200'000, 5'000, scale); }});
  out.push_back({"drift", [=] { return moving("drift", 100, 1, scale); }});
  return out;
}

}  // namespace eviction
