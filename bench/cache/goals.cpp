// goals.cpp - ratios of medians of one run; hits as counted in the turns that were timed.

#include "goals.hpp"

#include <cmath>
#include <string_view>

namespace bench {
namespace {

constexpr double resident_bound = 1.5;
constexpr double evicting_bound = 2.5;
constexpr double lead_on_clock = 3;
constexpr double beyond_max = 32;
// Hits differ by less than this between two turns of one row.
constexpr double hits_alike = 0.001;

const row* peer_of(const rows& all, const row& of, std::string_view name) {
  return find(all, of.bench, of.when, name);
}

const row* caffeine_with_most_hits(const rows& all, const row& of) {
  const row* most = nullptr;
  for (const auto& each : all) {
    if (each->bench != of.bench || each->when != of.when || !each->hit_ratio) continue;
    if (!each->what.name.starts_with("Caffeine")) continue;
    if (most == nullptr || *each->hit_ratio > *most->hit_ratio) most = each.get();
  }
  return most;
}

void aim_at_hits(row& of, const row* against) {
  if (against == nullptr || !of.hit_ratio || !against->hit_ratio) return;
  const double ahead = *of.hit_ratio - *against->hit_ratio;
  of.goals.push_back({.text = "no fewer hits",
                      .against = "the misses of " + against->what.name,
                      .ratio = (1 - *of.hit_ratio) / (1 - *against->hit_ratio),
                      .bound = 1,
                      .outcome = std::abs(ahead) <= hits_alike ? verdict::tie
                                 : ahead > 0                   ? verdict::pass
                                                               : verdict::fail});
}

void aim_at_bytes(row& of, std::string wording, double beyond) {
  of.goals.push_back({.text = std::move(wording),
                      .against = "one byte for each entry",
                      .ratio = beyond,
                      .bound = beyond_max,
                      .outcome = beyond <= beyond_max ? verdict::pass : verdict::fail});
}

}  // namespace

void judge_cache(rows& all, const std::vector<memory_row>& memory) {
  bool weighed = false;
  for (const auto& each : all) {
    const row* const limit = limit_of(all, *each);
    each->ratio_to_limit = limit == nullptr ? 0 : median(*each) / median(*limit);
    if (each->what.who != role::ours) continue;
    if (each->what.batch > 1) continue;
    if (each->bench == all_stay) {
      aim(*each, limit, "near the limit", resident_bound);
    } else if (each->bench == tenth_fits) {
      aim(*each, limit, "near the limit", evicting_bound);
      aim(*each, peer_of(all, *each, "RocksDB HyperClockCache"), "3 x ahead of it",
          1 / lead_on_clock);
      aim_at_hits(*each, caffeine_with_most_hits(all, *each));
    }
    race(*each, best_peer_of(all, *each));
    if (weighed) continue;
    for (const memory_row& bytes : memory) {
      if (bytes.who != role::ours) continue;
      aim_at_bytes(*each, "memory beyond object", bytes.beyond_object());
      aim_at_bytes(*each, "memory beyond own data", bytes.beyond_own());
      weighed = true;
    }
  }
}

}  // namespace bench
