// synthetic.hpp - workloads made by rule and seed: the same numbers on every machine.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "workload.hpp"

namespace eviction {

/// What makes a workload when its turn has come: all at once they would fill the memory.
struct recipe {
  std::string name;
  std::function<workload()> make;
};

/// `scale`: the length of each, 1 for the study itself; less only to see that it runs.
std::vector<recipe> synthetic(double scale);

}  // namespace eviction
