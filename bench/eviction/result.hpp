// result.hpp - what each policy came to on each row, and what the rows come to together.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "contestant.hpp"
#include "workload.hpp"

namespace eviction {

/// One workload at one capacity. Hit ratios are in per cent, from an empty cache on.
struct row {
  std::string workload;
  std::size_t capacity = 0;
  bool recorded = false;
  std::size_t accesses = 0;
  std::size_t keys = 0;
  double optimum = 0;
  std::optional<double> caffeine;
  std::vector<double> hit_ratios;     // one for each contestant
  std::vector<std::uint64_t> visits;  // of its hand
};

struct worst {
  double points = 0;
  std::string where;
};

/// Means are over workloads, each being the mean over its capacities.
struct summary {
  std::string name;
  double mean_synthetic = 0;
  double mean_recorded = 0;
  double mean = 0;
  double to_optimum = 0;
  worst to_optimum_worst;
  std::optional<double> to_caffeine;
  worst to_caffeine_worst;
  double fewer_misses_than_lru = 0;  // per cent, mean over rows
  worst to_lru_worst;
  double visits_per_miss = 0;
};

struct results {
  std::vector<contestant> who;
  std::vector<row> rows;
};

/// One for each contestant; then one for Caffeine, if it took part.
std::vector<summary> summarize(const results& of);

/// A table for people: a line for each row, then a line for each summary.
void print(const results& of);

/// Returns   false, with the reason on stderr, when that was not possible.
bool write_json(const results& of, const std::string& path);

}  // namespace eviction
