// memory_test.cpp - a deferred deletion asks for no memory: it cannot fail, once liburcu's thread
// runs, and liburcu ends the program that cannot start it. A queue without memory waits for a grace
// period at each push.

#include <atomic>
#include <csignal>
#include <cstddef>
#include <string>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

#include <lastout/grace.hpp>
#include <lastout/kref.hpp>
#include <lastout/release_queue.hpp>

#include "faults/counted_objects.hpp"
#include "faults/failing_memory.hpp"
#include "ledger/children.hpp"

namespace {

using faults::each_allocation_fails;
using faults::fault;
using faults::named;
using lastout::external;
using lastout::grace;
using lastout::grace_guard;
using lastout::make;

struct session final : lastout::kref<session>, lastout::after_grace<session>, named {
  using named::named;
};

class grace_faults_test : public faults::faults_test {
 protected:
  grace_faults_test() {
    make<session>().put();  // liburcu's thread is started
    grace::drain();
  }
};

TEST_F(grace_faults_test, guards_waits_and_deferred_deletions_ask_for_nothing) {
  const std::size_t n = each_allocation_fails([](fault& now) {
    external<session> one = make<session>();
    external<session> two = make<session>();
    EXPECT_TRUE(now.run([&] {
      {
        const grace_guard guard;
        one.put();
        EXPECT_GE(named::alive, 1) << "somebody may be looking";
      }
      two.put();
      grace::wait();
      grace::drain();
    }));
    EXPECT_EQ(named::alive, 0);
  });
  EXPECT_EQ(n, 0u);
}

struct buried;
lastout::release_queue<buried, lastout::grace_period>* graveyard = nullptr;
struct buried : lastout::kref<buried>, named {
  void release() noexcept { graveyard->push(*this); }
};

TEST_F(grace_faults_test, a_queue_without_memory_waits_and_frees_at_each_push) {
  const std::size_t n = each_allocation_fails([](fault& now) {
    external<buried> dead = make<buried>();
    std::size_t waits = 2;
    EXPECT_TRUE(now.run([&] {
      lastout::release_queue<buried, lastout::grace_period> queue(8);
      graveyard = &queue;
      dead.put();
      waits = queue.size();
    }));
    EXPECT_EQ(waits, now.happened() ? 0u : 1u);
    EXPECT_EQ(named::alive, 0);
  });
  EXPECT_EQ(n, 1u);
}

// In a process that has not used grace yet, memory fails at its first use of it: liburcu ends the process,
// or all is well; it does not hang, and nothing is deleted early or never.

/// Says "ok" when nothing failed, "said 1" when something did and all is well.
template <class Use>
std::string first_use(std::size_t nth, faults::how_long length, Use use) {
  return in_a_child([&] {
    external<session> dead = make<session>();
    std::size_t refused = 0;
    {
      const faults::armed here(nth, length);
      use(dead);
      refused = here.refused();
    }
    dead.put();
    grace::drain();
    if (named::alive != 0) return 2;
    return refused == 0 ? 0 : 1;
  });
}

/// Returns   how many times the process was ended.
template <class Use>
int each_allocation_of_a_first_use_fails(const char* what, Use use) {
  int ended = 0;
  for (const auto length : {faults::how_long::once, faults::how_long::for_good}) {
    std::string said;
    for (std::size_t nth = 1; said != "ok" && nth < 20; ++nth) {
      said = first_use(nth, length, use);
      const bool by_liburcu = said == "ended by signal 6";
      EXPECT_TRUE(by_liburcu || said == "said 1" || said == "ok")
          << what << ", allocation " << nth << ": " << said;
      ended += by_liburcu ? 1 : 0;
    }
    EXPECT_EQ(said, "ok") << what << " fails for ever";
  }
  return ended;
}

/// So many threads have read, and are there still; then there is no memory, and another one reads.
std::string reads_after(int others) {
  return in_a_child([others] {
    std::atomic<int> there{0};
    for (int i = 0; i < others; ++i) {
      std::thread([&there] {
        {
          const grace_guard here;
        }
        ++there;
        pause();
      }).detach();
    }
    while (there != others) std::this_thread::yield();
    const faults::armed here(1, faults::how_long::for_good);
    {
      const grace_guard guard;
    }
    return here.refused() == 0 ? 0 : 1;
  });
}

// By the test that follows, in a process that has not used grace yet.
TEST(first_use_of_grace, DISABLED_without_memory) {
  const auto guard = [](auto&) { const grace_guard here; };
  const auto wait = [](auto&) { grace::wait(); };
  const auto release = [](auto& dead) {
    const grace_guard here;
    dead.put();
    if (named::alive != 1) _exit(3);  // somebody may be looking
  };
  const int by_guards = each_allocation_of_a_first_use_fails("a guard", guard);
  const int by_waits = each_allocation_of_a_first_use_fails("a wait", wait);
  EXPECT_GE(by_guards, 2) << "this thread is registered without memory";
  EXPECT_GE(by_waits, 2);
  const int by_releases = each_allocation_of_a_first_use_fails("a release", release);
  EXPECT_GT(by_releases, by_guards) << "liburcu's thread is started without memory";
  const auto fork = [&release](auto& dead) {
    release(dead);
    const pid_t child = grace::fork();
    if (child == 0) _exit(0);
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) _exit(4);
    if (WIFSIGNALED(status)) raise(WTERMSIG(status));
    if (status != 0) _exit(5);
  };
  EXPECT_GT(each_allocation_of_a_first_use_fails("a fork", fork), by_releases)
      << "the child's is started without memory";
  // liburcu has room for some threads at once, and asks for more when that is used up.
  int went_well = 0;
  int ended = 0;
  for (int others = 1; others <= 40; ++others) {
    const std::string said = reads_after(others);
    EXPECT_TRUE(said == "ok" || said == "ended by signal 6") << others << " others: " << said;
    ++(said == "ok" ? went_well : ended);
  }
  EXPECT_GT(went_well, 0);
  EXPECT_GT(ended, 0) << "a thread is registered without memory";
}

// In a process of its own: this one has used it, in the tests above.
TEST(first_use_of_grace, ends_the_process_or_goes_well_without_memory) {
  const std::string out = again("off", "first_use_of_grace.DISABLED_without_memory");
  EXPECT_NE(out.find("PASSED  ] 1 test"), std::string::npos) << out;
  EXPECT_NE(out.find("status 0"), std::string::npos) << out;
}

}  // namespace
