// stack_book.hpp - call stacks, each kept once and known by a number.

#pragma once

#include <cstddef>
#include <cstdint>

namespace lastout::ledger {

struct call_stack {
  std::uint64_t hash;
  call_stack* next;  // of the same bucket
  std::uint32_t number;
  std::uint32_t depth;
  const void* frames[1];  // depth of them: return addresses, innermost first
};

inline constexpr std::size_t stack_depth_max = 64;

/// Chooses what follows stacks: libunwind, which is fast and needs no frame pointers, where it is
/// installed, but for g++'s ThreadSanitizer; else what the compiler brings.
void find_unwinder() noexcept;
/// True when that code is the unwinder's: it takes locks of its own while it works.
bool is_unwinders(const void* code) noexcept;

/// The number of the stack that leads here, of at most `depth` callers; 0 when depth is, or when
/// there is no memory.
/// Requires  inside, and none of the ledger's locks.
std::uint32_t note_stack(std::size_t depth) noexcept;

/// nullptr when there is none of that number.
const call_stack* stack_numbered(std::uint32_t number) noexcept;
std::uint32_t stacks_known() noexcept;

/// Around a fork: the child finds it in order.
bool lock_stacks(bool interrupted) noexcept;
void unlock_stacks() noexcept;
/// Around a fork, within all locks: the unwinder's own locks are free in the child.
void stop_unwinding() noexcept;
void go_on_unwinding(bool in_child) noexcept;

/// While one exists no fork begins, as while a stack is followed: for who asks the dynamic linker, too.
/// Requires  inside, and none of the ledger's locks.
class no_fork {
 public:
  no_fork() noexcept;
  no_fork(const no_fork&) = delete;
  no_fork& operator=(const no_fork&) = delete;
  ~no_fork();
};

}  // namespace lastout::ledger
