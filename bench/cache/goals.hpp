// goals.hpp - what the cache is to reach.

#pragma once

#include <vector>

#include "../report.hpp"
#include "memory.hpp"

namespace bench {

inline constexpr const char* all_stay = "all resident, zipf 0.99";
inline constexpr const char* tenth_fits = "10 % fit, zipf 0.99";
inline constexpr const char* half_hits = "half of it hits, zipf 0.8, 10 % fit";
inline constexpr const char* most_held = "95 % of 10 % are held, zipf 0.99";

/// When all stay, at most 1.5 of the limit; when a tenth fits, at most 2.5 of it, three times ahead
/// of HyperClockCache, and no fewer hits than Caffeine; everywhere ahead of every peer; at most 32
/// bytes for an entry beyond the object. The limit is always the one that has all and only reads.
void judge_cache(rows& all, const std::vector<memory_row>& memory);

}  // namespace bench
