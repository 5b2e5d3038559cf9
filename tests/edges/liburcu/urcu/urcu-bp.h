// urcu-bp.h - liburcu as grace.hpp calls it, for an exploration: in the place of the real header.
//
// Readers are counted; a grace period waits until each reader who was there has left once. Its own
// thread is a logical thread of the scenario, which runs urcu_model::work().

#pragma once

#define _URCU_BP_H

#include <mutex>

#include "explore/interleave.hpp"

struct rcu_head {
  void (*func)(rcu_head*) = nullptr;
};

namespace lastout {
inline void relax() noexcept;  // atomic.hpp
}

namespace urcu_model {

struct state {
  interleave::mutex lock;
  int reading[interleave::threads_max] = {};   // under the lock: how deep
  int sections[interleave::threads_max] = {};  // and how many have ended
  rcu_head* waits = nullptr;                   // what work() is to call
};
inline state* now = nullptr;

inline int me() { return interleave::explorer::running->current(); }

/// One round of liburcu's own thread. Returns false when there was nothing to do.
inline bool work() {
  rcu_head* taken = nullptr;
  {
    const std::lock_guard held(now->lock);
    taken = now->waits;
    now->waits = nullptr;
  }
  if (taken == nullptr) return false;
  interleave::explorer::running->plain_read(taken, interleave::place::here());
  taken->func(taken);
  return true;
}

}  // namespace urcu_model

extern "C" {
inline void urcu_bp_read_lock() {
  const std::lock_guard held(urcu_model::now->lock);
  ++urcu_model::now->reading[urcu_model::me()];
}
inline void urcu_bp_read_unlock() {
  const std::lock_guard held(urcu_model::now->lock);
  if (--urcu_model::now->reading[urcu_model::me()] == 0)
    ++urcu_model::now->sections[urcu_model::me()];
}
inline int urcu_bp_read_ongoing() {
  const std::lock_guard held(urcu_model::now->lock);
  return urcu_model::now->reading[urcu_model::me()];
}
inline void urcu_bp_synchronize_rcu() {
  int before[interleave::threads_max];
  int there[interleave::threads_max];
  {
    const std::lock_guard held(urcu_model::now->lock);
    for (unsigned i = 0; i < interleave::threads_max; ++i) {
      before[i] = urcu_model::now->sections[i];
      there[i] = urcu_model::now->reading[i];
    }
  }
  for (unsigned i = 0; i < interleave::threads_max; ++i) {
    for (bool left = there[i] == 0; !left;) {
      {
        const std::lock_guard held(urcu_model::now->lock);
        left = urcu_model::now->sections[i] != before[i];
      }
      if (!left) lastout::relax();
    }
  }
}
inline void urcu_bp_call_rcu(rcu_head* head, void (*func)(rcu_head*)) {
  interleave::explorer::running->plain_write(head, interleave::place::here());
  head->func = func;  // the queue's, from now on
  const std::lock_guard held(urcu_model::now->lock);
  interleave::check(urcu_model::now->waits == nullptr, "queued once");
  urcu_model::now->waits = head;
}
inline void urcu_bp_call_rcu_before_fork() {}
inline void urcu_bp_call_rcu_after_fork_parent() {}
inline void urcu_bp_call_rcu_after_fork_child() {}
inline void urcu_bp_before_fork() {}
inline void urcu_bp_after_fork_parent() {}
inline void urcu_bp_after_fork_child() {}
}
