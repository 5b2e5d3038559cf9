// caffeine.hpp - Caffeine itself, in a process of its own, on the same keys.

#pragma once

#include <vector>

#include "workload.hpp"

namespace eviction {

/// The hits at each capacity of `of`.
/// Throws    std::runtime_error when Java or Caffeine is missing or fails.
std::vector<std::uint64_t> caffeine_hits(const workload& of);

}  // namespace eviction
