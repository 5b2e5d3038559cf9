// chaos.cpp - rare things made common, as a seed says: each thread's decisions follow from the seed,
// from how many threads asked before it, and from how often it has asked.

#include <sched.h>
#include <time.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include <lastout/ledger.hpp>

#include "chaos.hpp"
#include "choice.hpp"
#include "thread_state.hpp"

namespace lastout::ledger {
namespace {

constinit atomic<std::uint64_t> threads_seen{0};

std::uint64_t mixed(std::uint64_t x) noexcept {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9u;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

// One time in `of`.
bool now_and_then(std::uint64_t of) noexcept {
  if (!chaos_on.load(order::relaxed)) return false;  // relaxed: a setting
  std::uint64_t& mine = this_thread_state.chaos;
  if (mine == 0) {
    const std::uint64_t which = threads_seen.fetch_add(1, order::relaxed);  // relaxed: a number
    mine = mixed(chaos_seed.load(order::relaxed) + 0x9e3779b97f4a7c15u * (which + 1)) | 1;
  }
  mine += 0x9e3779b97f4a7c15u;
  if (mine == 0) mine = 1;
  return mixed(mine) % of == 0;
}

// One thread that releases what others were to release.
class undertaker {
 public:
  bool take(void* object, void (*release)(void*) noexcept) {
    const std::lock_guard guard(lock_);
    if (waiting_.size() >= most) return false;
    if (!begun_) {
      std::thread([this] { work(); }).detach();
      begun_ = true;
    }
    waiting_.push_back({object, release});
    changed_.notify_all();
    return true;
  }
  void settle() {
    std::unique_lock guard(lock_);
    changed_.wait(guard, [this] { return waiting_.empty() && !busy_; });
  }

 private:
  static constexpr std::size_t most = 64;
  struct dead {
    void* object;
    void (*release)(void*) noexcept;
  };

  [[noreturn]] void work() {
    std::unique_lock guard(lock_);
    for (;;) {
      changed_.wait(guard, [this] { return !waiting_.empty(); });
      const dead next = waiting_.front();
      waiting_.pop_front();
      busy_ = true;
      guard.unlock();
      next.release(next.object);
      guard.lock();
      busy_ = false;
      changed_.notify_all();
    }
  }

  std::mutex lock_;
  std::condition_variable changed_;
  std::deque<dead> waiting_;
  bool begun_ = false;
  bool busy_ = false;
};

// Never destroyed: its thread runs until the process ends.
constinit atomic<undertaker*> the_undertaker{nullptr};

undertaker& undertaker_now() {
  undertaker* now = the_undertaker.load(order::acquire);  // (2) pairs with (1)
  if (now != nullptr) return *now;
  auto* const made = new undertaker;
  // (1) pairs with (2), and with itself: who comes second sees the first one's
  if (the_undertaker.compare_exchange_strong(now, made, order::acq_rel, order::acquire))
    return *made;
  delete made;
  return *now;
}

}  // namespace

bool refuses(type_entry&) noexcept { return now_and_then(64); }
bool resurrects(type_entry&) noexcept { return now_and_then(8); }

void dawdle(type_entry&) noexcept {
  if (!now_and_then(16)) return;
  if (now_and_then(8)) {
    const timespec nap{0, 200'000};
    nanosleep(&nap, nullptr);
  } else {
    sched_yield();
  }
}

bool releases_elsewhere(type_entry&, void* object, void (*release)(void*) noexcept) noexcept {
  if (!now_and_then(16)) return false;
  try {
    return undertaker_now().take(object, release);
  } catch (...) {
    return false;
  }
}

void settle() noexcept {
  if (undertaker* const one = the_undertaker.load(order::acquire))
    one->settle();  // (2) pairs with (1)
}

void forget_undertaker() noexcept {
  the_undertaker.store(nullptr, order::relaxed);  // relaxed: nobody else is in the child
}

}  // namespace lastout::ledger
