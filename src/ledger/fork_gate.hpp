// fork_gate.hpp - keeps forks away from who is in code that takes locks which are not the ledger's.
//
// The unwinder has locks of its own, and asks the dynamic linker, which has another. What a thread of
// the parent holds at a fork is held in the child for ever: so a fork waits for who is at it, and
// meanwhile nobody begins.

#pragma once

#include <sched.h>

#include <cstddef>
#include <cstdint>

#include <lastout/atomic.hpp>

#include "thread_state.hpp"

namespace lastout::ledger {

class fork_gate {
 public:
  /// Waits while a fork is under way.
  /// Requires  inside, and none of the ledger's locks: a fork takes those, and closes the gate last.
  void enter() noexcept {
    // (2) pairs with (1): a fork is over for who gets in after it
    while ((mine().fetch_add(one, order::acquire) & closed) != 0) {
      mine().fetch_sub(one, order::relaxed);  // relaxed: nothing was done
      sched_yield();
    }
    ++this_thread_state.in_gate;
  }
  void leave() noexcept {
    --this_thread_state.in_gate;
    mine().fetch_sub(one, order::release);  // (1) pairs with (2)
  }

  /// Before a fork, by the thread that forks. It does not wait for itself: a signal handler forks
  /// too, and what it interrupted goes on in the child.
  void close() noexcept {
    // relaxed: what counts is waited for below
    for (entrance& each : entrances_) each.state.fetch_or(closed, order::relaxed);
    for (entrance& each : entrances_) {
      // (2) pairs with (1)
      while ((each.state.load(order::acquire) & ~closed) != own(each)) sched_yield();
    }
  }
  void open() noexcept {
    // (1) pairs with (2)
    for (entrance& each : entrances_) each.state.fetch_and(~closed, order::release);
  }
  /// Of those that knocked, none is in the child.
  void open_in_child() noexcept {
    // relaxed: there is one thread
    for (entrance& each : entrances_) each.state.store(own(each), order::relaxed);
  }

 private:
  static constexpr std::uint32_t closed = 1;
  static constexpr std::uint32_t one = 2;  // who is in, or knocks
  static constexpr std::size_t entrances_bits = 5;

  // Several, and a line for each: threads that walk their stacks do not meet here.
  struct alignas(64) entrance {
    atomic<std::uint32_t> state{0};
  };

  entrance& of_this_thread() noexcept {
    const auto who = reinterpret_cast<std::uintptr_t>(&this_thread_state);
    return entrances_[who * 0x9e3779b97f4a7c15u >> (64 - entrances_bits)];
  }
  atomic<std::uint32_t>& mine() noexcept { return of_this_thread().state; }
  std::uint32_t own(const entrance& which) noexcept {
    return &which == &of_this_thread() ? this_thread_state.in_gate * one : 0;
  }

  entrance entrances_[std::size_t{1} << entrances_bits] = {};
};

}  // namespace lastout::ledger
