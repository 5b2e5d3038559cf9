// clock.hpp - the time that everything in the ledger is noted with.

#pragma once

#include <time.h>

#include <cstdint>

namespace lastout::ledger {

/// Since the machine's start, of CLOCK_MONOTONIC: one clock for all processes.
inline std::uint64_t now_ns() noexcept {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace lastout::ledger
