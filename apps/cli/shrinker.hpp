// shrinker.hpp - holds what the caches keep under the budget, and remembers when it could not.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include <vfs/filesystem.hpp>

#include "background.hpp"

namespace cli {

class shrinker {
 public:
  shrinker(lastout::vfs::filesystem& fs, std::size_t budget_bytes)
      : fs_(fs),
        budget_bytes_(budget_bytes),
        thread_(std::chrono::milliseconds(2), [this] { look(); }) {}

  struct report {
    std::uint64_t shrinks = 0;            // times that there was something to do
    std::size_t left_over_bytes_max = 0;  // above the budget after shrinking: all of it in use
  };
  /// Stops. Returns  what it did.
  report stop() {
    thread_.stop();
    return report_;
  }

 private:
  void look() {
    // A little below the budget, so that operations seldom have to make room themselves.
    if (fs_.usage().cached_bytes <= budget_bytes_ - budget_bytes_ / 16) return;
    ++report_.shrinks;
    const std::size_t left = fs_.shrink(budget_bytes_ - budget_bytes_ / 8);
    if (left > budget_bytes_)
      report_.left_over_bytes_max = std::max(report_.left_over_bytes_max, left - budget_bytes_);
  }

  lastout::vfs::filesystem& fs_;
  std::size_t budget_bytes_;
  report report_;
  background thread_;  // last: it uses the rest
};

}  // namespace cli
