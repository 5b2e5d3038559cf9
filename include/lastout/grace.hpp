// grace.hpp - readers without references: what they see is freed after they have looked, by
// liburcu.
//
// Use it for a list or a table that is read much more often than changed, and that readers walk
// without a lock. Otherwise a lock is simpler, and it is the proof. No other header of Lastout
// includes this one; it needs liburcu (-lurcu-bp).
//
//   struct session final : lastout::kref<session>, lastout::after_grace<session> {
//     void release() noexcept {
//       unlink(*this);                        // under the writers' lock: nobody finds it any more
//       lastout::release_after_grace(*this);  // who found it before may still look
//     }
//   };
//   const lastout::grace_guard guard;         // in scope: nothing that is seen is freed
//
// A grace period is a time at whose end everybody has left who was inside a guard at its beginning.
// So what is unlinked first, and freed a grace period later, is freed while nobody looks.
//
//   wait()                 a grace period, here and now
//   grace_period           the same as a callable: release_queue<T, grace_period>
//   release_after_grace()  deletes after a grace period, on liburcu's own thread; does not wait
//   drain()                waits until all of these are deleted: for the end of a program
//
// A guard blocks nobody and keeps nobody out: it is short, and nothing in it waits. Threads need no
// ceremony: liburcu-bp registers each one at its first guard and forgets it when it ends. A program
// whose licence is compatible with the LGPL may define _LGPL_SOURCE, everywhere, and has liburcu's
// calls inline.
//
// Edges:
//   (1) -> (2)  release_after_grace: what came before it is visible to the destructor.
//   (3) -> (1)  idle_again: what the last round did comes before the next one is begun.
//   (3) -> (4)  drain: what the destructors did is visible to whoever waited for them.
//   (5) -> (6)  a read in a guard comes before what follows the grace period. liburcu sees to it,
//               by barriers that ThreadSanitizer does not see: the edge is spelled for it alone.
//
// Source: rule 60; McKenney, P2545, for the shape (std::rcu_obj_base, rcu_synchronize,
// rcu_barrier); liburcu's rcu-api.md. Record: docs/design/0014-grace.md.

#pragma once

#if defined(URCU_API_MAP) && !defined(_URCU_BP_H)
#error "include <lastout/grace.hpp> before <urcu.h>: liburcu would rename the calls of your flavour"
#endif

#include <sys/types.h>
#include <unistd.h>
#include <urcu/urcu-bp.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <thread>
#include <type_traits>

#include <lastout/atomic.hpp>
#include <lastout/proof.hpp>
#include <lastout/type_name.hpp>
#include <lastout/violation.hpp>

// Again, because liburcu declares them for the first of its flavours that a file includes.
extern "C" {
void urcu_bp_call_rcu(struct rcu_head* head, void (*func)(struct rcu_head* head));
void urcu_bp_call_rcu_before_fork(void);
void urcu_bp_call_rcu_after_fork_parent(void);
void urcu_bp_call_rcu_after_fork_child(void);
}

