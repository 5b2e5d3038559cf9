// lock_watch.hpp - tells the ledger which locks a thread holds, so that a put under a lock that
// release takes is reported before it hangs.
//
// std::mutex and all that stands on pthread_mutex_* is watched by linking `lastout_lock_watch`,
// without a change of the source. A lock of your own is a `watched<L>` instead of an L:
//
//   lastout::watched<spin_lock> lock;
//
// or calls lock_taken and lock_given itself. Which locks a type's release takes is learnt when one
// runs; known before that is what is declared:
//
//   lastout::release_takes<session>(table_lock);
//
// A thread that must not block says so for a scope:
//
//   const lastout::no_blocking here("interrupt");
//
// and every put in there is reported whose type says that its release may block:
//
//   static constexpr bool release_may_block = true;
//
// Looked at while the ledger's checks are on (ledger.hpp); without the ledger: nothing.
//
// Source: rules 45, 46, 64; Linux's lockdep and might_sleep. Record: docs/design/0018-ledger.md.

#pragma once

#include <lastout/config.hpp>
#include <lastout/entry_of.hpp>
#include <lastout/in_ledger.hpp>

namespace lastout {

namespace ledger {
void lock_taken(const void* lock) noexcept;
void lock_taken_by(const void* lock, const void* caller) noexcept;  // caller: a return address
void lock_given(const void* lock) noexcept;
void lock_destroyed(const void* lock) noexcept;
void release_takes(type_entry& type, const void* lock) noexcept;
void blocking_forbidden(const char* why) noexcept;
void blocking_allowed() noexcept;
}  // namespace ledger

inline namespace LASTOUT_ABI {

/// A Lock whose holders the ledger knows. As the Lock is: BasicLockable, Lockable.
template <class Lock>
class watched {
 public:
  constexpr watched() noexcept = default;
  watched(const watched&) = delete;
  watched& operator=(const watched&) = delete;
  ~watched() {
    if constexpr (ledger_build) ledger::lock_destroyed(this);
  }

  void lock() {
    lock_.lock();
    if constexpr (ledger_build) ledger::lock_taken(this);
  }
  [[nodiscard]] bool try_lock()
    requires requires(Lock& lock) { lock.try_lock(); }
  {
    if (!lock_.try_lock()) return false;
    if constexpr (ledger_build) ledger::lock_taken(this);
    return true;
  }
  void unlock() {
    if constexpr (ledger_build) ledger::lock_given(this);
    lock_.unlock();
  }

 private:
  Lock lock_;
};

/// Declares that the release of a T may take this lock: a put of a T under it is told of, though no
/// release has run yet.
/// Requires  a lock that is watched, and for which this holds until it is destroyed.
template <class T, class Lock>
void release_takes([[maybe_unused]] const Lock& lock) noexcept {
  if constexpr (in_ledger<T>) ledger::release_takes(ledger::entry_of<T>(), &lock);
}

/// While one exists, this thread does nothing that blocks.
class no_blocking {
 public:
  /// why: static text, for reports.
  explicit no_blocking([[maybe_unused]] const char* why) noexcept {
    if constexpr (ledger_build) ledger::blocking_forbidden(why);
  }
  no_blocking(const no_blocking&) = delete;
  no_blocking& operator=(const no_blocking&) = delete;
  ~no_blocking() {
    if constexpr (ledger_build) ledger::blocking_allowed();
  }
};

}  // namespace LASTOUT_ABI
}  // namespace lastout
