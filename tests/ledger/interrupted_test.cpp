// interrupted_test.cpp - a signal handler that comes while its thread is in the ledger, at every turn
// of what it may do there: nothing hangs, nobody is accused, and what is gone is not looked at.
//
// A handler that comes by chance seldom comes there. These come for certain: a type's keeps_alive() is
// called by a dump, under the lock of the shard that the object stands in, and raises the signal.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <functional>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <lastout/external.hpp>
#include <lastout/kref.hpp>

#include "ledger/children.hpp"
#include "ledger/explained.hpp"
#include "ledger/tracked.hpp"

namespace {

using lastout::external;
using lastout::make;
namespace ledger = lastout::ledger;

std::function<void()>* handled = nullptr;

// A dump of it is interrupted once.
struct bell : lastout::kref<bell> {
  template <class See>
  void keeps_alive(See) const {
    if (handled != nullptr) raise(SIGUSR1);
  }
};

struct note : lastout::kref<note> {};

// Memory that nobody may look at once it has been released. Its release calls nothing that a signal
// handler must not.
struct segment : lastout::kref<segment> {
  static void* operator new(std::size_t n, const std::nothrow_t&) noexcept {
    void* const out = mmap(nullptr, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return out == MAP_FAILED ? nullptr : out;
  }
  static void operator delete(void*) noexcept {}
  void release() noexcept {
    released[count++] = this;
    this->~segment();
  }
  static constexpr std::size_t most = 640;
  static inline void* released[most] = {};
  static inline std::size_t count = 0;
  static void unmap_all() {
    while (count > 0) munmap(released[--count], sizeof(segment));
  }
};

class interrupted : public ledger_test {
 protected:
  explicit interrupted(const char* settings = "all,stacks=0,socket=off,checks")
      : ledger_test(settings) {
    struct sigaction how{};
    how.sa_handler = [](int) {
      std::function<void()>* const work = std::exchange(handled, nullptr);
      if (work != nullptr) (*work)();
    };
    sigaction(SIGUSR1, &how, &before_);
  }
  ~interrupted() override {
    handled = nullptr;
    sigaction(SIGUSR1, &before_, nullptr);
  }

  // Does `work` in a signal handler that interrupts a dump, which has the lock of the bell's shard.
  void in_the_ledger(std::function<void()> work) {
    const auto rung = make<bell>();
    handled = &work;
    (void)ledger::dump();
    EXPECT_EQ(handled, nullptr) << "nothing was interrupted";
    handled = nullptr;
  }

  explained told_;

