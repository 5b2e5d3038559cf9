// device_slot.hpp - a named device that is opened again after a teardown: what a user builds on
// dual.
//
// The slot is the name; each opening is a life of its own, an object. The next life starts once the
// last user of the previous one has left and its deactivate() has given the hardware back.
//
// Lock order: the slot's lock is the caller's business; the slot itself is used by one thread at a
// time. Who holds references: each user an active one; the slot a passive one of the latest life.

#pragma once

#include <chrono>
#include <utility>

#include <lastout/dual.hpp>

namespace rules {

/// Life: a dual, made from `Port&`, that takes the port when constructed and gives it back in
/// deactivate().
template <class Life, class Port>
class device_slot {
 public:
  explicit device_slot(Port& p) : port_(p) {}

  /// Starts a life.
  /// Returns   its first user; empty when one of the previous life is left at the deadline.
  template <class Wait>
  lastout::active<Life> open(std::chrono::steady_clock::time_point deadline, Wait wait) {
    if (latest_ && !latest_->drain(deadline, wait).complete) return {};
    lastout::active<Life> first = lastout::make_active<Life>(port_);
    latest_ = first.get_passive();
    return first;
  }

  /// No new user of this life. Those there are may stay for as long as they like.
  void tear_down() {
    if (latest_) latest_->close();
  }

  [[nodiscard]] const lastout::passive<Life>& latest() const noexcept { return latest_; }

 private:
  Port& port_;
  lastout::passive<Life> latest_;
};

}  // namespace rules
