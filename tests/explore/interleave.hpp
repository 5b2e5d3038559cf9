// interleave.hpp - the test's side of the explorer: what a scenario is written with.
//
//   explore(options, set_up)   runs a scenario in every interleaving
//   check(ok, what), fail(why)  judge one execution
//   plain<T>                   a variable without atomics: races are found
//   mutex                      a lock: deadlocks are found
//   heap                       memory: use after free, freeing twice, leaks are found
//   fence(), membarrier()      as the standard's, and the kernel's
//   restartable                a restartable sequence on per-CPU data
//   type_stable(at, bytes)     memory that stays of one type
//   sites(), weaken(), strengthen_all()   see site.hpp
//
// All of it can be used outside an exploration too, by one thread, and then checks nothing.

#pragma once

#include <cstdlib>
#include <string>
#include <type_traits>
#include <utility>

#include <lastout/atomic.hpp>

#include "explore/explorer.hpp"
#include "explore/place.hpp"
#include "explore/site.hpp"

#ifndef INTERLEAVE_DOOR
#error "without -DLASTOUT_ATOMIC_DOOR='\"explore/door.hpp\"' no atomic operation is explored"
#endif

namespace interleave {

/// std::atomic_thread_fence, explored.
inline void fence(std::memory_order order, place where = place::here()) {
  if (auto* e = explorer::running) e->fence(order, where);
}
/// membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED): a seq_cst fence in every thread, at this moment.
inline void membarrier(place where = place::here()) {
  if (auto* e = explorer::running) e->membarrier(where);
}

/// MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ: that, and no restartable sequence that was under way commits.
inline void membarrier_and_restart(place where = place::here()) {
  if (auto* e = explorer::running) e->membarrier_and_restart(where);
}

/// A restartable sequence (Linux's rseq): reads what belongs to the CPU that it is on, then commits
/// by one store, unless it has been interrupted; then nothing has happened, and the thread begins
/// another one. What is read after an interruption is of no use, but is read: do not follow it.
class restartable {
 public:
  explicit restartable(place where = place::here()) {
    if (auto* e = explorer::running) cpu_ = e->begin_restartable(where);
  }
  restartable(const restartable&) = delete;
  restartable& operator=(const restartable&) = delete;
  ~restartable() {
    if (auto* e = explorer::running) e->end_restartable(committed_);
  }

  unsigned cpu() const noexcept { return cpu_; }

  /// Returns whether `value` was stored. To be called once.
  template <class Atomic>
  [[nodiscard]] bool commit(Atomic& to, typename Atomic::value_type value, std::memory_order order,
                            place where = place::here()) {
    auto* e = explorer::running;
    if (e != nullptr && !e->may_commit(&to, where)) return false;
    to.store(value, {order, where});
    return committed_ = true;
  }

 private:
  unsigned cpu_ = 0;
  bool committed_ = false;
};

/// Memory that stays of one type, as a slab's does: whoever is late finds an atomic there, whether
/// or not the object around it has ended. From now on, to the end of the execution.
inline void type_stable(const void* at, std::size_t bytes) {
  if (auto* e = explorer::running) e->keep(at, bytes);
}

/// A value and the place where it was written down.
template <class T>
struct located {
  T value;
  place where;

  template <class U>
    requires std::is_convertible_v<U, T>
  located(U&& v, place w = place::here()) : value(std::forward<U>(v)), where(w) {}
};

/// A variable that must not be raced for. Conversion and destruction cannot know their line and
/// report the last one known before them; read() knows it.
template <class T>
class plain {
 public:
  explicit plain(T value = T{}, place where = place::here()) : value_(std::move(value)) {
    if (auto* e = explorer::running) e->birth(this, where);
  }
  plain(const plain& other, place where = place::here()) : plain(other.read(where), where) {}
  ~plain() {
    if (auto* e = explorer::running) e->death(this);
  }

  plain& operator=(const plain& other) {
    write(other.read(place{}), place{});
    return *this;
  }
  plain& operator=(located<T> v) {
    write(std::move(v.value), v.where);
    return *this;
  }
  operator T() const { return read(place{}); }

  T read(place where = place::here()) const {
    if (auto* e = explorer::running) e->plain_read(this, where);
    return value_;
  }
  void write(T value, place where = place::here()) {
    if (auto* e = explorer::running) e->plain_write(this, where);
    value_ = std::move(value);
  }

 private:
  T value_;
};

class mutex {
 public:
  constexpr mutex(place where = place::here()) {
    if (std::is_constant_evaluated()) return;
    if (auto* e = explorer::running) e->birth(this, where);
  }
  mutex(const mutex&) = delete;
  mutex& operator=(const mutex&) = delete;
  constexpr ~mutex() {
    if (std::is_constant_evaluated()) return;
    if (auto* e = explorer::running) e->death(this);
  }

  void lock(place where = place::here()) {
    auto* e = explorer::running;
    if (e == nullptr) return take(0);
    if (owner_ == e->current()) fail("locks a mutex that it holds (" + where.text() + ")");
    location& l = e->arrive("lock", this, true, where, &owner_);
    take(e->current());
    e->finish_lock(l, "lock", true, false);
  }

  bool try_lock(place where = place::here()) {
    auto* e = explorer::running;
    if (e == nullptr) return owner_ == nobody ? (take(0), true) : false;
    location& l = e->arrive("try_lock", this, true, where);
    const bool free = owner_ == nobody;
    if (free) take(e->current());
    e->finish_lock(l, free ? "try_lock" : "try_lock failed", free, false);
    return free;
  }

  void unlock(place where = place::here()) {
    auto* e = explorer::running;
    if (e == nullptr) return take(nobody);
    location& l = e->arrive("unlock", this, true, where);
    if (owner_ != e->current())
      fail("unlocks a mutex that it does not hold (" + where.text() + ")");
    take(nobody);
    e->finish_lock(l, "unlock", false, true);
  }

 private:
  static constexpr int nobody = -1;

  void take(int owner) noexcept { owner_ = owner; }

  int owner_ = nobody;
};

/// Memory for the objects of a scenario: give them operator new and delete that call this.
/// Freeing is a write to every location in the block; the block is kept to the end.
struct heap {
  /// Returns nullptr when out of memory.
  static void* allocate(std::size_t bytes, place where = {}) noexcept {
    auto* e = explorer::running;
    return e != nullptr ? e->allocate(bytes, where) : std::malloc(bytes);
  }

  static void free(void* at, place where = {}) noexcept {
    auto* e = explorer::running;
    if (at == nullptr) return;
    if (e != nullptr) {
      e->free(at, where);
    } else {
      std::free(at);
    }
  }
};

}  // namespace interleave
