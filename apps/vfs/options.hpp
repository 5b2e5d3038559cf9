// options.hpp - what a filesystem is told when it is made.

#pragma once

#include <cstddef>

namespace lastout::vfs {

struct options {
  /// What the cached objects (inodes, dentries, pages, buffers) may take before an operation that
  /// adds one first evicts idle ones. Objects in use are never evicted: with all in use it
  /// overshoots.
  std::size_t budget_bytes = std::size_t{256} << 20;
  /// Freed objects kept, poisoned, to find who writes to them; and what they may take.
  std::size_t quarantine_bytes = std::size_t{4} << 20;
};

}  // namespace lastout::vfs
