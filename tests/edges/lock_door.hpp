// lock_door.hpp - what the edges' build puts behind include/lastout/lock.hpp: waiting is explored.
//
// A notification reaches who waits at that moment and nobody else: one that comes before the wait is
// lost, so a predicate that is changed without the lock, or a notification that was forgotten, ends
// in "livelock: nobody is left to change anything". Nobody wakes up for no reason.

#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>

#include <lastout/atomic.hpp>

#include "explore/interleave.hpp"

namespace lastout::blocking {

using mutex = interleave::mutex;

class condition {
 public:
  template <class Predicate>
  void wait(std::unique_lock<mutex>& guard, Predicate over) {
    while (!over()) {
      const std::uint32_t before = told_.load(order::relaxed);
      guard.unlock();
      while (told_.load(order::relaxed) == before) relax();
      guard.lock();
    }
  }
  /// There is no clock: the deadline never comes.
  template <class Deadline, class Predicate>
  bool wait_until(std::unique_lock<mutex>& guard, const Deadline& deadline, Predicate over) {
    interleave::check(deadline == Deadline::max(), "there is no clock in an exploration");
    wait(guard, over);
    return true;
  }
  void notify_all() { told_.fetch_add(1, order::relaxed); }

 private:
  atomic<std::uint32_t> told_{0};
};

}  // namespace lastout::blocking
