// graveyard.hpp - objects that are gone: who released them, and, where that is asked for, their
// memory, poisoned.
//
// The poison is a pattern that a counted word reads as dead, so that a late get or put is a
// violation of its own and not a plausible count. AddressSanitizer, where it is linked, is told.
//
// Lock order     its lock is a leaf.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "type_book.hpp"

namespace lastout::ledger {

struct dead_object {
  const type_book* type;
  const void* object;
  std::uint64_t born_ns, died_ns;
  std::uint32_t born_thread, died_thread;
  std::uint32_t born_stack, died_stack;
  std::uint32_t choice;  // that was in force when it died
  std::uint32_t missed;  // its shard's, then
};

/// Notes that a tracked object is released; the last few thousand are remembered. Returns false when
/// there is no memory to note it in.
bool bury(const dead_object& gone) noexcept;
/// The last one that had that address inside. Returns false when none is remembered; or to a signal
/// handler that has interrupted the ledger.
bool find_dead(const void* address, dead_object& out) noexcept;
/// True when one that began there has died and none can have been born there since: nothing of that
/// shard has been missed, and the same is tracked.
/// Requires  inside.
bool is_dead(const void* object, std::uint32_t missed) noexcept;
std::vector<dead_object> lately_dead();
/// What was tracked before may live where others have died.
void forget_dead() noexcept;
/// Forgets what has died at that address: somebody else is there.
void forget_dead(const void* object) noexcept;

/// How many bytes of freed objects are kept: 0, none.
void limit_quarantine(std::uint64_t bytes) noexcept;

/// Around a fork: the child finds it in order.
bool lock_graveyard(bool interrupted) noexcept;
void unlock_graveyard() noexcept;

}  // namespace lastout::ledger
