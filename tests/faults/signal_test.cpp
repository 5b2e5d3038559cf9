// signal_test.cpp - a signal handler gets, and puts what is not the last, at any moment of anybody's
// gets, puts and look-ups on the same thread: no count is lost, and nobody hangs.

#include <csignal>
#include <ctime>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include <sys/syscall.h>
#include <sys/time.h>

#include <lastout/cache.hpp>
#include <lastout/dual.hpp>
#include <lastout/kcref.hpp>
#include <lastout/kref.hpp>
#include <lastout/registry.hpp>

#include "faults/counted_objects.hpp"
#include "ledger/children.hpp"

namespace {

using faults::named;
using lastout::external;
using lastout::make;
using namespace std::chrono_literals;

std::atomic<int> handled = 0;

/// A signal every so many microseconds, to the calling thread, that interrupts what waits, too.
class storm {
 public:
  storm(void (*handler)(int), long microseconds) {
    struct sigaction how{};
    how.sa_handler = handler;  // no SA_RESTART: who does not look at EINTR is found out
    sigaction(SIGALRM, &how, &before_);
    sigevent to{};
    to.sigev_notify = SIGEV_THREAD_ID;
    to.sigev_signo = SIGALRM;
    to._sigev_un._tid = static_cast<pid_t>(syscall(SYS_gettid));
    timer_create(CLOCK_MONOTONIC, &to, &timer_);
    const itimerspec every{{0, microseconds * 1000}, {0, microseconds * 1000}};
    timer_settime(timer_, 0, &every, nullptr);
  }
  storm(const storm&) = delete;
  storm& operator=(const storm&) = delete;
  ~storm() {
    timer_delete(timer_);
    sigaction(SIGALRM, &before_, nullptr);
  }

