// times.cpp - in each round each task has its turns, in another order each time: those of all ways
// one after the other, so that they are compared at one moment of the machine.
//
// The workers are started anew several times: where a process has its pages makes a difference of
// its own, which no number of turns would even out.

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <sstream>

#include "cost.hpp"
#include "helper.hpp"

namespace bench {
namespace {

struct turn {
  helper* by;
  std::string row;
  std::vector<double>* to;
};
using task_turns = std::vector<turn>;  // of each way

timed& row_named(std::vector<timed>& all, const std::string& line, const way& how) {
  std::istringstream words(line);
  timed read{};
  read.how = &how;
  words >> read.threads >> read.of_the_cache >> std::ws;
  std::getline(words, read.task);
  for (timed& each : all) {
    if (each.how == &how && each.threads == read.threads && each.task == read.task) return each;
  }
  return all.emplace_back(std::move(read));
}

// Of one start: what a round takes.
std::vector<task_turns> begin(std::vector<timed>& to, std::vector<std::unique_ptr<helper>>& workers,
                              const settings& wanted) {
  for (const way& how : ways()) {
    workers.push_back(std::make_unique<helper>(
        std::vector<std::string>{worker(how.compiled_in), how.choice, "rows",
                                 std::to_string(wanted.objects), std::to_string(wanted.threads_max),
                                 std::to_string(static_cast<std::uint64_t>(wanted.turn_ns))}));
  }
  std::vector<std::vector<std::string>> lines;
  for (const auto& each : workers) {
    lines.emplace_back();
    for (std::string line = each->hear(); line != "ready"; line = each->hear()) {
      lines.back().push_back(line);
    }
  }
  for (std::size_t w = 0; w < workers.size(); ++w) {
    for (const std::string& line : lines[w]) row_named(to, line, ways()[w]).ns.emplace_back();
  }
  std::vector<task_turns> out(lines.front().size());  // now that no row moves any more
  for (std::size_t w = 0; w < workers.size(); ++w) {
    for (std::size_t r = 0; r < out.size(); ++r) {
      timed& row = row_named(to, lines[w].at(r), ways()[w]);
      out[r].push_back({workers[w].get(), std::to_string(r), &row.ns.back()});
    }
  }
  return out;
}

}  // namespace

std::vector<double> timed::all() const {
  std::vector<double> out;
  for (const auto& each : ns) out.insert(out.end(), each.begin(), each.end());
  return out;
}

double median(std::vector<double> of) {
  const auto middle = of.begin() + static_cast<std::ptrdiff_t>(of.size() / 2);
  std::nth_element(of.begin(), middle, of.end());
  return *middle;
}

std::vector<timed> measure_times(const settings& wanted) {
  std::vector<timed> out;
  std::mt19937 order(1);
  for (unsigned start = 0; start < wanted.starts; ++start) {
    std::vector<std::unique_ptr<helper>> workers;
    std::vector<task_turns> turns = begin(out, workers, wanted);
    const unsigned rounds = (wanted.repeats + wanted.starts - 1) / wanted.starts;
    for (unsigned round = 0; round < rounds; ++round) {
      std::shuffle(turns.begin(), turns.end(), order);
      for (task_turns& of_task : turns) {
        std::shuffle(of_task.begin(), of_task.end(), order);
        for (const turn& each : of_task) each.to->push_back(std::stod(each.by->ask(each.row)));
      }
    }
  }
  return out;
}

}  // namespace bench
