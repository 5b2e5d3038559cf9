// main.cpp - the registry, the limit and the peers in one run, taking turns.
//
// Question: what does it cost to find an object by its id, use it and let go of it, and to enter
// and erase some meanwhile? How near the limit of the hardware are we, and whom are we ahead of?
// Read: compare rows of one run only. One operation is find, get, a look at the object, put; in the
// rows with 5 % insert/erase, 2 of 40 operations take off an object of the thread's own, and enter
// one of that id again. Each table is made once and serves all its rows; the objects have 64 bytes.
// A figure is the median of many turns of 20 ms, each after a warm-up of its own, the turns of all
// rows interleaved and in another order each round.
//
// The limit (open_addressing.cpp) can only be read: rows with insert/erase are compared with it all
// the same.

#include <sys/single_threaded.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <optional>
#include <random>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "../command_line.hpp"
#include "findings.hpp"
#include "goals.hpp"
#include "page.hpp"
#include "settings.hpp"

namespace {

using bench::settings;

void make_quick(settings& of) {
  of.repeats = 3;
  of.turn_ns = 2e5;
  of.objects = 20'000;
  of.growth_max = 10'000;
  of.tail_rounds = 1;
}

std::string take_only(settings& of, const std::string& text) {
  try {
    of.only = std::regex(text, std::regex::extended);
    return {};
  } catch (const std::regex_error& error) {
    return error.what();
  }
}

// Returns  nothing when the settings are read; else the status to end with.
std::optional<int> read(int count, char** words, settings& out) {
  CLI::App app{"Look-ups by name: the limit, ours and the peers, in one run, taking turns."};
  bench::add_row_options(app, out);
  app.add_option("--page", out.page, "write a page with plots to this file (HTML)")
      ->type_name("FILE");
  app.add_option("--only", out.only_text,
                 "only rows whose \"bench: subject\" matches; also growth and tail")
      ->type_name("REGEX")
      ->check([&out](const std::string& text) { return take_only(out, text); }, "", "");
  bool quick = false;
  app.add_flag("--quick", quick,
               "small tables, a few short turns: to see that it runs, not to compare");
  const std::optional<int> status = bench::read(app, count, words);
  if (quick) make_quick(out);
  return status;
}

// The limit first, then ours, then the peers.
std::vector<bench::contender> contenders() {
  return {bench::open_addressing(), bench::ours(),           bench::sharded_absl(),
          bench::urcu_lfht(),       bench::libcuckoo_map(),  bench::xenium_vyukov(),
          bench::tbb_hash_map(),    bench::libcds_michael(), bench::sharded_mutex(),
          bench::one_shared_mutex()};
}

struct workload {
  std::string name;
  bench::some_keys wanted;
  bool churn;
};

std::vector<bench::subject> subjects_of(const bench::contender& who, const bench::any_table& table,
                                        const workload& under) {
  if (!under.churn) return who.reading(who, table, under.wanted);
  if (who.churning != nullptr) return {who.churning(who, table, under.wanted)};
  return {who.reading(who, table, under.wanted).front()};  // the limit, as it is
}

// The rows of one table, which is not even made when none of them is wanted.
void add_rows(bench::rows& to, bench::team& team, const bench::contender& who,
              const std::vector<workload>& under, const settings& wanted) {
  bench::any_table table;
  for (const workload& each : under) {
    for (const bench::subject& subject : subjects_of(who, nullptr, each)) {
      if (!wanted.wants(each.name + ": " + subject.name)) continue;
      if (table == nullptr) {
        table = who.make(wanted.objects);
        who.fill(table.get(), 0, wanted.objects);
      }
      const auto all = subjects_of(who, table, each);
      const auto same = std::find_if(all.begin(), all.end(), [&subject](const auto& candidate) {
        return candidate.name == subject.name;
      });
      for (unsigned threads = 1; threads <= wanted.threads_max; threads *= 2) {
        to.push_back(std::make_unique<bench::row>(team, each.name, *same,
                                                  bench::condition{threads, threads > 1}));
      }
    }
  }
}

bench::rows make_rows(bench::team& team, const std::vector<bench::contender>& who,
                      const settings& wanted) {
  using bench::read_only;
  using bench::with_churn;
  const auto any = bench::uniform(wanted.objects);
  const auto some = bench::zipf(wanted.objects);
  const std::vector<workload> under = {{std::string("uniform") + read_only, any, false},
                                       {std::string("zipf 0.99") + read_only, some, false},
                                       {std::string("uniform") + with_churn, any, true},
                                       {std::string("zipf 0.99") + with_churn, some, true}};
  bench::rows all;
  for (const bench::contender& each : who) add_rows(all, team, each, under, wanted);
  return all;
}

void measure(bench::rows& all, const settings& wanted) {
  for (const auto& each : all) each->calibrate(wanted.turn_ns, bench::warm_part);
  std::vector<bench::row*> turns;
  for (const auto& each : all) turns.push_back(each.get());
  std::mt19937 order(1);  // the same orders in each run
  for (unsigned round = 0; round < wanted.repeats; ++round) {
    std::shuffle(turns.begin(), turns.end(), order);
    for (bench::row* each : turns) each->repeat();
  }
}

// The limit, where it is asked for, ours, and the two best of the peers that grow: by the geometric
// mean of the rows that were measured; the first two when there were none.
std::vector<bench::contender> best(const std::vector<bench::contender>& of, const bench::rows& by,
                                   bool with_limit) {
  const auto score = [&by](const bench::contender& who) {
    double sum = 0;
    unsigned count = 0;
    for (const auto& each : by) {
      if (each->what.name != who.name) continue;
      sum += std::log(median(*each));
      ++count;
    }
    return count == 0 ? std::numeric_limits<double>::infinity() : sum / count;
  };
  std::vector<bench::contender> out;
  std::vector<std::pair<double, std::size_t>> peers;
  for (std::size_t i = 0; i < of.size(); ++i) {
    if (of[i].who == bench::role::peer) {
      if (of[i].grows) peers.emplace_back(score(of[i]), i);
    } else if (of[i].who == bench::role::ours || with_limit) {
      out.push_back(of[i]);
    }
  }
  std::sort(peers.begin(), peers.end());
  for (const std::size_t i : {0u, 1u}) out.push_back(of[peers.at(i).second]);
  return out;
}

std::string as_json(const bench::findings& found) {
  nlohmann::ordered_json out = {
      {"machine",
       {{"processors", found.processors}, {"load", found.load}, {"compiler", found.compiler}}},
      {"objects", found.objects},
      {"rows", bench::as_json(found.rows)},
      {"growth", nlohmann::ordered_json::array()},
      {"tail", nlohmann::ordered_json::array()}};
  for (const bench::growth_row& each : found.growth) {
    out["growth"].push_back(
        {{"entries", each.entries},
         {"subject", each.subject},
         {"role", name(each.who)},
         {"ns_per_op", {{"median", each.ns.median}, {"p10", each.ns.p10}, {"p90", each.ns.p90}}},
         {"ratio_to_limit", each.ratio_to_limit}});
  }
  for (const bench::tail_row& each : found.tail) {
    out["tail"].push_back(
        {{"operation", each.operation},
         {"subject", each.subject},
         {"role", name(each.who)},
         {"operations", each.count},
         {"ns", {{"p50", each.p50}, {"p99", each.p99}, {"p99.9", each.p999}, {"max", each.max}}}});
  }
  return out.dump(2);
}

bench::findings find_out(const settings& wanted) {
  bench::findings found;
  found.processors = bench::processors();  // before the team binds this thread to one
  found.compiler = __VERSION__;
  found.objects = wanted.objects;
  found.repeats = wanted.repeats;
  const std::vector<bench::contender> all = contenders();
  for (const bench::contender& each : all) each.prepare();

  found.threads = std::make_unique<bench::team>(std::max(wanted.threads_max, 2u));
  const auto began = std::chrono::steady_clock::now();
  found.rows = make_rows(*found.threads, all, wanted);
  measure(found.rows, wanted);
  bench::judge_registry(found.rows);
  const auto for_growth = best(all, found.rows, true);
  const auto for_tail = best(all, found.rows, false);
  for (const auto& each : found.rows) each->retire();  // the tables' memory is free again
  if (wanted.wants("growth")) {
    found.growth = bench::measure_growth(*found.threads, for_growth, wanted);
  }
  if (wanted.wants("tail")) found.tail = bench::measure_tail(*found.threads, for_tail, wanted);

  if (getloadavg(&found.load, 1) != 1) found.load = 0;
  found.took_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return found;
}

}  // namespace

int main(int count, char** words) {
  settings wanted;
  if (const std::optional<int> status = read(count, words, wanted)) return *status;

  const bench::findings found = find_out(wanted);
  if (__libc_single_threaded) {
    std::fprintf(stderr,
                 "the process counts as single-threaded: shared_ptr would not use atomics\n");
    return 1;
  }
  std::printf("%zu rows, %u repeats each, %llu ids, in %.0f s; %u processors, load %.1f;",
              found.rows.size(), found.repeats, static_cast<unsigned long long>(found.objects),
              found.took_s, found.processors, found.load);
  std::printf(" compiler %s\n", found.compiler.c_str());
  if (wanted.threads_max > found.processors) {
    std::printf(
        "more threads than processors: those rows tell how they take turns, not what they cost\n");
  }
  bench::print(found.growth);
  bench::print(found.tail);
  const bool reached = bench::print(found.rows);
  if (!wanted.json.empty() && !bench::write_whole(as_json(found), wanted.json)) return 1;
  if (!wanted.page.empty() && !bench::write_whole(bench::page_of(found), wanted.page)) return 1;
  return wanted.check && !reached ? 1 : 0;
}
