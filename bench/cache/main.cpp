// main.cpp - the cache, the limit and the peers in one run, taking turns.
//
// Question: what does it cost to get an object that is there, pinned, and to let go of it; what,
// when only a part of the objects fits, with making and entering those that are missing; at how
// many hits? How near the limit of the hardware are we, and whom are we ahead of?
// Read: compare rows of one run only. One operation is get, a look at the object, release; where
// not all fit, a miss makes an object of 64 bytes, enters it, looks at it and releases it. Everybody
// has room for the same number of entries. A figure is the median of many turns of 20 ms, each
// after a warm-up of its own, the turns of all rows interleaved and in another order each round.
// Hits are counted in the very turns that are timed, and in their warm-ups.
//
// The limit (../table/open_addressing.cpp) has all objects and can only be read: rows with misses
// are compared with it all the same. Caffeine runs in a process of its own. Where most are held, it
// is told that those weigh nothing: it knows no pins.

#include <algorithm>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "../table/best.hpp"
#include "../table/findings.hpp"
#include "../turns.hpp"
#include "contender.hpp"
#include "goals.hpp"
#include "java.hpp"
#include "memory.hpp"
#include "page.hpp"
#include "times.hpp"

namespace {

using bench::settings;

// The limit first, then ours, then the peers.
std::vector<bench::cache_contender> contenders() {
  std::vector<bench::cache_contender> out = {bench::limit(),
                                             bench::ours(),
                                             bench::rocksdb_hyper_clock(),
                                             bench::rocksdb_lru(),
                                             bench::sharded_mutex_lru(),
                                             bench::one_mutex_lru(),
                                             bench::tbb_lru()};
  if (bench::caffeine_there()) {
    out.push_back(bench::caffeine());
    out.push_back(bench::caffeine_in_caller());
  }
  return out;
}

std::vector<bench::workload> workloads(const settings& wanted) {
  const auto steep = bench::zipf(wanted.objects, 0.99, bench::finds_for(wanted.objects));
  // Long enough that no row comes round: a cache would learn the sequence.
  const std::size_t many = 8 * bench::finds_for(wanted.objects);
  const auto steep_and_long = bench::zipf(wanted.objects, 0.99, many);
  const auto flat_and_long = bench::zipf(wanted.objects, 0.8, many);
  const std::uint64_t tenth = wanted.objects / 10;
  const unsigned threads = wanted.threads_max;
  return {{bench::all_stay, steep, 0, 0, threads},
          {bench::tenth_fits, steep_and_long, tenth, 0, threads},
          {bench::half_hits, flat_and_long, tenth, 0, threads},
          {bench::most_held, steep_and_long, tenth, tenth / 20 * 19, threads}};
}

struct counted_row {
  bench::row* of;
  bench::some_tally hits;
};

// The rows of one contender under one workload. Those that only look share a cache; where keys are
// missing, what one row does would help the others that ask for the same keys.
void add_rows(bench::findings& to, std::vector<counted_row>& counted,
              const bench::cache_contender& who, const bench::workload& under,
              const settings& wanted) {
  bench::any_table cache;
  const auto count = who.rows(who, nullptr, under, nullptr).size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = who.rows(who, nullptr, under, nullptr)[i].name;
    if (!wanted.wants(under.name + ": " + name)) continue;
    for (unsigned threads = 1; threads <= wanted.threads_max; threads *= 2) {
      if (cache == nullptr || under.capacity != 0) cache = who.make(who, under);
      auto hits = std::make_shared<bench::tally>();
      to.rows.push_back(std::make_unique<bench::row>(*to.threads, under.name,
                                                     who.rows(who, cache, under, hits)[i],
                                                     bench::condition{threads, threads > 1}));
      if (under.capacity != 0) counted.push_back({to.rows.back().get(), std::move(hits)});
    }
  }
}

