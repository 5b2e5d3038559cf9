// lock_checks.cpp - which locks a thread holds, and which ones releases have taken.

#include "lock_checks.hpp"

#include <mutex>

#include <lastout/lock_watch.hpp>
#include <lastout/spin_lock.hpp>

#include "choice.hpp"
#include "notice.hpp"
#include "stack_book.hpp"
#include "thread_state.hpp"

namespace lastout::ledger {
namespace {

constinit spin_lock learning;  // guards adding to a type's release_locks

bool has_taken(const release_locks& of, const void* lock, std::uint32_t& stack) noexcept {
  const std::uint32_t n = of.size.load(order::acquire);  // (2) pairs with (1)
  for (std::uint32_t i = 0; i < n; ++i) {
    // relaxed: written before size was
    if (of.taken[i].lock.load(order::relaxed) != lock) continue;
    stack = of.taken[i].stack.load(order::relaxed);
    return true;
  }
  return false;
}

void learn(type_entry& type, const void* object, const void* lock, std::uint32_t stack) noexcept {
  // A lock of the object's own goes with it: the next object at this address has another one.
  const auto at = reinterpret_cast<std::uintptr_t>(lock);
  const auto from = reinterpret_cast<std::uintptr_t>(object);
  if (at >= from && at < from + type.size) return;
  type_book* const book = book_of(type);
  std::uint32_t known = 0;
  if (book == nullptr || has_taken(book->locks, lock, known)) return;
  const std::lock_guard guard(learning);
  std::uint32_t n = book->locks.size.load(order::relaxed);  // relaxed: under the lock
  for (std::uint32_t free = 0; free < n; ++free) {          // where one was that has been destroyed
    if (book->locks.taken[free].lock.load(order::relaxed) != nullptr) continue;
    book->locks.taken[free].stack.store(stack, order::relaxed);
    book->locks.taken[free].lock.store(lock, order::relaxed);
    return;
  }
  if (n == release_locks::most) return;
  book->locks.taken[n].lock.store(lock, order::relaxed);
  book->locks.taken[n].stack.store(stack, order::relaxed);
  book->locks.size.store(n + 1, order::release);  // (1) pairs with (2)
}

}  // namespace

void lock_taken(const void* lock) noexcept { lock_taken_by(lock, nullptr); }

void lock_taken_by(const void* lock, const void* caller) noexcept {
  if (!checks_on.load(order::relaxed)) return;  // relaxed: a setting
  // To note it a stack is followed, which takes that lock.
  if (is_unwinders(caller)) return;
  const inside here;
  if (!here) return;
  thread_state& mine = this_thread_state;
  const std::uint32_t stack = note_stack(stack_depth.load(order::relaxed));
  if (mine.locks_held < thread_state::locks_max) mine.locks[mine.locks_held++] = {lock, stack};
  for (std::size_t i = 0; i < mine.releases && i < thread_state::releases_max; ++i)
    learn(*mine.releasing[i], mine.released_object[i], lock, stack);
}

void lock_given(const void* lock) noexcept {
  thread_state& mine = this_thread_state;
  for (std::size_t i = mine.locks_held; i-- > 0;) {
    if (mine.locks[i].lock != lock) continue;
    --mine.locks_held;
    for (; i < mine.locks_held; ++i) mine.locks[i] = mine.locks[i + 1];
    return;
  }
}

void lock_destroyed(const void* lock) noexcept {
  if (!checks_on.load(order::relaxed)) return;  // relaxed: a setting
  const inside here;
  if (!here) return;
  for (std::uint32_t i = 1; i <= types_known(); ++i) {
    release_locks& of = type_numbered(i)->locks;
    const std::lock_guard guard(learning);
    // relaxed: under the lock; who looks meanwhile finds the one or the other
    for (std::uint32_t at = 0; at < of.size.load(order::relaxed); ++at) {
      if (of.taken[at].lock.load(order::relaxed) == lock)
        of.taken[at].lock.store(nullptr, order::relaxed);
    }
  }
}

void blocking_forbidden(const char* why) noexcept {
  if (this_thread_state.no_blocking++ == 0) this_thread_state.why_no_blocking = why;
}
void blocking_allowed() noexcept { --this_thread_state.no_blocking; }

void releases(type_entry& type, const void* object) noexcept {
  thread_state& mine = this_thread_state;
  if (mine.releases < thread_state::releases_max) {
    mine.releasing[mine.releases] = &type;
    mine.released_object[mine.releases] = object;
  }
  ++mine.releases;
}
void released() noexcept { --this_thread_state.releases; }

void check_put(type_book& type, const void* object) noexcept {
  const thread_state& mine = this_thread_state;
  if (mine.no_blocking != 0 && type.entry->release_may_block)
    tell_put_may_block(type, object, mine.why_no_blocking);
  for (std::size_t i = 0; i < mine.locks_held; ++i) {
    std::uint32_t took = 0;
    if (has_taken(type.locks, mine.locks[i].lock, took))
      tell_put_under_lock(type, object, mine.locks[i].lock, mine.locks[i].stack, took);
  }
}

void lock_learning() noexcept { learning.lock(); }
void unlock_learning() noexcept { learning.unlock(); }

}  // namespace lastout::ledger
