// lock_checks.cpp - which locks a thread holds, and which ones releases have taken.

#include "lock_checks.hpp"

#include <algorithm>
#include <iterator>
#include <mutex>

#include <lastout/lock_watch.hpp>
#include <lastout/spin_lock.hpp>

#include "choice.hpp"
#include "lock_soon.hpp"
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

bool lies_in(const void* lock, const void* object, const type_entry& type) noexcept {
  return reinterpret_cast<std::uintptr_t>(lock) - reinterpret_cast<std::uintptr_t>(object) <
         type.size;
}

void learn(type_entry& type, const void* object, const void* lock, std::uint32_t stack) noexcept {
  // A lock of the object's own goes with it: the next object at this address has another one.
  if (lies_in(lock, object, type)) return;
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

// What has been told is not told again: of the same place, lock and type.
struct told_of {
  const void* lock;
  std::uint32_t type, stack;
  bool operator==(const told_of&) const = default;
};
constexpr std::size_t told_most = 1024;
constinit told_of told[told_most] = {};  // guarded by `learning`, as is what follows
constinit std::size_t told_next = 0;
constinit std::uint32_t told_since = 0;  // of choices_made

bool is_told_first(const told_of& what) noexcept {
  const std::lock_guard guard(learning);
  const std::uint32_t choice = choice_in_force();
  if (choice != told_since) std::fill(std::begin(told), std::end(told), told_of{});
  told_since = choice;
  if (std::find(std::begin(told), std::end(told), what) != std::end(told)) return false;
  told[told_next++ % told_most] = what;
  return true;
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
  if (this_thread_state.locks_held == 0) return;
  const inside here;  // or a handler that comes now would take a place that is being emptied
  if (!here) return;  // it was not noted
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
  const std::lock_guard guard(learning);
  for (told_of& each : told)
    if (each.lock == lock) each = {};
}

void release_takes(type_entry& type, const void* lock) noexcept {
  const inside here;
  if (!here) return;
  const std::uint32_t stack = note_stack(stack_depth.load(order::relaxed));  // relaxed: a setting
  learn(type, nullptr, lock, stack | release_locks::declared);
}

void blocking_forbidden(const char* why) noexcept {
  if (this_thread_state.no_blocking++ == 0) this_thread_state.why_no_blocking = why;
}
void blocking_allowed() noexcept { --this_thread_state.no_blocking; }

void releases(type_entry& type, const void* object) noexcept {
  thread_state& mine = this_thread_state;
  if (checks_on.load(order::relaxed)) {  // relaxed: a setting
    const inside here;
    const type_book* const book = here ? book_of(type) : nullptr;
    for (std::size_t i = 0; book != nullptr && i < mine.locks_held; ++i) {
      if (lies_in(mine.locks[i].lock, object, type))
        tell_lock_dies(*book, object, mine.locks[i].lock, mine.locks[i].stack);
    }
  }
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
    if (!has_taken(type.locks, mine.locks[i].lock, took)) continue;
    const std::uint32_t place = note_stack(stack_depth.load(order::relaxed));  // relaxed: a setting
    if (is_told_first({mine.locks[i].lock, type.number, place}))
      tell_put_under_lock(type, object, mine.locks[i].lock, mine.locks[i].stack, took);
  }
}

bool lock_learning(bool interrupted) noexcept { return lock_for_fork(learning, interrupted); }
void unlock_learning() noexcept { learning.unlock(); }

}  // namespace lastout::ledger