void measure_rows(bench::findings& to, const std::vector<bench::cache_contender>& who,
                  const std::vector<bench::workload>& under, const settings& wanted) {
  std::vector<counted_row> counted;
  for (const bench::workload& each : under) {
    for (const bench::cache_contender& contender : who) {
      add_rows(to, counted, contender, each, wanted);
    }
  }
  bench::take_turns(to.rows, wanted.repeats, wanted.turn_ns, bench::warm_part);
  for (const auto& each : to.rows) each->retire();  // the caches are gone, all hits are counted
  for (const counted_row& each : counted) {
    const std::uint64_t asked = each.hits->asked.load(std::memory_order_relaxed);
    if (asked == 0) continue;  // the limit's
    each.of->hit_ratio = static_cast<double>(each.hits->hits.load(std::memory_order_relaxed)) /
                         static_cast<double>(asked);
  }
}

std::vector<bench::contender> tables_of(const std::vector<bench::cache_contender>& who) {
  std::vector<bench::contender> out;
  for (const bench::cache_contender& each : who) {
    if (each.in_growth) out.push_back(each.table);
  }
  return out;
}

std::vector<bench::cache_contender> those_of(const std::vector<bench::cache_contender>& who,
                                             const std::vector<bench::contender>& tables) {
  std::vector<bench::cache_contender> out;
  for (const bench::contender& table : tables) {
    const auto of = std::find_if(who.begin(), who.end(), [&table](const auto& each) {
      return each.table.name == table.name;
    });
    out.push_back(*of);
  }
  return out;
}

void measure_tails(bench::findings& to, const std::vector<bench::cache_contender>& who,
                   const std::vector<bench::workload>& under, const settings& wanted) {
  const auto best = bench::best(tables_of(who), to.rows, false, false);
  const auto add = [&to](const std::vector<bench::tail_row>& more) {
    to.tail.insert(to.tail.end(), more.begin(), more.end());
  };
  const auto caches = those_of(who, best);
  add(bench::measure_times(*to.threads, caches, under[0], wanted, bench::get_resident));
  add(bench::measure_times(*to.threads, caches, under[1], wanted, bench::get_evicting));
  add(bench::measure_tail(*to.threads, best, wanted, bench::get_growing, bench::insert_growing));
}

nlohmann::ordered_json json_of(const bench::findings& found,
                               const std::vector<bench::memory_row>& memory) {
  nlohmann::ordered_json out = bench::as_json(found);
  out["memory"] = nlohmann::ordered_json::array();
  for (const bench::memory_row& each : memory) {
    out["memory"].push_back({{"subject", each.subject},
                             {"role", name(each.who)},
                             {"bytes_per_entry", each.bytes_for_entry},
                             {"beyond_object", each.beyond_object()},
                             {"beyond_own", each.beyond_own()}});
  }
  return out;
}

int run(const settings& wanted) {
  const auto all = contenders();
  bench::findings found;
  bench::begin(found, wanted);
  std::vector<bench::memory_row> memory;  // first of all, while this process has done nothing yet
  if (wanted.wants("memory")) memory = bench::measure_memory(all, wanted.objects);

  for (const bench::cache_contender& each : all) each.table.prepare();
  found.threads = std::make_unique<bench::team>(std::max(wanted.threads_max, 2u));
  const auto under = workloads(wanted);
  measure_rows(found, all, under, wanted);
  bench::judge_cache(found.rows, memory);
  if (wanted.wants("growth")) {
    const auto best = bench::best(tables_of(all), found.rows, true, false);
    found.growth = bench::measure_growth(*found.threads, best, wanted);
  }
  if (wanted.wants("tail")) measure_tails(found, all, under, wanted);
  bench::end(found);

  bench::print_all_but_rows(found, wanted);
  bench::print(memory);
  if (!bench::caffeine_there()) std::printf("\nno Caffeine: it, or Java, was not there to build\n");
  return bench::conclude(found, json_of(found, memory), bench::page_of(found, memory), wanted);
}

}  // namespace

int main(int count, char** words) {
  settings wanted;
  constexpr const char* about =
      "Caches by name: the limit, ours and the peers, in one run, taking turns.";
  if (const auto status = bench::read(about, count, words, wanted)) return *status;
  try {
    return run(wanted);
  } catch (const std::exception& failed) {
    std::fprintf(stderr, "lastout_cache_bench: %s\n", failed.what());
    return 1;
  }
}
