// chaos.cpp - rare things made common, as a seed says: each thread's decisions follow from the seed,
// from how many threads asked before it, and from how often it has asked.

#include <pthread.h>
#include <sched.h>
#include <time.h>

#include <cstdint>

#include <lastout/ledger.hpp>

#include "chaos.hpp"
#include "choice.hpp"
#include "own_thread.hpp"
#include "thread_state.hpp"

// There when ThreadSanitizer is linked, which ends a forked child that starts a thread.
extern "C" [[gnu::weak]] void __tsan_init();

namespace lastout::ledger {
namespace {

// Threads that have asked, below; since which choice, above.
constinit atomic<std::uint64_t> threads_seen{0};

// How many threads have asked before this one, since that choice was made.
std::uint64_t threads_before(std::uint32_t choice) noexcept {
  std::uint64_t seen = threads_seen.load(order::relaxed);  // relaxed: numbers are given, no more
  for (;;) {
    const std::uint64_t next = seen >> 32 == choice ? seen + 1 : std::uint64_t{choice} << 32 | 1;
    if (threads_seen.compare_exchange_weak(seen, next, order::relaxed, order::relaxed))
      return (next & 0xffffffffu) - 1;
  }
}

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
  thread_state& mine = this_thread_state;
  const std::uint32_t choice = choice_in_force();
  if (mine.chaos_choice != choice) {
    mine.chaos_choice = choice;
    mine.chaos = chaos_seed.load(order::relaxed) + 0x9e3779b97f4a7c15u * threads_before(choice);
    mine.chaos = mixed(mine.chaos + 0x9e3779b97f4a7c15u);
  }
  mine.chaos += 0x9e3779b97f4a7c15u;
  return mixed(mine.chaos) % of == 0;
}

// One thread that releases what others were to release. Nothing here is on the heap: a child that is
// forked meanwhile begins again with it, and has lost nothing.
class undertaker {
 public:
  bool take(void* object, void (*release)(void*) noexcept) noexcept {
    const guard held(lock_);
    if (begun_ - done_ >= most || !(works_ || (may_start_ && start()))) return false;
    waiting_[begun_++ % most] = {object, release};
    pthread_cond_broadcast(&changed_);
    return true;
  }
  void settle() noexcept {
    const guard held(lock_);
    while (begun_ != done_) pthread_cond_wait(&changed_, &lock_);
  }
  /// In the child of a fork. What was waiting is the parent's to release.
  void begin_again() noexcept {
    lock_ = PTHREAD_MUTEX_INITIALIZER;
    changed_ = PTHREAD_COND_INITIALIZER;
    done_ = begun_;
    works_ = false;
    may_start_ = __tsan_init == nullptr;
  }

 private:
  static constexpr std::uint64_t most = 64;
  struct dead {
    void* object;
    void (*release)(void*) noexcept;
  };
  struct guard {
    explicit guard(pthread_mutex_t& of) noexcept : lock(of) { pthread_mutex_lock(&lock); }
    guard(const guard&) = delete;
    guard& operator=(const guard&) = delete;
    ~guard() { pthread_mutex_unlock(&lock); }
    pthread_mutex_t& lock;
  };

  bool start() noexcept {
    works_ =
        run_on_own_thread([](void* of) -> void* { static_cast<undertaker*>(of)->work(); }, this);
    return works_;
  }
  [[noreturn]] void work() noexcept {
    const guard held(lock_);
    for (;;) {
      while (begun_ == done_) pthread_cond_wait(&changed_, &lock_);
      const dead next = waiting_[done_ % most];
      pthread_mutex_unlock(&lock_);
      next.release(next.object);
      pthread_mutex_lock(&lock_);
      ++done_;  // only now: settle() waits for what is being released, too
      pthread_cond_broadcast(&changed_);
    }
  }

  pthread_mutex_t lock_ = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t changed_ = PTHREAD_COND_INITIALIZER;
  dead waiting_[most] = {};
  std::uint64_t begun_ = 0, done_ = 0;
  bool works_ = false;
  bool may_start_ = true;
};

constinit undertaker the_undertaker;

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
  return the_undertaker.take(object, release);
}

void settle() noexcept { the_undertaker.settle(); }

void forget_undertaker() noexcept { the_undertaker.begin_again(); }

}  // namespace lastout::ledger
