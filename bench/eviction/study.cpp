// study.cpp - who should leave a cache in which a hit may only add to a number?
//
// Question: which lazy policy has the most hits, and how near is it to policies that pay for each
// hit, to Caffeine, and to the optimum? Read: a row is one workload at one cache size, and all
// columns saw the same keys from an empty cache on. Record: docs/design/0013-eviction-policy.md.

#include <charconv>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

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
  bool help = false;
  double scale = 1;
};

constexpr const char* usage =
    "usage: %s [--traces DIR] [--json FILE] [--svg DIR] [--caffeine] [--shapes] [--only NAME]\n"
    "       [--scale X]\n"
    "  --traces DIR  the folder of recorded traces; without it synthetic workloads alone\n"
    "  --json FILE   write rows and summary to FILE\n"
    "  --svg DIR     write plots to DIR\n"
    "  --caffeine    run Caffeine too, in a process of its own (about five minutes)\n"
    "  --shapes      instead of all policies: Lap-FIFO with one parameter changed at a time\n"
    "  --only NAME   one workload\n"
    "  --scale X     the synthetic ones X times as long (0.01: to see that it runs)\n";

std::optional<options> parse(int count, char** words) {
  options out;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    const bool last = i + 1 == count;
    if (word == "--help") {
      out.help = true;
    } else if (word == "--caffeine") {
      out.caffeine = true;
    } else if (word == "--shapes") {
      out.shapes = true;
    } else if (word == "--scale" && !last) {
      const std::string_view value = words[++i];
      const auto [end, error] =
          std::from_chars(value.data(), value.data() + value.size(), out.scale);
      if (error != std::errc() || end != value.data() + value.size() || !(out.scale > 0) ||
          out.scale > 100) {
        std::fprintf(stderr, "--scale takes a number above 0, at most 100\n");
        return {};
      }
    } else if (word == "--traces" && !last) {
      out.traces = words[++i];
    } else if (word == "--json" && !last) {
      out.json = words[++i];
    } else if (word == "--svg" && !last) {
      out.svg = words[++i];
    } else if (word == "--only" && !last) {
      out.only = words[++i];
    } else {
      std::fprintf(stderr, "unknown option, or one without its value: %s\n", words[i]);
      return {};
    }
  }
  return out;
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
  const std::optional<options> wanted = parse(count, words);
  if (!wanted) {
    std::fprintf(stderr, usage, words[0]);
    return 2;
  }
  if (wanted->help) {
    std::printf(usage, words[0]);
    return 0;
  }
  try {
    const results found = study(*wanted);
    if (found.rows.empty()) {
      std::fprintf(stderr, "no such workload: %s\n", wanted->only.c_str());
      return 2;
    }
    print(found);
    const bool json = wanted->json.empty() || write_json(found, wanted->json);
    const bool svg = wanted->svg.empty() || write_plots(found, wanted->svg);
    return json && svg ? 0 : 1;
  } catch (const std::exception& failed) {
    std::fprintf(stderr, "eviction_study: %s\n", failed.what());
    return 1;
  }
}