 private:
  struct sigaction before_{};
  timer_t timer_{};
};

constexpr int enough = 3000;

struct state : lastout::kref<state> {};
struct idler : lastout::kcref<idler> {
  lastout::fate idle(const idle_proof&) noexcept { return lastout::fate::kill; }
  void unlink(const idle_proof&) noexcept {}
};
struct both : lastout::dual<both, lastout::unnamed_holders> {};
struct block : lastout::cached<block> {
  explicit block(int n) : number(n) {}
  const int number;
};
using blocks = lastout::cache<int, block, &block::number>;
struct session : lastout::kref<session>, lastout::in_slab<session> {
  explicit session(int n) : number(n) {}
  void release() noexcept;
  const int number;
};
using sessions = lastout::registry<int, session, &session::number>;
sessions* listed = nullptr;
void session::release() noexcept {
  listed->leave(*this);
  delete this;
}

// What the handler uses, and what it has kept since the last time: borrowed from the test, which
// holds a reference to each as long as the storm rages.
struct used {
  external<state> a;
  external<idler> b;
  lastout::active<both> c;
  external<block> d;
  external<session> e;
};
used* in_use = nullptr;
used* kept = nullptr;

template <class Handle>
void take_or_give(const Handle& from, Handle& to) {
  if (to) {
    to.put();  // not the last: the test has one
  } else {
    to = from;
  }
}

void gets_and_puts(int) {
  const int error = errno;
  const external<state> copy = in_use->a;
  take_or_give(in_use->a, kept->a);
  take_or_give(in_use->b, kept->b);
  take_or_give(in_use->d, kept->d);
  take_or_give(in_use->e, kept->e);
  if (kept->c) {
    kept->c.put();
  } else {
    kept->c = in_use->c.share();
  }
  ++handled;
  errno = error;
}

TEST(signals_test, a_storm_that_gets_and_puts_loses_no_count) {
  const violations_seen seen;
  sessions registry;
  listed = &registry;
  blocks cache({.idle_charge_max = 1 << 20});
  used mine;
  used of_handler;
  mine.a = make<state>();
  mine.b = make<idler>();
  mine.c = lastout::make_active<both>();
  mine.d = cache.insert(make<block>(7));
  mine.e = registry.insert(make<session>(7));
  for (int i = 100; i < 200; ++i) (void)cache.insert(make<block>(i));
  in_use = &mine;
  kept = &of_handler;
  handled = 0;
  {
    const storm rages(&gets_and_puts, 100);
    while (handled < enough) {
      const external<state> a = mine.a;
      const external<idler> b = mine.b;
      const lastout::active<both> c = mine.c.share();
      // Each finds what the handler has or not, at any moment of the finding.
      ASSERT_EQ(cache.get(7), mine.d);
      ASSERT_EQ(registry.find(7), mine.e);
      ASSERT_FALSE(cache.get(8));
      ASSERT_EQ(cache.get_or_create(7, [] { return external<block>(); }), mine.d);
    }
  }
  of_handler = {};
  EXPECT_EQ(mine.a->references(), 1u);
  EXPECT_EQ(mine.b->references(), 1u);
  EXPECT_EQ(mine.c->active_references(), 1u);
  EXPECT_EQ(mine.d->references(), 1u);
  EXPECT_EQ(mine.e->references(), 1u);
  mine.b.kill_on_put();
}

// What waits is interrupted again and again, and goes on waiting for what it waits for.

void only_counts(int) { ++handled; }

TEST(signals_test, who_waits_in_a_storm_waits_for_what_he_waits_for) {
  handled = 0;
  blocks cache({.idle_charge_max = sizeof(block),
                .pinned_charge_max = 0,
                .charge_max = sizeof(block),
                .when_full = lastout::at_limit::wait,
                .wait_max = 1h});
  external<block> in_the_way = cache.insert(make<block>(1));
  std::atomic<bool> waits = false;
  std::thread frees([&] {
    while (!waits) std::this_thread::yield();
    std::this_thread::sleep_for(100ms);
    in_the_way.put();
  });
  {
    const storm rages(&only_counts, 500);
    waits = true;
    EXPECT_TRUE(cache.insert(make<block>(2)));  // waits for room
    frees.join();

    const auto held = lastout::make_active<both>();
    held->close();
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_FALSE(held->drain(begun + 50ms).complete);
    EXPECT_GE(std::chrono::steady_clock::now() - begun, 50ms);

    std::atomic<bool> creates = false;
    std::thread creator([&] {
      (void)cache.get_or_create(3, [&] {
        creates = true;
        std::this_thread::sleep_for(50ms);
        return external<block>();
      });
    });
    while (!creates) std::this_thread::yield();
    bool asked_again = false;
    EXPECT_FALSE(cache.get_or_create(3, [&] {
      asked_again = true;
      return external<block>();
    }));
    EXPECT_FALSE(asked_again) << "it has not waited for the creator's answer";
    creator.join();
  }
  EXPECT_GT(handled, 50);
}

// Twins.

volatile long plain_count = 1;
volatile bool lost = false;
void counts_plainly(int) {
  plain_count = plain_count + 1;
  ++handled;
}

TEST(signals_test, twin_whose_count_is_no_atomic_operation_loses_some) {
  // As get and put of the interrupted thread, in three steps each.
  for (int tries = 0; tries < 50 && !lost; ++tries) {
    plain_count = 0;
    handled = 0;
    long own = 0;
    {
      const storm rages(&counts_plainly, 20);
      while (handled < 200) {
        long seen = plain_count;
        for (int i = 0; i < 30; ++i) asm volatile("" : "+r"(seen));
        plain_count = seen + 1;
        ++own;
      }
    }
    lost = plain_count != own + handled;
  }
  EXPECT_TRUE(lost);
}

std::atomic_flag taken;
void takes_the_lock(int) {
  while (taken.test_and_set(std::memory_order_acquire)) continue;
  taken.clear(std::memory_order_release);
  ++handled;
}

// locked_word is such a one: docs/limits.md keeps it out of handlers.
TEST(signals_test, twin_that_takes_a_lock_hangs) {
  EXPECT_EQ(in_a_child(
                [] {
                  struct sigaction how{};
                  how.sa_handler = &takes_the_lock;
                  sigaction(SIGPROF, &how, nullptr);
                  const itimerval every{{0, 1000}, {0, 1000}};
                  setitimer(ITIMER_PROF, &every, nullptr);
                  for (;;) {
                    while (taken.test_and_set(std::memory_order_acquire)) continue;
                    for (int i = 0; i < 1000; ++i) asm volatile("");
                    taken.clear(std::memory_order_release);
                    if (handled > 100'000) return 0;
                  }
                },
                2),
            "hung");
}

}  // namespace
