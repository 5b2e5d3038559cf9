// interrupt.hpp - the first Ctrl-C (or SIGTERM, SIGHUP) asks to stop, the second one ends the process at
// once.

#pragma once

namespace cli::interrupt {

/// From now on signals are ours. `said` is written to standard error at the first one; nullptr for
/// nothing.
void watch(
    const char* said = "\nlastout: stopping and auditing; once more ends at once\n") noexcept;

/// The signal that asked to stop, or 0.
int received() noexcept;

/// `path` is unlinked when a second signal ends the process; nullptr for none.
/// Requires  a path that stays where it is until the next call.
void unlink_at_end(const char* path) noexcept;

/// Does so now; for whoever else ends the process at once. May be called from anywhere.
void unlink_now() noexcept;

}  // namespace cli::interrupt
