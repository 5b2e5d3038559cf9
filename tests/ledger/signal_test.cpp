// signal_test.cpp - a signal handler may get and put at any moment, in the middle of the ledger too:
// nothing hangs, and what could not be noted is told.

#include <array>
#include <atomic>
#include <csignal>
#include <mutex>
#include <vector>

#include <sys/time.h>
#include <unistd.h>

#include <lastout/external.hpp>
#include <lastout/kref.hpp>
#include <lastout/lock_watch.hpp>

#include "ledger/children.hpp"
#include "ledger/explained.hpp"
#include "ledger/tracked.hpp"

namespace {

using lastout::external;
using lastout::make;
namespace ledger = lastout::ledger;

struct shared_state : lastout::kref<shared_state> {};

external<shared_state>* in_use = nullptr;
external<shared_state>* kept_by_handler = nullptr;
std::atomic<int> handled = 0;

void gets_and_puts(int) {
  external<shared_state> taken = *in_use;
  const external<shared_state> copy = taken;
  if (handled.fetch_add(1) % 2 == 0) {
    *kept_by_handler = std::move(taken);  // puts the one of the time before
  } else {
    kept_by_handler->put();
  }
}

class storm {
 public:
  explicit storm(int microseconds, void (*handler)(int) = &gets_and_puts) {
    struct sigaction how{};
    how.sa_handler = handler;
    how.sa_flags = SA_RESTART;
    sigaction(SIGALRM, &how, &before_);
    const itimerval every{{0, microseconds}, {0, microseconds}};
    setitimer(ITIMER_REAL, &every, nullptr);
  }
  ~storm() {
    const itimerval never{};
    setitimer(ITIMER_REAL, &never, nullptr);
    sigaction(SIGALRM, &before_, nullptr);
  }

 private:
  struct sigaction before_{};
};

class signals : public ledger_test {
 protected:
  signals() : ledger_test("all,stacks=0,socket=off,checks") {
    in_use = &state;
    kept_by_handler = &kept;
    handled = 0;
  }
  void use_for(int least) {
    while (handled < least) {
      external<shared_state> a = state;
      external<shared_state> b = std::move(a);
      std::vector<external<shared_state>> more(4, b);
      const auto own = make<shared_state>();
      (void)ledger::about(own.address());
    }
  }
  explained told;
  external<shared_state> state = make<shared_state>();
  external<shared_state> kept;
};

TEST_F(signals, a_storm_of_them_hangs_nothing_and_accuses_nobody) {
  {
    const storm rages(200);
    use_for(3000);
  }
  kept.put();
  EXPECT_EQ(state->references(), 1u);
  EXPECT_EQ(explained::take(), "");
  state.put();
  EXPECT_EQ(explained::take(), "") << "missed " << dump_lines::now().missed;
}

TEST_F(signals, when_it_is_over_the_books_are_right_or_say_how_much_they_missed) {
  const std::uint64_t before = dump_lines::now().missed;
  {
    const storm rages(200);
    use_for(3000);
  }
  kept.put();
  const dump_lines::whole dump = dump_lines::now();
  const dump_lines::object* const it = dump.find(state.address());
  ASSERT_NE(it, nullptr);
  // A reference whose end was missed must not stand there for ever: it is not outstanding.
  EXPECT_LE(it->held.size(), 1u) << "missed " << dump.missed - before;
  if (dump.missed == before) {
    EXPECT_EQ(it->held.size(), 1u);
  }
  state.put();
}

TEST_F(signals, a_dump_in_the_middle_of_a_storm_is_whole) {
  const storm rages(300);
  for (int i = 0; i < rounds(200); ++i) ASSERT_EQ(dump_lines::now().wrong, "");
  while (handled < 100) {
  }
}

TEST_F(signals, a_fork_in_the_middle_of_a_storm_hangs_nobody) {
  EXPECT_EQ("ok", in_a_child([] {
              alarm(0);
              struct sigaction how{};
              how.sa_handler = &gets_and_puts;
              sigaction(SIGPROF, &how, nullptr);
              // As long as a fork takes, and more: or the system begins it again and again.
              const itimerval every{{0, 5000}, {0, 5000}};
              setitimer(ITIMER_PROF, &every, nullptr);
              const pid_t watchdog = fork();
              if (watchdog == 0) {
                sleep(120);  // under a sanitizer the forks take a dozen seconds
                kill(getppid(), SIGALRM);
                _exit(0);
              }
              for (int i = 0; i < 400 || handled <= 10; ++i) {
                const pid_t child = fork();
                if (child == 0) _exit(0);
                int status = 0;
                while (waitpid(child, &status, 0) < 0) {
                }
              }
              kill(watchdog, SIGKILL);
              waitpid(watchdog, nullptr, 0);
              return 0;
            }));
}

// A handler that takes a lock and gives it back, while the thread gives one of those that it has.
lastout::watched<std::mutex> of_handler;
void takes_a_lock(int) {
  const std::lock_guard guard(of_handler);
  ++handled;
}

struct listed : lastout::kref<listed> {
  void release() noexcept {
    {
      const std::lock_guard guard(of_handler);
    }
    delete this;
  }
};

TEST_F(signals, a_lock_that_a_handler_gave_back_is_not_held) {
  (void)make<listed>();  // now it is known which lock that takes
  std::array<lastout::watched<std::mutex>, 30> locks;
  {
    const storm rages(100, &takes_a_lock);
    while (handled < 2000) {
      for (auto& each : locks) each.lock();
      for (auto& each : locks) each.unlock();  // the oldest first: the others move up
    }
  }
  (void)make<listed>();
  EXPECT_EQ(explained::take(), "");
}

// A handler of violations runs where the ledger is at work: what it ends must not stay in the books,
// or the next dump looks at freed memory.
external<shared_state>* ended_by_handler = nullptr;
void ends_one(const lastout::violation_report&) noexcept { ended_by_handler->put(); }

TEST_F(signals, what_a_handler_of_violations_ends_is_off_the_books) {
  auto last = make<shared_state>();
  const void* const gone = last.address();
  ended_by_handler = &last;
  auto a = make<shared_state>();
  auto b = a;
  const auto before = lastout::on_violation(&ends_one);
  external<shared_state>::adopt(a.address()).put();  // the bug that is told
  lastout::on_violation(before);
  EXPECT_EQ(dump_lines::now().find(gone), nullptr);
  (void)a.leak();
  b.put();
  EXPECT_EQ(explained::take(), "");
  state.put();
}

}  // namespace
