// report.cpp - medians decide. Within 2 % of a peer is a tie: the machine is not quieter than that.

#include "report.hpp"

#include <algorithm>
#include <array>
#include <cerrno>  // program_invocation_short_name
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

#include <nlohmann/json.hpp>

namespace bench {
namespace {

constexpr double get_put_bound = 1.05;       // kref's get+put, over the bare pair
constexpr double get_not_zero_bound = 1.10;  // get_not_zero+put, over get+put of the same
constexpr double tie_bound = 1.02;

// What is to be ahead of every peer; plain, locked_word and local_word have no counterpart among
// them.
bool competes(const subject& what) {
  constexpr std::array<std::string_view, 4> styles = {"refcount", "kref", "kcref", "dual"};
  return what.who == role::ours && std::any_of(styles.begin(), styles.end(), [&](auto style) {
           return what.name.starts_with(style);
         });
}

void print_table(const rows& all, std::string_view bench) {
  std::vector<condition> columns;
  std::vector<const row*> firsts;  // one for each subject
  for (const auto& each : all) {
    if (each->bench != bench) continue;
    if (std::find(columns.begin(), columns.end(), each->when) == columns.end()) {
      columns.push_back(each->when);
    }
    const auto same = [&each](const row* seen) { return seen->what.name == each->what.name; };
    if (std::none_of(firsts.begin(), firsts.end(), same)) firsts.push_back(each.get());
  }
  std::printf("\n%-36.*s %-6s", static_cast<int>(bench.size()), bench.data(), "");
  const bool hits = std::any_of(all.begin(), all.end(), [bench](const auto& each) {
    return each->bench == bench && each->hit_ratio.has_value();
  });
  const int width = hits ? 27 : 19;
  for (const condition& when : columns) std::printf(" | %*s", width, text(when).c_str());
  std::printf("\n%-36s %-6s", "", "");
  for (std::size_t i = 0; i < columns.size(); ++i) {
    std::printf(" | %9s %9s%s", "ns", "x limit", hits ? "  hits %" : "");
  }
  std::printf("\n");
  for (const row* first : firsts) {
    std::printf("%-36s %-6s", first->what.name.c_str(), name(first->what.who));
    for (const condition& when : columns) {
      const row* const cell = find(all, bench, when, first->what.name);
      if (cell == nullptr) {
        std::printf(" | %9s %9s", "-", "-");
      } else {
        std::printf(" | %9.2f %9.2f", median(*cell), cell->ratio_to_limit);
      }
      if (!hits) continue;
      if (cell == nullptr || !cell->hit_ratio) {
        std::printf(" %7s", "-");
      } else {
        std::printf(" %7.2f", 100 * *cell->hit_ratio);
      }
    }
    std::printf("\n");
  }
}

nlohmann::ordered_json row_as_json(const row& of) {
  const spread found = of.result();
  nlohmann::ordered_json out = {
      {"bench", of.bench},
      {"subject", of.what.name},
      {"role", name(of.what.who)},
      {"threads", of.when.threads},
      {"sharing", of.when.shared ? "shared" : "private"},
      {"ns_per_op", {{"median", found.median}, {"p10", found.p10}, {"p90", found.p90}}},
      {"ratio_to_limit", of.ratio_to_limit},
      {"repeats", of.repeats()}};
  if (of.hit_ratio) out["hit_ratio"] = *of.hit_ratio;
  for (const goal& each : of.goals) {
    out["goals"].push_back({{"goal", each.text},
                            {"against", each.against},
                            {"ratio", each.ratio},
                            {"bound", each.bound},
                            {"verdict", name(each.outcome)}});
  }
  return out;
}

}  // namespace

double median(const row& of) { return of.result().median; }

std::string text(condition when) {
  if (when.threads == 1) return "1 thread";
  return std::to_string(when.threads) + " threads, " + (when.shared ? "shared" : "private");
}

const row* find(const rows& all, std::string_view bench, condition when, std::string_view name) {
  for (const auto& each : all) {
    if (each->bench == bench && each->when == when && each->what.name == name) return each.get();
  }
  return nullptr;
}

const row* limit_of(const rows& all, const row& of) {
  for (const auto& each : all) {
    if (each->bench == of.bench && each->when == of.when && each->what.who == role::limit) {
      return each.get();
    }
  }
  return nullptr;
}

const row* best_peer_of(const rows& all, const row& of) {
  const row* best = nullptr;
  for (const auto& each : all) {
    if (each->bench != of.bench || each->when != of.when || each->what.who != role::peer) continue;
    if (best == nullptr || median(*each) < median(*best)) best = each.get();
  }
  return best;
}

void aim(row& of, const row* against, std::string wording, double bound) {
  if (against == nullptr) return;
  const double ratio = median(of) / median(*against);
  of.goals.push_back({.text = std::move(wording),
                      .against = against->what.name,
                      .ratio = ratio,
                      .bound = bound,
                      .outcome = ratio <= bound ? verdict::pass : verdict::fail});
}

void race(row& of, const row* against) {
  if (against == nullptr) return;
  const double ratio = median(of) / median(*against);
  const verdict outcome = ratio < 1 / tie_bound ? verdict::pass
                          : ratio <= tie_bound  ? verdict::tie
                                                : verdict::fail;
  of.goals.push_back({.text = "ahead of every peer",
                      .against = against->what.name,
                      .ratio = ratio,
                      .bound = 1,
                      .outcome = outcome});
}

void judge(rows& all) {
  for (const auto& each : all) {
    const row* const limit = limit_of(all, *each);
    each->ratio_to_limit = limit == nullptr ? 0 : median(*each) / median(*limit);
    const bool get_put = each->bench == "get+put";
    const bool get_not_zero = each->bench == "get_not_zero+put";
    if (get_put && each->what.name == "kref, external copy") {
      aim(*each, limit, "get+put near the limit", get_put_bound);
    }
    if (get_not_zero && each->what.name == "refcount") {
      aim(*each, find(all, "get+put", each->when, "refcount"), "get_not_zero near get",
          get_not_zero_bound);
    }
    if (get_not_zero && each->what.name == "kref, internal") {
      aim(*each, find(all, "get+put", each->when, "kref, external copy"), "get_not_zero near get",
          get_not_zero_bound);
    }
    if (competes(each->what)) race(*each, best_peer_of(all, *each));
  }
}

bool print(const rows& all) {
  std::vector<std::string> benches;
  for (const auto& each : all) {
    if (std::find(benches.begin(), benches.end(), each->bench) == benches.end()) {
      benches.push_back(each->bench);
    }
  }
  for (const std::string& bench : benches) print_table(all, bench);

  std::printf("\nGoals (ratio of medians; within 2 %% of a peer is a tie)\n");
  std::size_t bench_width = 0;
  for (const auto& each : all) bench_width = std::max(bench_width, each->bench.size());
  unsigned failed = 0;
  unsigned count = 0;
  for (const auto& each : all) {
    for (const goal& of : each->goals) {
      ++count;
      if (of.outcome == verdict::fail) ++failed;
      const char* const word = of.outcome == verdict::pass  ? "PASS"
                               : of.outcome == verdict::tie ? "TIE "
                                                            : "FAIL";
      std::printf("%s  %-23s %-*s %-19s %-36s %5.2f of %s (at most %.2f)\n", word, of.text.c_str(),
                  static_cast<int>(bench_width), each->bench.c_str(), text(each->when).c_str(),
                  each->what.name.c_str(), of.ratio, of.against.c_str(), of.bound);
    }
  }
  std::printf("\n%u goals, %u failed\n", count, failed);
  return failed == 0;
}

nlohmann::ordered_json as_json(const rows& all) {
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (const auto& each : all) out.push_back(row_as_json(*each));
  return out;
}

bool write_whole(const std::string& content, const std::string& path) {
  const std::filesystem::path target(path);
  std::error_code failed;
  const std::filesystem::file_status there = std::filesystem::status(target, failed);
  const bool as_it_is = exists(there) && !is_regular_file(there);  // a pipe, a device
  const std::filesystem::path part(as_it_is ? path : path + ".part");
  if (target.has_parent_path()) std::filesystem::create_directories(target.parent_path(), failed);
  {
    std::ofstream file(part, std::ios::trunc);
    file << content << '\n';
    file.close();
    if (!file) {
      std::fprintf(stderr, "%s: cannot write %s\n", program_invocation_short_name, part.c_str());
      return false;
    }
  }
  failed.clear();
  if (!as_it_is) std::filesystem::rename(part, target, failed);
  if (!failed) return true;
  std::fprintf(stderr, "%s: cannot write %s: %s\n", program_invocation_short_name, path.c_str(),
               failed.message().c_str());
  return false;
}

bool write_json(const rows& all, const std::string& path) {
  return write_whole(as_json(all).dump(2), path);
}

}  // namespace bench
