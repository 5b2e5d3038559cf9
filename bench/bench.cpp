// bench.cpp - the limit, ours and the peers in one run, taking turns.
//
// Question: how near the limit of the hardware are we, and whom are we ahead of? Read: compare rows
// of one run only. A row's figure is the median of many repeats of a millisecond, the turns of all
// rows interleaved and in another order each round, so that a slow moment of the machine meets
// every row alike. ns: one operation by one thread, whoever else is at it.
//
// Why no Google Benchmark: it interleaves too, but gives no p10 and p90, and times several threads
// by the sum of their times, not from the first start to the last end.

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <random>
#include <string_view>
#include <thread>

#include <sys/single_threaded.h>

#include "report.hpp"

namespace {

constexpr unsigned threads_limit = 16;

struct options {
  std::string json;
  unsigned threads_max = 2;
  unsigned repeats = 300;
  double repeat_ns = 1e6;
  bool check = false;
  bool help = false;
};

constexpr const char* usage =
    "usage: %s [--json FILE] [--threads-max N] [--repeats N] [--quick] [--check]\n"
    "  --json FILE      write the rows to FILE\n"
    "  --threads-max N  measure with 1, 2, 4 ... N threads (1 to 16; default 2)\n"
    "  --repeats N      how often each row has its turn (default 300)\n"
    "  --quick          a few short turns: to see that it runs, not to compare\n"
    "  --check          exit 1 when a goal fails\n";

std::optional<unsigned> number(std::string_view text, unsigned min, unsigned max) {
  unsigned out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  if (out < min || out > max) return {};
  return out;
}

// Returns the options; nothing, with the reason on stderr, when they cannot be understood.
std::optional<options> parse(int count, char** words) {
  options out;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    const bool last = i + 1 == count;
    if (word == "--help") {
      out.help = true;
    } else if (word == "--check") {
      out.check = true;
    } else if (word == "--quick") {
      out.repeats = 5;
      out.repeat_ns = 5e4;
    } else if (word == "--json" && !last) {
      out.json = words[++i];
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

bench::rows make_rows(bench::team& team, unsigned threads_max) {
  bench::rows all;
  for (const bench::contest& each :
       {bench::get_put(), bench::get_not_zero(), bench::idle_and_back(), bench::birth_to_death()}) {
    for (unsigned threads = 1; threads <= threads_max; threads *= 2) {
      for (const bool shared : {false, true}) {
        if (shared && threads == 1) continue;
        for (const bench::subject& subject : each.subjects) {
          if (shared && !subject.shareable) continue;
          all.push_back(std::make_unique<bench::row>(team, each.bench, subject,
                                                     bench::condition{threads, shared}));
        }
      }
    }
  }
  return all;
}

void measure(bench::rows& all, const options& wanted) {
  for (const auto& each : all) each->calibrate(wanted.repeat_ns);
  std::vector<bench::row*> turns;
  for (const auto& each : all) turns.push_back(each.get());
  std::mt19937 order(1);  // the same orders in each run
  for (unsigned round = 0; round < wanted.repeats; ++round) {
    std::shuffle(turns.begin(), turns.end(), order);
    for (bench::row* each : turns) each->repeat();
  }
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

  const unsigned processors = bench::processors();  // before the team binds this thread to one
  bench::team team(wanted->threads_max);
  if (__libc_single_threaded) {
    std::fprintf(stderr,
                 "the process counts as single-threaded: shared_ptr would not use atomics\n");
    return 1;
  }
  const auto began = std::chrono::steady_clock::now();
  bench::rows all = make_rows(team, wanted->threads_max);
  measure(all, *wanted);
  bench::judge(all);

  double load = 0;
  if (getloadavg(&load, 1) != 1) load = 0;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("%zu rows, %u repeats each, in %.0f s; %u processors, load %.1f; compiler %s\n",
              all.size(), wanted->repeats, took.count(), processors, load, __VERSION__);
  if (wanted->threads_max > processors) {
    std::printf(
        "more threads than processors: those rows tell how they take turns, not what they cost\n");
  }
  const bool reached = bench::print(all);
  if (!wanted->json.empty() && !bench::write_json(all, wanted->json)) return 1;
  return wanted->check && !reached ? 1 : 0;
}
