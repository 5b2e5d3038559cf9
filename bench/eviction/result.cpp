// result.cpp - sums, tables, JSON.

#include "result.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>

#include <nlohmann/json.hpp>

namespace eviction {
namespace {

std::string place(const row& of) { return of.workload + " " + std::to_string(of.capacity); }

void note(worst& so_far, double points, const row& where) {
  if (!so_far.where.empty() && points >= so_far.points) return;
  so_far = {.points = points, .where = place(where)};
}

// The mean over workloads of the mean over their rows.
class mean_of_means {
 public:
  void add(const row& of, double value) {
    cell& in = cells_[of.workload];
    in.sum += value;
    ++in.count;
  }
  [[nodiscard]] double value() const {
    double sum = 0;
    for (const auto& [name, each] : cells_) sum += each.sum / each.count;
    return cells_.empty() ? 0 : sum / static_cast<double>(cells_.size());
  }

 private:
  struct cell {
    double sum = 0;
    double count = 0;
  };
  std::map<std::string, cell> cells_;
};

template <class HitRatio>
summary summarize(const std::string& name, const std::vector<row>& rows, HitRatio hit_ratio) {
  summary out{.name = name,
              .to_optimum_worst = {},
              .to_caffeine = {},
              .to_caffeine_worst = {},
              .to_lru_worst = {}};
  mean_of_means synthetic;
  mean_of_means recorded;
  mean_of_means all;
  mean_of_means to_optimum;
  mean_of_means to_caffeine;
  bool caffeine = false;
  double fewer = 0;
  for (const row& each : rows) {
    const double mine = hit_ratio(each);
    (each.recorded ? recorded : synthetic).add(each, mine);
    all.add(each, mine);
    to_optimum.add(each, mine - each.optimum);
    note(out.to_optimum_worst, mine - each.optimum, each);
    if (each.caffeine) {
      caffeine = true;
      to_caffeine.add(each, mine - *each.caffeine);
      note(out.to_caffeine_worst, mine - *each.caffeine, each);
    }
    const double lru = each.hit_ratios.front();
    fewer += 100 * (mine - lru) / (100 - lru);
    note(out.to_lru_worst, mine - lru, each);
  }
  out.mean_synthetic = synthetic.value();
  out.mean_recorded = recorded.value();
  out.mean = all.value();
  out.to_optimum = to_optimum.value();
  if (caffeine) out.to_caffeine = to_caffeine.value();
  out.fewer_misses_than_lru = fewer / static_cast<double>(rows.size());
  return out;
}

nlohmann::ordered_json as_json(const worst& of) {
  return {{"points", of.points}, {"where", of.where}};
}

}  // namespace

std::vector<summary> summarize(const results& of) {
  std::vector<summary> out;
  for (std::size_t i = 0; i < of.who.size(); ++i) {
    out.push_back(
        summarize(of.who[i].name, of.rows, [i](const row& each) { return each.hit_ratios[i]; }));
    double visits = 0;
    double misses = 0;
    for (const row& each : of.rows) {
      visits += static_cast<double>(each.visits[i]);
      misses += (1 - each.hit_ratios[i] / 100) * static_cast<double>(each.accesses);
    }
    out.back().visits_per_miss = misses > 0 ? visits / misses : 0;
  }
  const auto has = [](const row& each) { return each.caffeine.has_value(); };
  if (std::all_of(of.rows.begin(), of.rows.end(), has)) {
    out.push_back(summarize("Caffeine 2.6.2", of.rows,
                            [](const row& each) { return each.caffeine.value_or(0); }));
  }
  return out;
}

void print(const results& of) {
  std::printf("Hit ratios, per cent. (l): lazy, a hit only adds to a number.\n\n%-22s", "");
  for (std::size_t i = 0; i < of.who.size(); ++i) std::printf(" %6zu", i + 1);
  std::printf(" %8s %7s\n", "Caffeine", "optimum");
  for (const row& each : of.rows) {
    std::printf("%-22s", place(each).c_str());
    for (const double ratio : each.hit_ratios) std::printf(" %6.2f", ratio);
    if (each.caffeine) {
      std::printf(" %8.2f", *each.caffeine);
    } else {
      std::printf(" %8s", "-");
    }
    std::printf(" %7.2f\n", each.optimum);
  }
  std::printf("\n%-27s %7s %7s %7s | %-31s | %-31s | %-35s | %6s\n", "", "synth.", "record.",
              "mean", "to the optimum: mean, worst", "to Caffeine: mean, worst",
              "misses fewer than LRU's, worst", "visits");
  std::size_t number = 0;
  for (const summary& each : summarize(of)) {
    const bool lazy = number < of.who.size() && of.who[number].is == kind::lazy;
    std::printf("%2zu %-20s %3s %7.2f %7.2f %7.2f | %6.2f %6.2f %-17s |", ++number,
                each.name.c_str(), lazy ? "(l)" : "", each.mean_synthetic, each.mean_recorded,
                each.mean, each.to_optimum, each.to_optimum_worst.points,
                each.to_optimum_worst.where.c_str());
    if (each.to_caffeine) {
      std::printf(" %6.2f %6.2f %-17s |", *each.to_caffeine, each.to_caffeine_worst.points,
                  each.to_caffeine_worst.where.c_str());
    } else {
      std::printf(" %6s %6s %-17s |", "-", "-", "");
    }
    std::printf(" %6.2f %% %7.2f %-18s | %6.2f\n", each.fewer_misses_than_lru,
                each.to_lru_worst.points, each.to_lru_worst.where.c_str(), each.visits_per_miss);
  }
}

bool write_json(const results& of, const std::string& path) {
  nlohmann::ordered_json out;
  for (const row& each : of.rows) {
    nlohmann::ordered_json ratios;
    for (std::size_t i = 0; i < of.who.size(); ++i) ratios[of.who[i].name] = each.hit_ratios[i];
    if (each.caffeine) ratios["Caffeine 2.6.2"] = *each.caffeine;
    ratios["optimum"] = each.optimum;
    out["rows"].push_back({{"workload", each.workload},
                           {"capacity", each.capacity},
                           {"recorded", each.recorded},
                           {"accesses", each.accesses},
                           {"keys", each.keys},
                           {"hit_ratio_percent", ratios}});
  }
  for (const summary& each : summarize(of)) {
    nlohmann::ordered_json one = {{"policy", each.name},
                                  {"mean_synthetic", each.mean_synthetic},
                                  {"mean_recorded", each.mean_recorded},
                                  {"mean", each.mean},
                                  {"to_optimum", each.to_optimum},
                                  {"to_optimum_worst", as_json(each.to_optimum_worst)}};
    if (each.to_caffeine) {
      one["to_caffeine"] = *each.to_caffeine;
      one["to_caffeine_worst"] = as_json(each.to_caffeine_worst);
    }
    one["fewer_misses_than_lru_percent"] = each.fewer_misses_than_lru;
    one["to_lru_worst"] = as_json(each.to_lru_worst);
    one["visits_per_miss"] = each.visits_per_miss;
    out["summary"].push_back(one);
  }
  std::ofstream file(path, std::ios::trunc);
  file << out.dump(2) << '\n';
  file.close();
  if (!file) std::fprintf(stderr, "eviction_study: cannot write %s\n", path.c_str());
  return static_cast<bool>(file);
}

}  // namespace eviction
