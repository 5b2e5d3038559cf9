// study.cpp - who should leave a cache in which a hit may only add to a number?
//
// Question: which lazy policy has the most hits, and how near is it to policies that pay for each
// hit, to Caffeine, and to the optimum? Read: a row is one workload at one cache size, and all
// columns saw the same keys from an empty cache on. Record: docs/design/0013-eviction-policy.md.

#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "../command_line.hpp"
#include "caffeine.hpp"
#include "optimum.hpp"
#include "plot.hpp"
#include "result.hpp"
#include "trace.hpp"

namespace {

using namespace eviction;

struct options {
  std::string traces;
  std::string json;
  std::string svg;
  std::string only;
  bool caffeine = false;
  bool shapes = false;
  double scale = 1;
};

// Returns  nothing when the options are read; else the status to end with.
std::optional<int> read(int count, char** words, options& out) {
  CLI::App app{"Hit ratios of eviction policies, by simulation."};
  app.add_option("--traces", out.traces,
                 "the folder of recorded traces; without it synthetic workloads alone")
      ->type_name("DIR");
  app.add_option("--json", out.json, "write rows and summary to this file")->type_name("FILE");
  app.add_option("--svg", out.svg, "write plots to this folder")->type_name("DIR");
  app.add_flag("--caffeine", out.caffeine,
               "run Caffeine too, in a process of its own (about five minutes)");
  app.add_flag("--shapes", out.shapes,
               "instead of all policies: Lap-FIFO with one parameter changed at a time");
  app.add_option("--only", out.only, "one workload")->type_name("NAME");
  app.add_option("--scale", out.scale,
                 "the synthetic ones X times as long (0.01: to see that it runs)")
      ->type_name("X")
      ->check(CLI::Range(1e-6, 100.0))
      ->capture_default_str();
  return bench::read(app, count, words);
}

double percent(std::uint64_t hits, const workload& of) {
  return 100 * static_cast<double>(hits) / static_cast<double>(of.accesses.size());
}

void run(const workload& on, bool caffeine, results& into) {
  const std::vector<std::uint32_t> next = next_uses(on.accesses, on.keys);
  const std::vector<std::uint64_t> theirs =
      caffeine ? caffeine_hits(on) : std::vector<std::uint64_t>();
  for (std::size_t i = 0; i < on.capacities.size(); ++i) {
    const std::size_t capacity = on.capacities[i];
    row out{.workload = on.name,
            .capacity = capacity,
            .recorded = on.recorded,
            .accesses = on.accesses.size(),
            .keys = on.keys,
            .optimum = percent(optimum_hits(on.accesses, next, on.keys, capacity), on),
            .caffeine = {},
            .hit_ratios = {},
            .visits = {}};
    if (caffeine) out.caffeine = percent(theirs[i], on);
    for (const contestant& each : into.who) {
      const auto policy = each.make(capacity, on.keys);
      std::uint64_t hits = 0;
      for (const key k : on.accesses) hits += policy->access(k) ? 1 : 0;
      out.hit_ratios.push_back(percent(hits, on));
      out.visits.push_back(policy->visits());
    }
    into.rows.push_back(std::move(out));
  }
}

results study(const options& wanted) {
  results out{.who = wanted.shapes ? shapes_of_lap_fifo() : contestants(), .rows = {}};
  std::vector<recipe> recipes = synthetic(wanted.scale);
  if (!wanted.traces.empty()) {
    for (recipe& each : traces(wanted.traces)) recipes.push_back(std::move(each));
  }
  for (const recipe& each : recipes) {
    if (!wanted.only.empty() && each.name != wanted.only) continue;
    std::fprintf(stderr, "%s\n", each.name.c_str());
    run(each.make(), wanted.caffeine, out);
  }
  return out;
}

}  // namespace

int main(int count, char** words) {
  options wanted;
  if (const std::optional<int> status = read(count, words, wanted)) return *status;
  try {
    const results found = study(wanted);
    if (found.rows.empty()) {
      std::fprintf(stderr, "no such workload: %s\n", wanted.only.c_str());
      return 2;
    }
    print(found);
    const bool json = wanted.json.empty() || write_json(found, wanted.json);
    const bool svg = wanted.svg.empty() || write_plots(found, wanted.svg);
    return json && svg ? 0 : 1;
  } catch (const std::exception& failed) {
    std::fprintf(stderr, "eviction_study: %s\n", failed.what());
    return 1;
  }
}
