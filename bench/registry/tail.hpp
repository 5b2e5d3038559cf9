// tail.hpp - the slowest look-ups and insertions while a table grows from nothing.

#pragma once

#include "../team.hpp"
#include "contender.hpp"
#include "settings.hpp"

namespace bench {

/// Nanoseconds; medians of several rounds.
struct tail_row {
  std::string subject;
  role who;
  std::string operation;
  std::uint64_t count;  // operations in a round
  double p50;
  double p99;
  double p999;
  double max;
};

/// Read: compare with "the clock alone", which is what the clock and the machine do to an operation
/// that does nothing; it runs 16 times as many operations, because they are short. One thread
/// inserts, another one finds what was inserted before.
std::vector<tail_row> measure_tail(team& threads, const std::vector<contender>& who,
                                   const settings& wanted);

void print(const std::vector<tail_row>& all);

}  // namespace bench
