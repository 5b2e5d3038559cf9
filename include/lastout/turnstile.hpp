// turnstile.hpp - waiting until something that somebody else is doing is done, without a lock in
// the thing itself.
//
//   const auto ticket = gate.ticket();     // before the look that shows that it is not done
//   gate.wait(ticket);                     // until somebody has called advance() since; then look
//                                          again
//
// Who finishes something changes the state under its lock, and calls advance() afterwards.
//
// Lock order     its lock is a leaf.
// Who holds references
//                nobody.

#pragma once

#include <cstdint>
#include <mutex>

#include <lastout/config.hpp>
#include <lastout/lock.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

class turnstile {
 public:
  [[nodiscard]] std::uint64_t ticket() const {
    const std::lock_guard<blocking::mutex> guard(lock_);
    return passed_;
  }

  void wait(std::uint64_t ticket) const {
    std::unique_lock<blocking::mutex> guard(lock_);
    moved_.wait(guard, [&] { return passed_ != ticket; });
  }

  /// Returns  false when the deadline came first.
  template <class Deadline>
  bool wait_until(std::uint64_t ticket, Deadline deadline) const {
    std::unique_lock<blocking::mutex> guard(lock_);
    return moved_.wait_until(guard, deadline, [&] { return passed_ != ticket; });
  }

  void advance() {
    {
      const std::lock_guard<blocking::mutex> guard(lock_);
      ++passed_;
    }
    moved_.notify_all();
  }

 private:
  mutable blocking::mutex lock_;
  mutable blocking::condition moved_;
  std::uint64_t passed_ = 0;
};

}  // namespace LASTOUT_ABI
}  // namespace lastout
