// cost.cpp - goals, a table for people, JSON for programs.

#include "cost.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "../team.hpp"

namespace bench {
namespace {

constexpr double dump_bound_s = 2;
constexpr std::uint64_t dump_bound_of = 1'000'000;

double at(std::vector<double> of, double share) {
  std::sort(of.begin(), of.end());
  return of[static_cast<std::size_t>(std::lround(share * static_cast<double>(of.size() - 1)))];
}

const timed& same_without(const std::vector<timed>& all, const timed& of) {
  return *std::find_if(all.begin(), all.end(), [&of](const timed& each) {
    return each.how == &ways().front() && each.task == of.task && each.threads == of.threads;
  });
}
// Of each round.
std::vector<double> over(const std::vector<double>& these, const std::vector<double>& those) {
  std::vector<double> out;
  for (std::size_t i = 0; i < these.size(); ++i) out.push_back(these[i] / those[i]);
  return out;
}
double proportion(const std::vector<timed>& all, const timed& of) {
  return median(over(of.all(), same_without(all, of).all()));
}
std::vector<double> proportions(const std::vector<timed>& all, const timed& of) {
  const timed& other = same_without(all, of);
  std::vector<double> out;
  for (std::size_t i = 0; i < of.ns.size(); ++i) out.push_back(median(over(of.ns[i], other.ns[i])));
  return out;
}

double instructions_without(const std::vector<counted>& all, const std::string& task) {
  return std::find_if(all.begin(), all.end(),
                      [&task](const counted& each) {
                        return each.how == &ways().front() && each.task == task;
                      })
      ->instructions;
}

double bytes_without(const std::vector<weight>& all, const std::string& what) {
  return std::find_if(all.begin(), all.end(),
                      [&what](const weight& each) {
                        return each.how == &ways().front() && each.what == what;
                      })
      ->bytes;
}

std::string with_threads(const timed& of) {
  return of.task +
         (of.threads == 1 ? ", 1 thread" : ", " + std::to_string(of.threads) + " threads");
}

void print(const std::vector<timed>& times) {
  if (times.empty()) return;
  std::printf("\n%-62s %10s %8s %15s\n", "times", "ns", "x off", "of each start");
  for (const timed& first : times) {
    if (first.how != &ways().front()) continue;
    std::printf("%s\n", with_threads(first).c_str());
    for (const timed& each : times) {
      if (each.task != first.task || each.threads != first.threads) continue;
      const std::vector<double> by_start = proportions(times, each);
      std::printf("  %-60s %10.2f %8.3f %7.3f %7.3f\n", each.how->name.c_str(), median(each.all()),
                  proportion(times, each), at(by_start, 0), at(by_start, 1));
    }
  }
}

void print(const std::vector<counted>& counts) {
  if (counts.empty()) return;
  std::printf("\n%-62s %10s %8s %8s\n", "instructions of one operation", "", "more", "x off");
  for (const counted& first : counts) {
    if (first.how != &ways().front()) continue;
    std::printf("%s\n", first.task.c_str());
    for (const counted& each : counts) {
      if (each.task != first.task) continue;
      std::printf("  %-60s %10.1f %8.1f %8.3f\n", each.how->name.c_str(), each.instructions,
                  each.instructions - first.instructions, each.instructions / first.instructions);
    }
  }
}

void print(const std::vector<weight>& weights) {
  if (weights.empty()) return;
  std::printf("\n%-62s %10s %8s %8s\n", "bytes that the process grows by for each", "", "more",
              "handle");
  for (const weight& each : weights) {
    std::printf("%-62s %10.1f %8.1f %8llu\n", (each.what + ": " + each.how->name).c_str(),
                each.bytes, each.bytes - bytes_without(weights, each.what),
                static_cast<unsigned long long>(each.handle));
  }
}

void print(const std::vector<dump_time>& dumps) {
  if (dumps.empty()) return;
  std::printf("\n%-62s %10s %8s %8s\n", "dumps, seconds", "to memory", "to file", "MB");
  for (const dump_time& each : dumps) {
    std::printf("%-62s %10.3f %8.3f %8.1f\n",
                (std::to_string(each.references) + " " + each.of + ": " + each.how->name).c_str(),
                each.to_memory_s, each.to_file_s, static_cast<double>(each.bytes) / 1e6);
  }
}

nlohmann::ordered_json row_of(const timed& each, const std::vector<timed>& all) {
  const std::vector<double> ns = each.all();
  return {{"bench", each.task},
          {"subject", each.how->name},
          {"settings", each.how->choice},
          {"threads", each.threads},
          {"ns_per_op", {{"median", median(ns)}, {"p10", at(ns, 0.1)}, {"p90", at(ns, 0.9)}}},
          {"ratio_to_off", proportion(all, each)},
          {"ratio_of_each_start", proportions(all, each)},
          {"repeats", ns.size()}};
}

}  // namespace

std::vector<aim_at> aims(const costs& of, const settings& wanted) {
  std::vector<aim_at> out;
  for (const timed& each : of.times) {
    if (!each.of_the_cache || each.how->bound == 0) continue;
    out.push_back({each.how->name + ", over off: " + with_threads(each), proportion(of.times, each),
                   each.how->bound});
  }
  if (wanted.references < dump_bound_of) return out;
  for (const dump_time& each : of.dumps) {
    const std::string what = ", seconds: " + each.of + ", " + each.how->name;
    out.push_back({"a dump to memory" + what, each.to_memory_s, dump_bound_s});
    out.push_back({"a dump to a file" + what, each.to_file_s, dump_bound_s});
  }
  return out;
}

nlohmann::ordered_json as_json(const costs& of, const settings& wanted) {
  double load = 0;
  if (getloadavg(&load, 1) != 1) load = 0;
  nlohmann::ordered_json out = {
      {"machine", {{"processors", processors()}, {"load", load}, {"compiler", __VERSION__}}},
      {"objects", wanted.objects},
      {"starts", wanted.starts}};
  for (const char* const part : {"rows", "instructions", "memory", "dumps", "goals"}) {
    out[part] = nlohmann::ordered_json::array();
  }
  for (const timed& each : of.times) out["rows"].push_back(row_of(each, of.times));
  for (const counted& each : of.counts) {
    out["instructions"].push_back(
        {{"bench", each.task},
         {"subject", each.how->name},
         {"per_op", each.instructions},
         {"ratio_to_off", each.instructions / instructions_without(of.counts, each.task)}});
  }
  for (const weight& each : of.weights) {
    out["memory"].push_back({{"what", each.what},
                             {"subject", each.how->name},
                             {"bytes", each.bytes},
                             {"beyond_off", each.bytes - bytes_without(of.weights, each.what)},
                             {"handle_bytes", each.handle}});
  }
  for (const dump_time& each : of.dumps) {
    out["dumps"].push_back({{"what", each.of},
                            {"subject", each.how->name},
                            {"objects", each.objects},
                            {"references", each.references},
                            {"bytes", each.bytes},
                            {"to_memory_s", each.to_memory_s},
                            {"to_file_s", each.to_file_s}});
  }
  for (const aim_at& each : aims(of, wanted)) {
    out["goals"].push_back({{"goal", each.what},
                            {"found", each.found},
                            {"bound", each.bound},
                            {"verdict", each.reached() ? "pass" : "fail"}});
  }
  return out;
}

bool print(const costs& of, const settings& wanted) {
  print(of.times);
  print(of.counts);
  if (!of.no_counts.empty()) std::printf("\nno instructions counted: %s\n", of.no_counts.c_str());
  print(of.weights);
  print(of.dumps);
  const std::vector<aim_at> all = aims(of, wanted);
  std::printf("\nGoals (of times: the median of each round's ratio)\n");
  for (const aim_at& each : all) {
    std::printf("%s  %6.3f of at most %4.2f  %s\n", each.reached() ? "PASS" : "FAIL", each.found,
                each.bound, each.what.c_str());
  }
  const auto failed =
      std::count_if(all.begin(), all.end(), [](const aim_at& each) { return !each.reached(); });
  std::printf("\n%zu goals, %td failed\n", all.size(), failed);
  return failed == 0;
}

}  // namespace bench
