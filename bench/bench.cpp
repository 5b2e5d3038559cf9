// bench.cpp - the limit, ours and the peers in one run, taking turns.
//
// Question: how near the limit of the hardware are we, and whom are we ahead of? Read: compare rows
// of one run only. A row's figure is the median of many repeats of a millisecond, the turns of all
// rows interleaved and in another order each round, so that a slow moment of the machine meets
// every row alike. ns: one operation by one thread, whoever else is at it.
//
// Why no Google Benchmark: it interleaves too, but gives no p10 and p90, and times several threads
// by the sum of their times, not from the first start to the last end.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>

#include <sys/single_threaded.h>

#include "command_line.hpp"
#include "report.hpp"
#include "turns.hpp"

namespace {

struct options {
  std::string json;
  unsigned threads_max = 2;
  unsigned repeats = 300;
  double repeat_ns = 1e6;
  bool check = false;
};

constexpr unsigned short_warm_up = 16;  // a sixteenth of a turn: one object is warm at once

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

}  // namespace

int main(int count, char** words) {
  options wanted;
  CLI::App app{"The limit, ours and the peers, in one run, taking turns."};
  bench::add_row_options(app, wanted);
  bool quick = false;
  app.add_flag("--quick", quick, "a few short turns: to see that it runs, not to compare");
  if (const std::optional<int> status = bench::read(app, count, words)) return *status;
  if (quick) {
    wanted.repeats = 5;
    wanted.repeat_ns = 5e4;
  }

  const unsigned processors = bench::processors();  // before the team binds this thread to one
  bench::team team(wanted.threads_max);
  if (__libc_single_threaded) {
    std::fprintf(stderr,
                 "the process counts as single-threaded: shared_ptr would not use atomics\n");
    return 1;
  }
  const auto began = std::chrono::steady_clock::now();
  bench::rows all = make_rows(team, wanted.threads_max);
  bench::take_turns(all, wanted.repeats, wanted.repeat_ns, short_warm_up);
  bench::judge(all);

  double load = 0;
  if (getloadavg(&load, 1) != 1) load = 0;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("%zu rows, %u repeats each, in %.0f s; %u processors, load %.1f; compiler %s\n",
              all.size(), wanted.repeats, took.count(), processors, load, __VERSION__);
  if (wanted.threads_max > processors) {
    std::printf(
        "more threads than processors: those rows tell how they take turns, not what they cost\n");
  }
  const bool reached = bench::print(all);
  if (!wanted.json.empty() && !bench::write_json(all, wanted.json)) return 1;
  return wanted.check && !reached ? 1 : 0;
}
