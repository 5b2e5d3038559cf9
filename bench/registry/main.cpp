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
// The limit (../table/open_addressing.cpp) can only be read: rows with insert/erase are compared
// with it all the same.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "../table/best.hpp"
#include "../table/findings.hpp"
#include "../turns.hpp"
#include "contenders.hpp"
#include "goals.hpp"
#include "page.hpp"

namespace {

using bench::settings;

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
  const auto some = bench::zipf(wanted.objects, 0.99, bench::finds_for(wanted.objects));
  const std::vector<workload> under = {{std::string("uniform") + read_only, any, false},
                                       {std::string("zipf 0.99") + read_only, some, false},
                                       {std::string("uniform") + with_churn, any, true},
                                       {std::string("zipf 0.99") + with_churn, some, true}};
  bench::rows all;
  for (const bench::contender& each : who) add_rows(all, team, each, under, wanted);
  return all;
}

bench::findings find_out(const settings& wanted) {
  bench::findings found;
  bench::begin(found, wanted);  // before the team binds this thread to a processor
  const std::vector<bench::contender> all = contenders();
  for (const bench::contender& each : all) each.prepare();

  found.threads = std::make_unique<bench::team>(std::max(wanted.threads_max, 2u));
  found.rows = make_rows(*found.threads, all, wanted);
  bench::take_turns(found.rows, wanted.repeats, wanted.turn_ns, bench::warm_part);
  bench::judge_registry(found.rows);
  const auto for_growth = bench::best(all, found.rows, true, true);
  const auto for_tail = bench::best(all, found.rows, false, true);
  for (const auto& each : found.rows) each->retire();  // the tables' memory is free again
  if (wanted.wants("growth")) {
    found.growth = bench::measure_growth(*found.threads, for_growth, wanted);
  }
  if (wanted.wants("tail")) {
    found.tail = bench::measure_tail(*found.threads, for_tail, wanted, "find", "insert");
  }
  bench::end(found);
  return found;
}

}  // namespace

int main(int count, char** words) {
  settings wanted;
  constexpr const char* about =
      "Look-ups by name: the limit, ours and the peers, in one run, taking turns.";
  if (const auto status = bench::read(about, count, words, wanted)) return *status;

  const bench::findings found = find_out(wanted);
  bench::print_all_but_rows(found, wanted);
  return bench::conclude(found, as_json(found), bench::page_of(found), wanted);
}
