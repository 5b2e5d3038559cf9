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
#include <charconv>
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

#include "findings.hpp"
#include "goals.hpp"
#include "page.hpp"
#include "settings.hpp"

namespace {

using bench::settings;

constexpr unsigned threads_limit = 16;

constexpr const char* usage =
    "usage: %s [--json FILE] [--page FILE] [--only REGEX] [--threads-max N] [--repeats N]\n"
    "          [--quick] [--check]\n"
    "  --json FILE      write the rows to FILE\n"
    "  --page FILE      write a page with plots to FILE (HTML)\n"
    "  --only REGEX     only rows whose \"bench: subject\" matches; also \"growth\" and \"tail\"\n"
    "  --threads-max N  measure with 1, 2, 4 ... N threads (1 to 16; default 2)\n"
    "  --repeats N      how often each row has its turn (default 20)\n"
    "  --quick          small tables, a few short turns: to see that it runs, not to compare\n"
    "  --check          exit 1 when a goal fails\n";

std::optional<unsigned> number(std::string_view text, unsigned min, unsigned max) {
  unsigned out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  if (out < min || out > max) return {};
  return out;
}

void make_quick(settings& of) {
  of.repeats = 3;
  of.turn_ns = 2e5;
  of.objects = 20'000;
  of.growth_max = 10'000;
  of.tail_rounds = 1;
}

bool take_only(settings& of, const char* text) {
  try {
    of.only = std::regex(text, std::regex::extended);
    of.only_text = text;
    return true;
  } catch (const std::regex_error& error) {
    std::fprintf(stderr, "--only: %s\n", error.what());
    return false;
  }
}

// Returns the settings; nothing, with the reason on stderr, when they cannot be understood.
std::optional<settings> parse(int count, char** words) {
  settings out;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    const bool last = i + 1 == count;
    if (word == "--help") {
      out.help = true;
    } else if (word == "--check") {
      out.check = true;
    } else if (word == "--quick") {
      make_quick(out);
    } else if (word == "--json" && !last) {
      out.json = words[++i];
    } else if (word == "--page" && !last) {
      out.page = words[++i];
    } else if (word == "--only" && !last) {
      if (!take_only(out, words[++i])) return {};
    } else if (word == "--threads-max" && !last) {
      const auto n = number(words[++i], 1, threads_limit);
      if (!n)
        return std::fprintf(stderr, "--threads-max takes 1 to %u\n", threads_limit), std::nullopt;
      out.threads_max = *n;
    } else if (word == "--repeats" && !last) {
      const auto n = number(words[++i], 1, 1'000'000);
      if (!n) return std::fprintf(stderr, "--repeats takes 1 to 1000000\n"), std::nullopt;
      out.repeats = *n;
    } else {
      std::fprintf(stderr, "unknown option, or one without its value: %s\n", words[i]);
      return {};
    }
  }
  return out;
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
  const std::optional<settings> wanted = parse(count, words);
  if (!wanted) {
    std::fprintf(stderr, usage, words[0]);
    return 2;
  }
  if (wanted->help) {
    std::printf(usage, words[0]);
    return 0;
  }

  const bench::findings found = find_out(*wanted);
  if (__libc_single_threaded) {
    std::fprintf(stderr,
                 "the process counts as single-threaded: shared_ptr would not use atomics\n");
    return 1;
  }
  std::printf("%zu rows, %u repeats each, %llu ids, in %.0f s; %u processors, load %.1f;",
              found.rows.size(), found.repeats, static_cast<unsigned long long>(found.objects),
              found.took_s, found.processors, found.load);
  std::printf(" compiler %s\n", found.compiler.c_str());
  if (wanted->threads_max > found.processors) {
    std::printf(
        "more threads than processors: those rows tell how they take turns, not what they cost\n");
  }
  bench::print(found.growth);
  bench::print(found.tail);
  const bool reached = bench::print(found.rows);
  if (!wanted->json.empty() && !bench::write_whole(as_json(found), wanted->json)) return 1;
  if (!wanted->page.empty() && !bench::write_whole(bench::page_of(found), wanted->page)) return 1;
  return wanted->check && !reached ? 1 : 0;
}