namespace lastout {
inline namespace LASTOUT_ABI {

class grace;
template <class T>
class after_grace;

namespace grace_detail {

#if defined(__SANITIZE_THREAD__)
inline constexpr bool judged_by_thread_sanitizer = true;
#elif defined(__has_feature)
inline constexpr bool judged_by_thread_sanitizer = __has_feature(thread_sanitizer);
#else
inline constexpr bool judged_by_thread_sanitizer = false;
#endif

inline constinit atomic<unsigned> reads_ended{0};

inline void end_read() noexcept {
  // (5) pairs with (6)
  if constexpr (judged_by_thread_sanitizer) reads_ended.fetch_add(1, order::release);
  urcu_bp_read_unlock();
}

inline void wait_for_readers() noexcept {
  urcu_bp_synchronize_rcu();
  // (6) pairs with (5)
  if constexpr (judged_by_thread_sanitizer) (void)reads_ended.load(order::acquire);
}

/// What waits for its grace period. The names are long because each T has them too.
class waiting {
  friend class waiting_room;
  template <class T>
  friend class lastout::after_grace;

  waiting* waits_before_ = nullptr;
  void (*deleted_by_)(waiting&) noexcept = nullptr;
};

/// All that waits. Round after round liburcu's thread takes everything, waits for one grace period,
/// and deletes: so a chain of parents costs a grace period for each, and not liburcu's 10 ms.
class waiting_room {
 public:
  void enter(waiting& dead) noexcept {
    waiting* before = last_in_.load(order::relaxed);  // a guess, which the exchange checks
    do {
      dead.waits_before_ = before;
      // (1) pairs with (2, 3); relaxed when it fails: another guess
    } while (!last_in_.compare_exchange_weak(before, &dead, order::acq_rel, order::relaxed));
    if (before == nullptr) urcu_bp_call_rcu(&work_, &work);
  }

  /// True when nothing waits and nothing is being deleted.
  bool idle() const noexcept {
    // (4) pairs with (3)
    return last_in_.load(order::acquire) == nullptr;
  }

  /// True on the thread that is deleting.
  static bool deleting() noexcept { return per_thread<deletes>().now; }

 private:
  struct deletes {
    bool now = false;
  };

  static waiting_room& only() noexcept;
  static void work(rcu_head*) noexcept { only().work_some_rounds(); }

  // After so many, liburcu has a turn: a fork may be waiting for it.
  static constexpr int rounds_max = 10'000;

  void work_some_rounds() noexcept {
    per_thread<deletes>().now = true;
    bool more = true;
    for (int round = 0; more && round < rounds_max; ++round) {
      // (2) pairs with (1)
      waiting* const taken = last_in_.exchange(&at_work_, order::acquire);
      wait_for_readers();
      delete_all(taken);
      more = !idle_again();
    }
    per_thread<deletes>().now = false;
    if (more) urcu_bp_call_rcu(&work_, &work);
  }

  void delete_all(waiting* last) noexcept {
    while (last != nullptr && last != &at_work_) {
      waiting& dead = *last;
      last = dead.waits_before_;
      dead.deleted_by_(dead);
    }
  }

  // From here on work_ is the next one's to queue, unless somebody has entered meanwhile.
  bool idle_again() noexcept {
    waiting* expected = &at_work_;
    // (3) pairs with (1, 4); relaxed when it fails: the next round acquires
    return last_in_.compare_exchange_strong(expected, nullptr, order::release, order::relaxed);
  }

  atomic<waiting*> last_in_{nullptr};  // nullptr: idle; at_work_: working, and nobody waits
  waiting at_work_{};
  rcu_head work_{};  // in liburcu's queue from when last_in_ is not nullptr any more
};

inline constinit waiting_room room{};

inline waiting_room& waiting_room::only() noexcept { return room; }

}  // namespace grace_detail

/// The domain of all guards of a process: internal<T, grace>, and proof_of<grace_guard>.
class grace {
 public:
  grace(const grace&) = delete;
  grace& operator=(const grace&) = delete;

  /// The only one there is.
  static const grace& domain() noexcept {
    static constexpr grace only;
    return only;
  }

  /// True inside a guard of this thread.
  [[nodiscard]] static bool reading() noexcept { return urcu_bp_read_ongoing() != 0; }

  /// Waits until everybody has left who is inside a guard now.
  /// Requires  no guard on this thread, and no lock that somebody takes inside one.
  /// Order     acquire of all that was done in those guards.
  /// Fails     inside a guard: waited_in_guard is reported, and then it waits for itself, for ever:
  ///           to return would be to free early. Without memory liburcu ends the process, at a
  ///           thread's first.
  /// Cost      about a microsecond when nobody reads; a reader's sleep when one does.
  static void wait() noexcept {
    if (reading()) [[unlikely]]
      report(waited_in_guard, subject_of_reports(), "wait");
    grace_detail::wait_for_readers();
  }

  /// Waits until all is deleted that release_after_grace was called for, and what that released in
  /// turn.
  /// Requires  as wait(). While others go on releasing there is more to wait for.
  /// Order     acquire (4) of all that the destructors did.
  /// Fails     inside a guard, or in a destructor that it would wait for: waited_in_guard; it
  ///           returns at once.
  /// Cost      10 ms and more: liburcu gathers for that long. Polls once in a millisecond.
  static void drain() noexcept {
    if (reading() || grace_detail::waiting_room::deleting()) [[unlikely]]
      return report(waited_in_guard, subject_of_reports(), "drain");
    // Not by rcu_barrier: that waits for one round of liburcu's, which may be one of many of ours.
    while (!grace_detail::room.idle()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  /// fork(2), so that grace goes on in the child: its only thread is the caller, and what waited in
  /// the parent is deleted in both.
  /// Requires  as drain(). It is for a child that goes on without exec; for one that calls exec
  ///           fork(2) will do.
  /// Returns   as fork(2).
  /// Fails     as drain(), with -1 and EDEADLK.
  [[nodiscard]] static pid_t fork() noexcept {
    if (reading() || grace_detail::waiting_room::deleting()) [[unlikely]] {
      report(waited_in_guard, subject_of_reports(), "fork");
      errno = EDEADLK;
      return -1;
    }
    urcu_bp_call_rcu_before_fork();
    urcu_bp_before_fork();
    const pid_t child = ::fork();
    const int error = errno;
    if (child == 0) {
      urcu_bp_after_fork_child();
      urcu_bp_call_rcu_after_fork_child();
    } else {
      urcu_bp_after_fork_parent();
      urcu_bp_call_rcu_after_fork_parent();
    }
    errno = error;
    return child;
  }

  /// What a wait is called that can only wait for itself.
  static constexpr violation waited_in_guard = violation::waited_in_guard;

 private:
  constexpr grace() = default;
  static subject subject_of_reports() noexcept { return {"grace", &domain()}; }
};

/// A grace period as a callable, for release_queue<T, grace_period>.
struct grace_period {
  void operator()() const noexcept { grace::wait(); }
};

/// In scope: what this thread sees is not freed. Guards nest.
/// Requires  the thread that began it ends it. Nothing inside waits for long: it holds up all
///           freeing in the process.
/// Fails     checked builds: violation::wrong_thread when another thread ends it, and then nothing
///           is freed any more. A thread's first, without memory: liburcu ends the process.
/// Cost      record 0014. The first guard of a thread takes a lock and registers it.
class [[nodiscard]] grace_guard {
 public:
  grace_guard() noexcept { urcu_bp_read_lock(); }
  ~grace_guard() {
    if (begun_.here()) [[likely]]
      grace_detail::end_read();
    else
      report(violation::wrong_thread, {"grace_guard", this}, "end");
  }
  grace_guard(const grace_guard&) = delete;
  grace_guard& operator=(const grace_guard&) = delete;
  static void* operator new(std::size_t) = delete;  // it would outlive its scope
  static void* operator new[](std::size_t) = delete;

 private:
  struct on_a_thread {
    [[nodiscard]] bool here() const noexcept { return which == &per_thread<char>(); }
    const char* which = &per_thread<char>();
  };
  struct on_some_thread {
    [[nodiscard]] constexpr bool here() const noexcept { return true; }
  };
  [[no_unique_address]] std::conditional_t<checked_build, on_a_thread, on_some_thread> begun_;
};

/// A guard proves that memory stays while it is in scope; others may hold theirs at the same time.
template <>
struct proof_of<grace_guard> {
  using domain_type = grace;
  static constexpr bool shared = true;
  static const grace* held(const grace_guard&) noexcept { return &grace::domain(); }
};

template <class T>
void release_after_grace(after_grace<T>& dead) noexcept;

/// The base of what is deleted a grace period after its release (16 bytes, no vtable). It is a
/// release() hook too, for what is off every list before its last put.
template <class T>
class after_grace : private grace_detail::waiting {
 public:
  after_grace(const after_grace&) = delete;
  after_grace& operator=(const after_grace&) = delete;

  void release() noexcept {
    static_assert(std::is_final_v<T> || std::has_virtual_destructor_v<T>,
                  "this deletes a T: make T final, or give it a virtual destructor or a release() "
                  "of its own");
    release_after_grace<T>(*this);
  }

 protected:
  constexpr after_grace() noexcept = default;
  ~after_grace() = default;

 private:
  friend void release_after_grace<T>(after_grace& dead) noexcept;

  static void delete_whole(grace_detail::waiting& dead) noexcept {
    delete static_cast<T*>(static_cast<after_grace*>(&dead));
  }

  // False when it waits already.
  bool wait_for_grace() noexcept {
    if (deleted_by_ != nullptr) return false;
    deleted_by_ = &delete_whole;
    grace_detail::room.enter(*this);
    return true;
  }
};

/// Deletes an object when everybody has left who is inside a guard now; does not wait for that.
/// Requires  called from the object's release(), once, when nobody can find it any more. Its
///           destructor runs on another thread, which all releases share.
/// Order     (1) release.
/// Fails     a second time: violation::put_once_dead, and nothing is done. The first call in a
///           process starts liburcu's thread, and liburcu ends the process when it cannot.
/// Cost      one compare-exchange; no memory.
template <class T>
void release_after_grace(after_grace<T>& dead) noexcept {
  if (!dead.wait_for_grace()) [[unlikely]]
    report(violation::put_once_dead, {type_name<T>(), static_cast<T*>(&dead)},
           "release_after_grace");
}

}  // namespace LASTOUT_ABI
}  // namespace lastout
