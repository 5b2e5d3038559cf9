// findings.hpp - all that one run found out of tables.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "../report.hpp"
#include "growth.hpp"
#include "tail.hpp"

namespace bench {

struct findings {
  unsigned processors = 0;
  double load = 0;
  std::chrono::steady_clock::time_point began;
  double took_s = 0;
  std::string compiler;
  std::uint64_t objects = 0;
  unsigned repeats = 0;
  std::unique_ptr<team> threads;  // longer than the rows
  bench::rows rows;
  std::vector<growth_row> growth;
  std::vector<tail_row> tail;
};

/// A run's first and last steps: what is known before, and how busy the machine was.
void begin(findings& of, const settings& wanted);
void end(findings& of);

/// The line that says what was measured, then growth and tail. The rows: report.hpp.
void print_all_but_rows(const findings& of, const settings& wanted);

nlohmann::ordered_json as_json(const findings& found);

/// Prints the rows, writes JSON and page where they are wanted.
/// Returns   what main returns.
int conclude(const findings& of, const nlohmann::ordered_json& json, const std::string& page,
             const settings& wanted);

}  // namespace bench
