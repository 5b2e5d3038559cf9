// workload.hpp - a sequence of keys, and the cache sizes at which it is run.

#pragma once

#include <string>
#include <vector>

#include "policy.hpp"

namespace eviction {

struct workload {
  std::string name;
  std::vector<key> accesses;  // keys are 0 .. keys - 1
  std::size_t keys = 0;
  std::vector<std::size_t> capacities;
  bool recorded = false;  // from a real system
};

}  // namespace eviction
