// growth.hpp - a look-up's cost from 1,000 entries to 10,000,000.

#pragma once

#include "../row.hpp"
#include "contender.hpp"
#include "settings.hpp"

namespace bench {

struct growth_row {
  std::uint64_t entries;
  std::string subject;
  role who;
  spread ns;
  double ratio_to_limit;
};

/// Read: at each size, compare with the limit; its slope is the memory's. One thread, uniform ids.
/// The tables are told nothing and grow from size to size; those that cannot are made anew.
std::vector<growth_row> measure_growth(team& threads, const std::vector<contender>& who,
                                       const settings& wanted);

void print(const std::vector<growth_row>& all);

}  // namespace bench
