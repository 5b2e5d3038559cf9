// main.cpp - what the ledger costs.
//
// Question: what does an operation cost when the ledger is compiled in and idle, when it knows one
// object in 1,000, when it knows all of them; what does it remember a reference with, and how long
// does it take to write a million of them down?
// Read: compare with `off`, of the same run only. With and without cannot be in one program: the
// same source is built into two, and processes of them, one for each way, take turns of 20 ms, those
// of one task one after the other. A time is processor time, so that a busy machine is not in it, but
// for the caches that others empty; a figure is the median of many turns, a ratio the median of what
// each round says. Beside it stand the least and the greatest ratio of one start of the processes.
// Instructions are callgrind's, of one thread over few objects: no noise, and no cache misses.
// Bytes are what resident pages grew by.
//
// Record: docs/design/0018-ledger.md, "Evidence".

#include <cstdio>
#include <exception>

#include <nlohmann/json.hpp>

#include "../report.hpp"
#include "cost.hpp"

namespace {

int run(const bench::settings& wanted) {
  bench::costs found;
  if (wanted.wants("memory")) found.weights = bench::measure_weights(wanted);
  if (wanted.wants("dumps")) found.dumps = bench::measure_dumps(wanted);
  if (wanted.wants("instructions")) {
    found.counts = bench::count_instructions(wanted, found.no_counts);
  }
  if (wanted.wants("times")) found.times = bench::measure_times(wanted);
  const bool reached = bench::print(found, wanted);
  if (!wanted.json.empty() && !bench::write_whole(as_json(found, wanted).dump(2), wanted.json)) {
    return 1;
  }
  return wanted.check && !reached ? 1 : 0;
}

}  // namespace

int main(int count, char** words) {
  bench::settings wanted;
  if (const auto status = bench::read(count, words, wanted)) return *status;
  try {
    return run(wanted);
  } catch (const std::exception& failed) {
    std::fprintf(stderr, "lastout_ledger_bench: %s\n", failed.what());
    return 1;
  }
}
