// times.hpp - how slow the slowest operations on a cache are, when two threads do the same.

#pragma once

#include <vector>

#include "../table/tail.hpp"
#include "contender.hpp"

namespace bench {

/// A round is one operation for each object, by each of two threads, of which one is looked at.
std::vector<tail_row> measure_times(team& threads, const std::vector<cache_contender>& who,
                                    const workload& under, const settings& wanted,
                                    const std::string& operation);

}  // namespace bench
