// thread_book.hpp - the threads that have taken references: number, name, whether they still run.

#pragma once

#include <sys/types.h>

#include <cstdint>

#include <lastout/atomic.hpp>

namespace lastout::ledger {

struct thread_entry {
  std::uint32_t number = 0;
  std::uint32_t tid = 0;
  char name[16] = {};
  atomic<bool> runs{true};
  atomic<std::uint32_t> used_by{0};  // references and objects that name it
  thread_entry* next = nullptr;      // ended, oldest first
};

/// The calling thread's entry; number 0 when there is no memory.
/// Requires  inside.
thread_entry& this_thread_entry() noexcept;

struct thread_seen {
  std::uint32_t tid;
  char name[16];
  bool runs;
};
/// Returns   false when there is none of that number.
bool look_at_thread(std::uint32_t number, thread_seen& out) noexcept;
void use_thread(std::uint32_t number) noexcept;
void unuse_thread(std::uint32_t number) noexcept;

/// In the child of a fork: of all threads one is left.
void forget_other_threads() noexcept;

/// Around a fork: the child finds it in order.
bool lock_threads(bool interrupted) noexcept;
void unlock_threads() noexcept;

}  // namespace lastout::ledger
