// misuse_test.cpp - what the explorer says to a program that it cannot explore as it is written.

#include <cstdlib>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include <lastout/atomic.hpp>

#include "explore/interleave.hpp"

namespace {

using interleave::check;
using interleave::explore;
using interleave::plain;
using interleave::result;
using interleave::world;
using lastout::atomic;
namespace order = lastout::order;

testing::AssertionResult says(const result& r, const std::string& what) {
  if (r.failed && r.message.find(what) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << (r.failed ? r.message : "it does not fail");
}

TEST(misuse_test, an_exploration_inside_an_exploration_is_refused) {
  EXPECT_TRUE(
      says(explore({}, [](world& w) { w.thread([] { (void)explore({}, [](world&) {}); }); }),
           "explore() inside explore()"));
  EXPECT_TRUE(explore({}, [](world& w) { w.thread([] {}); }).complete)
      << "and nothing is left of it";
}

TEST(misuse_test, threads_are_added_by_the_set_up_only) {
  EXPECT_TRUE(says(explore({}, [](world& w) { w.thread([&w] { w.thread([] {}); }); }),
                   "thread() when the set-up is over"));
  EXPECT_TRUE(says(explore({}, [](world& w) { w.finally([&w] { w.finally([] {}); }); }),
                   "finally() when the set-up is over"));
  EXPECT_TRUE(says(explore({},
                           [](world& w) {
                             for (int i = 0; i < 8; ++i) w.thread([] {});
                           }),
                   "too many threads: 8, and 7 at most"));
}

template <class Flag>
result waits_without_relax(bool (*set)(Flag&)) {
  return explore({.max_steps = 100}, [set](world& w) {
    auto flag = std::make_shared<Flag>(0);
    w.thread([=] {
      while (!set(*flag)) {
      }
    });
  });
}

TEST(misuse_test, a_wait_without_relax_ends) {
  const auto atomically = [](atomic<int>& x) { return x.load(order::relaxed) != 0; };
  const auto plainly = [](plain<int>& x) { return x != 0; };
  EXPECT_TRUE(
      says(waits_without_relax<atomic<int>>(atomically),
           "livelock: no end after 100 steps (is there a loop that waits without relax()?)"));
  EXPECT_TRUE(says(waits_without_relax<plain<int>>(plainly), "livelock: no end after 2001 steps"));
}

TEST(misuse_test, who_waits_for_whom_is_told) {
  const result both = explore({}, [](world& w) {
    struct pair {
      interleave::mutex a, b;
    };
    auto two = std::make_shared<pair>();
    w.thread([=] {
      const std::lock_guard outer(two->a);
      const std::lock_guard inner(two->b);
    });
    w.thread([=] {
      const std::lock_guard outer(two->b);
      const std::lock_guard inner(two->a);
    });
  });
  EXPECT_TRUE(says(both, "deadlock"));
  EXPECT_TRUE(says(both, "thread 1 waits to lock #2, which thread 2 holds,"));
  EXPECT_TRUE(says(both, "thread 2 waits to lock #1, which thread 1 holds,"));
  EXPECT_TRUE(says(explore({},
                           [](world& w) {
                             auto x = std::make_shared<atomic<int>>(0);
                             w.finally([=] {
                               while (x->load(order::relaxed) == 0) lastout::relax();
                             });
                           }),
                   "thread 0 spins misuse_test.cpp:"));
  EXPECT_TRUE(says(explore({},
                           [](world& w) {
                             auto lock = std::make_shared<interleave::mutex>();
                             w.thread([=] { lock->unlock(); });
                           }),
                   "unlocks a mutex that it does not hold (misuse_test.cpp:"));
}

TEST(misuse_test, an_exception_says_what_it_is) {
  EXPECT_TRUE(says(explore({}, [](world& w) { w.thread([] { throw std::out_of_range("far"); }); }),
                   "an exception escaped: far"));
}

// What is thrown and caught in one thread is no other thread's, whatever goes on meanwhile.
TEST(misuse_test, each_thread_handles_its_own_exceptions) {
  const result r = explore({}, [](world& w) {
    auto x = std::make_shared<atomic<int>>(0);
    for (int i = 1; i <= 2; ++i) {
      w.thread([=] {
        try {
          try {
            throw i;
          } catch (int) {
            x->fetch_add(1, order::relaxed);
            check(std::uncaught_exceptions() == 0, "it is being handled");
            throw;
          }
        } catch (int mine) {
          x->fetch_add(1, order::relaxed);
          check(mine == i, "the thread's own");
        }
      });
    }
  });
  EXPECT_FALSE(r.failed) << r.message;
  EXPECT_EQ(r.executions, 6U);
  EXPECT_TRUE(r.complete);
}

// ---- replays ----

result lost_update(interleave::options o, bool mended = false) {
  return explore(std::move(o), [mended](world& w) {
    auto x = std::make_shared<atomic<int>>(0);
    for (int i = 0; i < 2; ++i) {
      w.thread([=] {
        if (mended) {
          x->fetch_add(1, order::relaxed);
        } else {
          x->store(x->load(order::relaxed) + 1, order::relaxed);
        }
      });
    }
    w.finally([=] { check(x->load(order::relaxed) == 2, "none lost"); });
  });
}

TEST(misuse_test, a_replay_may_be_the_whole_text_that_the_message_says) {
  const result first = lost_update({});
  ASSERT_TRUE(says(first, "INTERLEAVE_REPLAY="));
  const std::string line = first.message.substr(first.message.rfind("INTERLEAVE_REPLAY=") + 18);
  const std::string text = line.substr(0, line.find(' '));
  ASSERT_NE(text, first.replay);
  EXPECT_EQ(lost_update({.replay = text}).message, first.message);
}

TEST(misuse_test, a_text_that_is_no_replay_is_refused) {
  EXPECT_DEATH((void)lost_update({.replay = "01Z"}),
               "the replay \"01Z\" is not one: of 'Z' no choice is made");
  EXPECT_DEATH((void)lost_update({.replay = "00000000:01"}),
               "is not one: of ':' no choice is made");
}

TEST(misuse_test, a_replay_that_does_not_fail_any_more_is_told) {
  const std::string failing = lost_update({}).replay;
  const auto told = [](const std::string& text, bool mended) {
    testing::internal::CaptureStderr();
    const result r = lost_update({.replay = text}, mended);
    const std::string out = testing::internal::GetCapturedStderr();
    EXPECT_FALSE(r.complete);
    return r.failed ? "it fails" : out;
  };
  EXPECT_EQ(told(failing, false), "it fails");
  EXPECT_NE(told("1", false).find(" does not fail: the program is another one"), std::string::npos);
  EXPECT_NE(told("11111111", true).find(":11111111 does not fail, and ends "), std::string::npos);
}

TEST(misuse_test, sources_may_stand_anywhere_and_system_headers_are_no_place) {
  using interleave::place;
  EXPECT_TRUE((place{"/usr/src/app/queue.hpp", 1}.known()));
  EXPECT_TRUE((place{"/home/me/include/queue.hpp", 1}.known()));
  EXPECT_FALSE((place{"/usr/include/c++/12/bits/std_mutex.h", 1}.known()));
  EXPECT_FALSE((place{"/usr/lib/gcc/x/include/y.h", 1}.known()));
  EXPECT_FALSE((place{"/opt/gcc/include/c++/14/mutex", 1}.known()));
}

}  // namespace
