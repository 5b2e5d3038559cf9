// turns.hpp - rows are measured by turns, so that a slow moment of the machine meets every row
// alike.

#pragma once

#include "report.hpp"

namespace bench {

/// Calibrates each row (row.hpp), then gives each a turn in each round, in another order each time;
/// the orders are the same in each run.
void take_turns(const rows& all, unsigned rounds, double turn_ns, unsigned warm_part);

}  // namespace bench
