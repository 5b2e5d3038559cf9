// goals.cpp - ratios of medians of one run, as elsewhere.

#include "goals.hpp"

namespace bench {
namespace {

constexpr double reading_bound = 1.15;
constexpr double churning_bound = 1.30;
constexpr double many_bound = 0.50;
constexpr double lead = 1.5;

const row* find_of(const rows& all, const row& of) {
  for (const auto& each : all) {
    if (each->bench == of.bench && each->when == of.when && each->what.who == role::ours) {
      return each.get();  // the first of ours: find
    }
  }
  return nullptr;
}

}  // namespace

void judge_registry(rows& all) {
  for (const auto& each : all) {
    const row* const limit = limit_of(all, *each);
    each->ratio_to_limit = limit == nullptr ? 0 : median(*each) / median(*limit);
    if (each->what.who != role::ours) continue;
    if (each->what.batch > 1 && each->bench.ends_with(read_only)) {
      if (each->bench.starts_with("uniform")) {
        aim(*each, find_of(all, *each), "find_many: half a find", many_bound);
      }
      continue;
    }
    if (each->bench.ends_with(read_only)) {
      aim(*each, limit, "near the limit", reading_bound);
    } else {
      aim(*each, limit, "near the limit", churning_bound);
    }
    const row* const best = best_peer_of(all, *each);
    race(*each, best);
    aim(*each, best, "well ahead of the best", 1 / lead);
  }
}

}  // namespace bench
