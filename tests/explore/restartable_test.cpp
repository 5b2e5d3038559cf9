// restartable_test.cpp - restartable sequences and membarrier, as the kernel has them: what they keep
// apart, and what goes wrong without them.

#include <array>
#include <memory>

#include <gtest/gtest.h>

#include <lastout/atomic.hpp>

#include "explore/interleave.hpp"

namespace {

namespace order = lastout::order;
using interleave::check;
using interleave::explore;
using interleave::restartable;
using interleave::result;
using interleave::world;
using lastout::atomic;

struct per_cpu {
  std::array<atomic<int>, 2> counts;

  int sum() const { return counts[0].load(order::relaxed) + counts[1].load(order::relaxed); }
};

void add(per_cpu& to, int n) {
  for (bool done = false; !done;) {
    restartable here;
    atomic<int>& mine = to.counts[here.cpu()];
    done = here.commit(mine, mine.load(order::relaxed) + n, order::relaxed);
  }
}
void add_without(per_cpu& to, int n) {
  restartable here;
  atomic<int>& mine = to.counts[here.cpu()];
  mine.store(mine.load(order::relaxed) + n, order::relaxed);
}

template <class Add>
result count(int threads, interleave::options o, Add one_more) {
  return explore(o, [=](world& w) {
    auto count = std::make_shared<per_cpu>();
    for (int i = 0; i < threads; ++i) {
      w.thread([=] { one_more(*count, 1); });
    }
    w.finally([=] { check(count->sum() == threads, "no increment is lost"); });
  });
}

TEST(restartable_test, a_count_for_each_cpu_loses_nothing) {
  for (const bool spurious : {false, true}) {
    const result r = count(2, {.spurious = spurious, .interruptions = 1}, add);
    EXPECT_FALSE(r.failed) << r.message;
    EXPECT_TRUE(r.complete);
  }
}
TEST(restartable_test, nor_with_three_threads_on_one_cpu) {
  const result r = explore({.cpus = 1, .interruptions = 1}, [](world& w) {
    auto count = std::make_shared<per_cpu>();
    for (int i = 0; i < 3; ++i) w.thread([=] { add(*count, 1); });
    w.finally([=] { check(count->sum() == 3, "no increment is lost"); });
  });
  EXPECT_FALSE(r.failed) << r.message;
  EXPECT_TRUE(r.complete);
}
TEST(restartable_test, twin_that_does_not_commit_loses_some) {
  EXPECT_TRUE(count(2, {}, add_without).failed);
}

// A per-CPU count that is switched to one word: who switches sets the flag, waits until nobody can be
// behind an old look at it, and takes what the CPUs have counted.
enum class wait_by { restarting, membarrier, nothing };

result switch_over(wait_by by) {
  return explore({}, [=](world& w) {
    struct state {
      atomic<bool> switched = false;
      per_cpu counts;
      atomic<int> word = 0;
    };
    auto s = std::make_shared<state>();
    w.thread([=] {
      for (bool done = false; !done;) {
        restartable here;
        if (s->switched.load(order::relaxed)) {
          s->word.fetch_add(1, order::relaxed);
          break;
        }
        atomic<int>& mine = s->counts.counts[here.cpu()];
        done = here.commit(mine, mine.load(order::relaxed) + 1, order::relaxed);
      }
    });
    w.thread([=] {
      s->switched.store(true, order::relaxed);
      if (by == wait_by::restarting) interleave::membarrier_and_restart();
      if (by == wait_by::membarrier) interleave::membarrier();
      s->word.fetch_add(s->counts.sum(), order::relaxed);
    });
    w.finally([=] { check(s->word.load(order::relaxed) == 1, "what was counted is in the word"); });
  });
}

TEST(restartable_test, a_switch_that_restarts_everybody_misses_nothing) {
  const result r = switch_over(wait_by::restarting);
  EXPECT_FALSE(r.failed) << r.message;
  EXPECT_TRUE(r.complete);
}
TEST(restartable_test, twins_that_do_not_restart_miss_a_count) {
  EXPECT_TRUE(switch_over(wait_by::membarrier).failed);
  EXPECT_TRUE(switch_over(wait_by::nothing).failed);
}

TEST(restartable_test, what_was_committed_on_a_cpu_is_seen_there) {
  const result r = explore({.cpus = 1}, [](world& w) {
    auto count = std::make_shared<per_cpu>();
    auto told = std::make_shared<atomic<int>>(0);
    w.thread([=] {
      add(*count, 7);
      told->store(1, order::relaxed);
    });
    w.thread([=] {
      if (told->load(order::relaxed) == 0) return;
      const restartable here;  // the CPU's own order shows it, though the message did not
      check(count->counts[here.cpu()].load(order::relaxed) == 7, "seen");
    });
  });
  EXPECT_FALSE(r.failed) << r.message;
}

TEST(restartable_test, runs_once_outside_an_exploration) {
  per_cpu count;
  add(count, 3);
  EXPECT_EQ(count.sum(), 3);
}

}  // namespace
