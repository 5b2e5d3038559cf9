// cost.hpp - what was found out: figures, each of them also in proportion to having no ledger.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "settings.hpp"

namespace bench {

/// Turns of one task by one or more threads, in one way.
struct timed {
  std::string task;
  unsigned threads;
  bool of_the_cache;
  const way* how;
  std::vector<std::vector<double>> ns;  // of one operation: of each start, of each turn

  [[nodiscard]] std::vector<double> all() const;
};

/// Instructions of one operation by one thread.
struct counted {
  std::string task;
  const way* how;
  double instructions;
};

struct weight {
  std::string what;
  const way* how;
  double bytes;          // that the process has grown by
  std::uint64_t handle;  // of that in the handle itself
};

struct dump_time {
  std::string of;
  const way* how;
  std::uint64_t objects;
  std::uint64_t references;
  std::uint64_t bytes;
  double to_memory_s;
  double to_file_s;
};

struct costs {
  std::vector<timed> times;
  std::vector<counted> counts;
  std::string no_counts;  // why there are none, if there are none
  std::vector<weight> weights;
  std::vector<dump_time> dumps;
};

/// One of these, unless it has not been measured: each for all ways.
std::vector<timed> measure_times(const settings& wanted);
std::vector<counted> count_instructions(const settings& wanted, std::string& why_not);
std::vector<weight> measure_weights(const settings& wanted);
std::vector<dump_time> measure_dumps(const settings& wanted);

double median(std::vector<double> of);

/// Something to be reached.
struct aim_at {
  std::string what;
  double found;
  double bound;
  [[nodiscard]] bool reached() const { return found <= bound; }
};

/// The cache's rows in proportion to those without a ledger, and dumps of all those references.
std::vector<aim_at> aims(const costs& of, const settings& wanted);

nlohmann::ordered_json as_json(const costs& of, const settings& wanted);
/// Returns   true when all is reached.
bool print(const costs& of, const settings& wanted);

}  // namespace bench
