// release_queue.hpp - releases later: on an owner thread, or after a grace period, in bounded
// space.
//
// Use it from a release() hook when releasing here and now is wrong: the last put may come from a
// thread that must not block or must not run destructors, or readers without references may still
// be looking.
//
//   inline lastout::release_queue<texture> graveyard(1024);
//   struct texture : lastout::kref<texture> {
//     void release() noexcept { graveyard.push(*this); }
//   };
//   // on the render thread, once a frame:   graveyard.drain();
//
// Grace: a callable that returns when no reader who was there before the call can still see what is
// queued (urcu's synchronize_rcu, say). drain() calls it once, and then deletes what was queued
// before.
//
// Full: the pusher waits until somebody drains (when_full::wait), or waits for a grace period of
// its own and deletes the object itself (when_full::release_here). The owner, and whoever is inside
// drain() already, never waits for itself.
//
// Source: rules 46, 60; Linux call_rcu, for what happens without a bound.
// Record: docs/design/0012-release-queue.md.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <type_traits>
#include <utility>

#include <lastout/atomic.hpp>
#include <lastout/release.hpp>
#include <lastout/type_name.hpp>
#include <lastout/violation.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

enum class when_full : std::uint8_t { wait, release_here };

/// Who may drain.
enum class drained_by : std::uint8_t { anyone, owner };

/// For objects that nobody sees without a reference.
struct no_grace {
  void operator()() const noexcept {}
};

/// A bounded queue of dead objects. Lock: any Lockable. Grace: see above, noexcept.
template <class T, class Grace = no_grace, class Lock = std::mutex>
class release_queue {
  static_assert(std::is_nothrow_invocable_v<Grace&>, "grace runs where nothing can be thrown");

 public:
  /// Room for `capacity` objects. With drained_by::owner the constructing thread is the owner.
  /// Without memory for that much room the queue has none, and is always full.
  explicit release_queue(std::size_t capacity, when_full full = when_full::wait,
                         drained_by who = drained_by::anyone, Grace grace = {}) noexcept
      : slots_(room_for(capacity)),
        capacity_(slots_ == nullptr ? 0 : capacity),
        full_(capacity_ == 0 ? when_full::release_here : full),
        owner_(who == drained_by::owner ? here() : nullptr),
        grace_(std::move(grace)) {}
  release_queue(const release_queue&) = delete;
  release_queue& operator=(const release_queue&) = delete;
  /// Requires  nobody else pushes any more. Releases what is left, and what that pushes, here.
  ~release_queue() {
    // Inside a release, what is deleted remembers its releases for later, and they push here.
    release_list& list = per_thread<release_list>();
    const std::size_t before = list.remembered();
    while (drain_batch([&] { list.run_since(before); }) != 0) {
    }
  }

  /// Queues a dead object: from its release() hook, and from nowhere else.
  void push(T& dead) noexcept {
    while (!put_in(dead)) {
      if (full_ == when_full::release_here || inside_drain()) return release_here(dead);
      if (owner_ != here() || drain() == 0) relax();
    }
  }

  /// Waits for a grace period, then deletes what was queued when the call began.
  /// Returns   how many; 0 while somebody else is draining.
  /// Fails     violation::wrong_thread when another thread is the owner; nothing is done then.
  std::size_t drain() noexcept {
    if (owner_ != nullptr && owner_ != here()) [[unlikely]] {
      report(violation::wrong_thread, {type_name<T>(), this}, "drain");
      return 0;
    }
    return drain_batch([] {});
  }

  /// How many are queued, at some moment during the call.
  [[nodiscard]] std::size_t size() const noexcept {
    const std::lock_guard<Lock> guard(lock_);
    return size_;
  }

 private:
  static const char* here() noexcept { return &per_thread<char>(); }  // names the thread

  // More than there can be is asked of nobody: g++'s new throws then, nothrow or not.
  static T** room_for(std::size_t capacity) noexcept {
    constexpr std::size_t most = PTRDIFF_MAX / sizeof(T*);
    return capacity <= most ? new (std::nothrow) T*[capacity] : nullptr;
  }

  void release_here(T& dead) noexcept {
    grace_();
    delete &dead;
  }

  bool put_in(T& dead) noexcept {
    const std::lock_guard<Lock> guard(lock_);
    if (size_ == capacity_) return false;
    slots_[(first_ + size_++) % capacity_] = &dead;
    return true;
  }

  T* take_out() noexcept {
    const std::lock_guard<Lock> guard(lock_);
    T* const dead = slots_[first_];
    first_ = (first_ + 1) % capacity_;
    --size_;
    return dead;
  }

  bool inside_drain() const noexcept {
    const std::lock_guard<Lock> guard(lock_);
    return drainer_ == here();
  }

  // One drain at a time: then the first `batch` objects are the ones that the grace period covers.
  template <class Then>
  std::size_t drain_batch(Then then) noexcept {
    std::size_t batch = 0;
    {
      const std::lock_guard<Lock> guard(lock_);
      if (drainer_ != nullptr || size_ == 0) return 0;
      batch = size_;
      drainer_ = here();
    }
    grace_();
    for (std::size_t done = 0; done < batch; ++done) delete take_out();
    then();
    const std::lock_guard<Lock> guard(lock_);
    drainer_ = nullptr;
    return batch;
  }

  mutable Lock lock_;
  std::unique_ptr<T*[]> slots_;
  std::size_t capacity_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
  when_full full_;
  const char* owner_;              // the thread that may drain; nullptr: any
  const char* drainer_ = nullptr;  // the thread that is inside drain()
  [[no_unique_address]] Grace grace_;
};

}  // namespace LASTOUT_ABI
}  // namespace lastout
