// thread_book.cpp - an entry for each thread; those of ended threads are used again, late.

#include "thread_book.hpp"

#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <lastout/spin_lock.hpp>

#include <algorithm>
#include <iterator>
#include <mutex>

#include "layout.hpp"
#include "lock_soon.hpp"
#include "numbered.hpp"
#include "pool.hpp"
#include "thread_state.hpp"

namespace lastout::ledger {
namespace {

constinit spin_lock lock;  // guards what follows, but for the numbered
constinit pool<thread_entry> entries;
constinit numbered<thread_entry, 1024> by_number;
constinit thread_entry* oldest_ended = nullptr;
constinit thread_entry* newest_ended = nullptr;
constinit thread_entry nobody;  // when there is no memory
constinit pthread_key_t at_end = 0;
constinit bool has_key = false;

// So many are kept before the oldest that nothing names is used again: what is told of the past
// (histories, the lately dead) names threads too, and nobody counts that.
constexpr std::uint32_t kept_before_reuse = 16384;

constexpr layout_root roots[] = {numbered_layout::rows("threads.rows", by_number),
                                 numbered_layout::size("threads.size", by_number)};
constexpr layout_member members[] = {LASTOUT_MEMBER(thread_entry, tid),
                                     LASTOUT_MEMBER(thread_entry, name),
                                     LASTOUT_MEMBER(thread_entry, runs)};

void add_ended(thread_entry& entry) noexcept {
  entry.next = nullptr;
  (newest_ended == nullptr ? oldest_ended : newest_ended->next) = &entry;
  newest_ended = &entry;
}

void ended(void* which) noexcept {
  auto& entry = *static_cast<thread_entry*>(which);
  const inside here;
  // A destructor that runs after this one may take a reference: it gets an entry of its own.
  this_thread_state.entry = nullptr;
  entry.runs.store(false, order::relaxed);  // relaxed: for reports
  const std::lock_guard guard(lock);
  add_ended(entry);
}

void identify(thread_entry& entry) noexcept {
  entry.tid = static_cast<std::uint32_t>(syscall(SYS_gettid));
  prctl(PR_GET_NAME, entry.name, 0, 0, 0);
}

// An ended one that nothing names. Those that are named go to the end of the queue.
thread_entry* old_one() noexcept {
  if (by_number.size() < kept_before_reuse) return nullptr;
  for (int tries = 0; oldest_ended != nullptr && tries < 16; ++tries) {
    thread_entry* const first = oldest_ended;
    oldest_ended = first->next;
    if (oldest_ended == nullptr) newest_ended = nullptr;
    // relaxed: nobody who could name it again is left
    if (first->used_by.load(order::relaxed) == 0) return first;
    add_ended(*first);
  }
  return nullptr;
}

}  // namespace

constinit const layout_part layout_of_threads = layout_of(roots, members);

thread_entry& this_thread_entry() noexcept {
  if (this_thread_state.entry != nullptr) [[likely]]
    return *this_thread_state.entry;
  thread_entry* mine = nullptr;
  {
    const std::lock_guard guard(lock);
    if (!has_key) has_key = pthread_key_create(&at_end, &ended) == 0;
    mine = old_one();
    if (mine != nullptr) identify(*mine);
    if (mine == nullptr) {
      mine = entries.take();
      if (mine == nullptr) return nobody;
      identify(*mine);  // before anybody can find it
      mine->number = by_number.add(mine);
      if (mine->number == 0) {
        entries.give(mine);
        return nobody;
      }
    }
    mine->runs.store(true, order::relaxed);  // relaxed: for reports
  }
  this_thread_state.entry = mine;
  if (has_key) pthread_setspecific(at_end, mine);
  return *mine;
}

bool look_at_thread(std::uint32_t number, thread_seen& out) noexcept {
  const inside here;
  const std::lock_guard guard(lock);  // an entry that is used again gets another name
  const thread_entry* const entry = by_number[number];
  if (entry == nullptr) return false;
  out = {entry->tid, {}, entry->runs.load(order::relaxed)};  // relaxed: for reports
  std::copy(std::begin(entry->name), std::end(entry->name), out.name);
  return true;
}

void use_thread(std::uint32_t number) noexcept {
  if (thread_entry* const entry = by_number[number])
    entry->used_by.fetch_add(1, order::relaxed);  // relaxed: a count
}
void unuse_thread(std::uint32_t number) noexcept {
  if (thread_entry* const entry = by_number[number])
    entry->used_by.fetch_sub(1, order::relaxed);  // relaxed: a count
}

void forget_other_threads() noexcept {
  for (std::uint32_t i = 1; i <= by_number.size(); ++i) {
    thread_entry* const each = by_number[i];
    if (each != this_thread_state.entry) each->runs.store(false, order::relaxed);
  }
  if (thread_entry* const mine = this_thread_state.entry)
    mine->tid = static_cast<std::uint32_t>(syscall(SYS_gettid));
}

bool lock_threads(bool interrupted) noexcept { return lock_for_fork(lock, interrupted); }
void unlock_threads() noexcept { lock.unlock(); }

}  // namespace lastout::ledger
