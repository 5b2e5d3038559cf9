// type_book.hpp - what the ledger knows of each counted type, and how much of it is tracked.

#pragma once

#include <cstdint>

#include <lastout/ledger_door.hpp>

namespace lastout::ledger {

/// Locks that a type's release has taken, each with the stack that took it, or is declared to take.
/// Written seldom, under a lock; looked at by each put while checks are on.
struct release_locks {
  static constexpr std::uint32_t most = 16;
  static constexpr std::uint32_t declared = 1u << 31;  // in a stack's number: it has declared it
  struct one {
    atomic<const void*> lock{nullptr};
    atomic<std::uint32_t> stack{0};
  };
  one taken[most];
  atomic<std::uint32_t> size{0};
};

struct type_book {
  type_entry* entry = nullptr;
  std::uint32_t number = 0;
  atomic<std::uint32_t> tracked{0};  // as type_entry::share, without each_event
  // Of tracked objects. relaxed, all of them: statistics
  atomic<std::uint64_t> born{0}, released{0}, gets{0}, puts{0}, refused{0}, resurrected{0},
      killed{0};
  release_locks locks;
};

/// True for an address in an object of that type.
inline bool has_inside(const type_book& type, const void* object, const void* address) noexcept {
  return reinterpret_cast<std::uintptr_t>(address) - reinterpret_cast<std::uintptr_t>(object) <
         type.entry->size;
}

/// The type's book, made at its first event.
/// Requires  inside.
/// Returns   nullptr when there is no memory.
type_book* book_of(type_entry& type) noexcept;

type_book* type_numbered(std::uint32_t number) noexcept;
std::uint32_t types_known() noexcept;

/// In the child of a fork: what was done before was the parent's.
void forget_counts() noexcept;

/// Calls change(type_book&) for each type that is known, and for each that becomes known while it
/// runs either before or after.
void for_each_type(void (*change)(type_book&)) noexcept;

/// Around a fork: the child finds it in order.
bool lock_types(bool interrupted) noexcept;
void unlock_types() noexcept;

}  // namespace lastout::ledger
