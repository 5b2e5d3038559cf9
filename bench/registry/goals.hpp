// goals.hpp - what the registry is to reach.

#pragma once

#include "../report.hpp"

namespace bench {

inline constexpr const char* read_only = ", read-only";
inline constexpr const char* with_churn = ", 5 % insert/erase";

/// At most 1.15 of the limit when everybody reads, 1.3 with insert and erase; ahead of every peer,
/// the best one by 1.5; find_many at most half of find where the ids are uniform. The limit is
/// always the one that only reads.
void judge_registry(rows& all);

}  // namespace bench
