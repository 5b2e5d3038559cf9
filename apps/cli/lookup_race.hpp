// lookup_race.hpp - lookups per second, ours against the kernel's stat(2).
//
// Question: what does a path look-up cost here, and what in the kernel of this machine?
// Read: the same paths, chosen by the same skew, with the same number of threads, each from the
// tree's root; in turns within one run, so that neither has the machine's better moment. Both are
// warmed by one pass over all paths.

#pragma once

#include <cstdint>

#include <vfs/filesystem.hpp>

#include "host_tree.hpp"
#include "skew.hpp"
#include "imported_tree.hpp"

namespace cli {

struct lookup_report {
  double ours_per_second = 0;  // the median of the turns, all threads together
  double kernel_per_second = 0;
  double ours_hit_part = 0;  // of the look-ups; the rest were evicted or changed meanwhile
  unsigned turns = 0;
  std::size_t paths = 0;
  [[nodiscard]] double ratio() const noexcept {
    return kernel_per_second > 0 ? ours_per_second / kernel_per_second : 0;
  }
};

/// Requires  that nobody changes the tree meanwhile.
lookup_report race_lookups(lastout::vfs::filesystem& fs, const host_tree& host,
                           const imported_tree& tree, unsigned threads, std::uint64_t seed);

}  // namespace cli
