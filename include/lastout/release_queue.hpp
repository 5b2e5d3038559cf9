// release_queue.hpp - releases later: on an owner thread, or after a grace period, in bounded
// space.
//
// Use it from a release() hook when releasing here and now is wrong: the last put may come from a
// thread that must not block or must not run destructors, or readers without references may still
// be looking.
//
//   inline lastout::release_queue<texture> graveyard(1024);
//   struct texture : lastout::kref<texture> { void release() noexcept { graveyard.push(*this); } };
//   // on the render thread, once a frame:   graveyard.drain();
//
// Full: the pusher waits until the owner drains (when_full::wait), or releases the object itself
// (when_full::release_here: not for grace periods). The owner itself drains instead of waiting.
//
// Source: rules 46, 60; asio and boost issues about destruction on the wrong thread. Record:
// docs/limits.md.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>

#include <lastout/atomic.hpp>
#include <lastout/type_name.hpp>
#include <lastout/violation.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

enum class when_full : std::uint8_t { wait, release_here };

/// Who may drain.
enum class drained_by : std::uint8_t { anyone, owner };

/// A bounded queue of dead objects. Lock: any Lockable.
template <class T, class Lock = std::mutex>
class release_queue {
 public:
  /// Room for `capacity` objects. With drained_by::owner the constructing thread is the owner.
  /// Without memory for that much room the queue has none, and is always full.
  explicit release_queue(std::size_t capacity, when_full full = when_full::wait,
                         drained_by who = drained_by::anyone) noexcept
      : slots_(new(std::nothrow) T*[capacity]),
        capacity_(slots_ == nullptr ? 0 : capacity),
        full_(capacity_ == 0 ? when_full::release_here : full),
        owner_(who == drained_by::owner ? &per_thread<char>() : nullptr) {}
  release_queue(const release_queue&) = delete;
  release_queue& operator=(const release_queue&) = delete;
  /// Requires  nobody pushes any more. Releases what is left, on this thread.
  ~release_queue() {
    drain_as(&per_thread<char>(), []() noexcept {});
  }

  /// Queues a dead object: from its release() hook, and from nowhere else.
  void push(T& dead) noexcept {
    for (;;) {
      {
        const std::lock_guard<Lock> guard(lock_);
        if (size_ != capacity_) {
          slots_[(first_ + size_++) % capacity_] = &dead;
          return;
        }
      }
      if (full_ == when_full::release_here) return destroy(dead);
      if (draining_here()) {  // a release inside drain() filled it again: nobody else makes room
        wait_for_grace_(grace_);
        return destroy(dead);
      }
      if (owner_ == &per_thread<char>()) {
        drain();
      } else {
        relax();
      }
    }
  }

  /// Deletes what is queued when the call begins.
  /// Returns   how many; 0 while somebody else is draining.
  /// Fails     violation::wrong_thread when another thread is the owner; nothing is done then.
  std::size_t drain() noexcept {
    return drain([]() noexcept {});
  }

  /// Calls `grace()` once, which returns when no reader can still see what is queued now; then
  /// deletes that.
  template <class Grace>
  std::size_t drain(Grace grace) noexcept {
    const char* const here = &per_thread<char>();
    if (owner_ != nullptr && owner_ != here) [[unlikely]] {
      report(violation::wrong_thread, {type_name<T>(), this}, "drain");
      return 0;
    }
    return drain_as(here, grace);
  }

  /// How many are queued, at some moment during the call.
  [[nodiscard]] std::size_t size() const noexcept {
    const std::lock_guard<Lock> guard(lock_);
    return size_;
  }

 private:
  static void destroy(T& dead) noexcept { delete &dead; }

  // One drain at a time: the first `batch` objects are then the ones that the grace period covers.
  template <class Grace>
  std::size_t drain_as(const char* here, Grace grace) noexcept {
    std::size_t batch = 0;
    {
      const std::lock_guard<Lock> guard(lock_);
      if (drainer_ != nullptr || size_ == 0) return 0;
      batch = size_;
      drainer_ = here;
      grace_ = &grace;
      wait_for_grace_ = [](void* of) noexcept { (*static_cast<Grace*>(of))(); };
    }
    grace();
    for (std::size_t done = 0; done < batch; ++done) destroy(*pop());
    const std::lock_guard<Lock> guard(lock_);
    drainer_ = nullptr;
    return batch;
  }

  bool draining_here() const noexcept {
    const std::lock_guard<Lock> guard(lock_);
    return drainer_ == &per_thread<char>();
  }

  T* pop() noexcept {
    const std::lock_guard<Lock> guard(lock_);
    T* const dead = slots_[first_];
    first_ = (first_ + 1) % capacity_;
    --size_;
    return dead;
  }

  mutable Lock lock_;
  std::unique_ptr<T*[]> slots_;
  std::size_t capacity_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
  when_full full_;
  const char* owner_;
  const char* drainer_ = nullptr;  // the thread that is inside drain()
  void* grace_ = nullptr;          // its grace period
  void (*wait_for_grace_)(void*) noexcept = nullptr;
};

}  // namespace LASTOUT_ABI
}  // namespace lastout