 private:
  struct sigaction before_{};
};

TEST_F(interrupted, what_a_handler_released_is_not_looked_at_any_more) {
  std::vector<external<segment>> held;  // several in each shard
  for (std::size_t i = 0; i < segment::most; ++i) held.push_back(make<segment>());
  in_the_ledger([&held] {
    for (auto& each : held) each.put();
  });
  ASSERT_EQ(segment::count, segment::most);
  segment::unmap_all();
  EXPECT_EQ("ok", in_a_child([] { return dump_lines::now().wrong.empty() ? 0 : 1; }));
  const dump_lines::whole dump = dump_lines::now();
  EXPECT_EQ(dump.of_type("segment").size(), 0u);
  EXPECT_EQ(explained::take(), "");
}

TEST_F(interrupted, a_reference_that_a_handler_took_is_one_to_get_from) {
  std::vector<external<note>> held;
  std::vector<external<note>> taken(200);
  for (std::size_t i = 0; i < taken.size(); ++i) held.push_back(make<note>());
  in_the_ledger([&] {
    for (std::size_t i = 0; i < taken.size(); ++i) taken[i] = held[i];
  });
  held.clear();
  const std::vector<external<note>> copies = taken;
  EXPECT_EQ(explained::take(), "");
}

TEST_F(interrupted, a_reference_that_a_handler_gave_away_is_one_to_adopt) {
  std::vector<external<note>> held;
  for (int i = 0; i < 200; ++i) held.push_back(make<note>());
  std::vector<note*> given(held.size());
  in_the_ledger([&] {
    for (std::size_t i = 0; i < held.size(); ++i) given[i] = held[i].leak();
  });
  for (note* const each : given) external<note>::adopt(each).put();
  EXPECT_EQ(explained::take(), "");
  EXPECT_EQ(dump_lines::now().of_type("note").size(), 0u);
}

// Always the same memory: who is born there, unnoticed, is not who has died there.
struct tenant : lastout::kref<tenant> {
  static void* operator new(std::size_t, const std::nothrow_t&) noexcept { return house; }
  static void operator delete(void*) noexcept {}
  alignas(16) static inline unsigned char house[64];
};

TEST_F(interrupted, an_object_that_a_handler_made_is_alive_whoever_died_there_before) {
  (void)make<tenant>();
  external<tenant> alive;
  in_the_ledger([&alive] { alive = make<tenant>(); });
  tenant* const raw = alive.leak();
  const external<tenant> again = external<tenant>::adopt(raw);
  EXPECT_TRUE(again) << "a handle that has a reference was emptied";
  EXPECT_EQ(explained::take(), "");
}

// Of what the ledger does not know: it is looked for in every shard, the one that is locked too.
TEST_F(interrupted, a_violation_in_there_is_told_and_hangs_nobody) {
  EXPECT_EQ("ok", in_a_child(
                      [this] {
                        in_the_ledger([this] {
                          lastout::report(lastout::violation::get_at_zero, {"fixture", this},
                                          "test");
                        });
                        return explained::take() == "get_at_zero" ? 0 : 1;
                      },
                      10));
}

TEST_F(interrupted, a_handler_may_fork) {
  EXPECT_EQ("ok", in_a_child(
                      [this] {
                        int status = -1;
                        in_the_ledger([&status] {
                          const pid_t child = fork();
                          if (child == 0) _exit(7);
                          waitpid(child, &status, 0);
                        });
                        if (!WIFEXITED(status) || WEXITSTATUS(status) != 7) return 1;
                        const auto a = make<note>();
                        return dump_lines::now().wrong.empty() ? 0 : 2;
                      },
                      20));
}

TEST_F(interrupted, the_child_of_a_handler_goes_on_where_the_handler_came) {
  EXPECT_EQ("ok", in_a_child(
                      [this] {
                        pid_t child = -1;
                        in_the_ledger([&child] { child = fork(); });
                        // In both, the dump that was interrupted has gone on to its end.
                        std::vector<external<note>> held;
                        for (int i = 0; i < 200; ++i) held.push_back(make<note>());
                        const bool well = dump_lines::now().wrong.empty();
                        if (child == 0) _exit(well ? 7 : 8);
                        int status = -1;
                        waitpid(child, &status, 0);
                        return well && WIFEXITED(status) && WEXITSTATUS(status) == 7 ? 0 : 1;
                      },
                      20));
}

// One reference that ended in a handler, and ever after each get would look at all references.
TEST_F(interrupted, an_end_in_there_does_not_make_later_gets_slow) {
  const auto a = make<note>();
  std::vector<external<note>> many(20'000, a);
  std::vector<external<note>> others;  // some of them in the shard that is locked
  for (int i = 0; i < 200; ++i) others.push_back(make<note>());
  std::vector<external<note>> ended = others;
  const auto took = [&a] {
    auto least = std::chrono::steady_clock::duration::max();
    for (int tries = 0; tries < 20; ++tries) {
      const auto begun = std::chrono::steady_clock::now();
      for (int i = 0; i < 100; ++i) const external<note> another = a;
      least = std::min(least, std::chrono::steady_clock::now() - begun);
    }
    return least;
  };
  const auto before = took();
  in_the_ledger([&ended] {
    for (auto& each : ended) each.put();
  });
  (void)dump_lines::now();
  EXPECT_LT(took(), 20 * before);
}

}  // namespace
