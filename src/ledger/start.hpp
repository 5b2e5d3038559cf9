// start.hpp - the ledger's beginning, with the first counted object; its end, after all static
// objects; and what becomes of it in a child.

#pragma once

#include <cstdint>

namespace lastout::ledger {

/// Reads LASTOUT_LEDGER, and gets ready for forks, for the end, and for questions from outside.
/// The first call does it; the others return at once, perhaps before it is done.
void start() noexcept;

struct fork_seen {
  std::uint64_t parent;  // its pid; 0: this process is no child that we saw
  std::uint64_t when_ns;
};
fork_seen last_fork() noexcept;

}  // namespace lastout::ledger
