// findings.hpp - all that one run found out.

#pragma once

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
  double took_s = 0;
  std::string compiler;
  std::uint64_t objects = 0;
  unsigned repeats = 0;
  std::unique_ptr<team> threads;  // longer than the rows
  bench::rows rows;
  std::vector<growth_row> growth;
  std::vector<tail_row> tail;
};

}  // namespace bench
