// best.hpp - who of the contenders is worth a longer look.

#pragma once

#include <vector>

#include "../report.hpp"
#include "contender.hpp"

namespace bench {

/// The limit, where it is asked for, ours, and the two best of the peers, where asked for of those
/// that grow: by the geometric mean of the rows that were measured; the first two when there were
/// none.
std::vector<contender> best(const std::vector<contender>& of, const rows& by, bool with_limit,
                            bool only_growing);

}  // namespace bench
