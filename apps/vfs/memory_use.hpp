// memory_use.hpp - what the cached objects take.

#pragma once

#include <cstddef>

namespace lastout::vfs {

struct memory_use {
  std::size_t cached_bytes = 0;  // inodes, dentries, pages and buffers
  std::size_t cached_peak = 0;
  std::size_t store_bytes = 0;  // the simulated devices: not bounded by the budget
};

}  // namespace lastout::vfs
