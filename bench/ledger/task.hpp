// task.hpp - what a worker does, of which one way of having the ledger may cost more than another:
// the same source in both programs.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../subject.hpp"

namespace bench {

/// One operation, and what it is done with.
struct task {
  std::string name;
  bool of_the_cache;  // goals are set for these
  subject what;
};

/// Those to be measured, each with tables of its own: so many of each, of so many objects.
std::vector<task> tasks(std::uint64_t objects, unsigned copies);

/// A reference is copied and put; `kref`.
subject copy_a_reference();

}  // namespace bench
