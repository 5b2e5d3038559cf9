// chaos_test.cpp - rare things happen often, and again the same way from the same seed.

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <lastout/cache.hpp>
#include <lastout/external.hpp>
#include <lastout/internal.hpp>
#include <lastout/kcref.hpp>
#include <lastout/kref.hpp>
#include <lastout/local_word.hpp>
#include <lastout/registry.hpp>

#include "ledger/explained.hpp"
#include "ledger/ball.hpp"
#include "ledger/tracked.hpp"

namespace {

using lastout::external;
using lastout::fate;
using lastout::internal;
using lastout::make;
namespace ledger = lastout::ledger;

struct reborn : lastout::kcref<reborn, std::mutex> {
  explicit reborn(std::mutex& by) : guard(by) {}
  fate idle(const idle_proof&) noexcept {
    ++asked;
    return stays;
  }
  void unlink(const idle_proof&) noexcept {}
  std::tuple<std::mutex&> locks() noexcept { return guard; }
  std::mutex& guard;
  fate stays = fate::keep;
  int asked = 0;
};

class chaos : public ledger_test {
 protected:
  chaos() { ball::elsewhere = ball::gone = 0; }
  ~chaos() override { EXPECT_EQ(ledger::apply("all,stacks=0,socket=off"), ""); }
  static void wreak(unsigned seed) {
    ASSERT_EQ(ledger::apply("all,stacks=0,socket=off,chaos=" + std::to_string(seed)), "");
  }
  explained told;
};

// What chaos does to one thread: each letter a decision.
std::string decisions(unsigned seed) {
  int pipes[2];
  if (pipe(pipes) != 0) return "no pipe";
  const pid_t child = fork();
  if (child == 0) {
    alarm(30);
    std::string out;
    (void)ledger::apply("all,stacks=0,socket=off,chaos=" + std::to_string(seed));
    std::mutex guard;
    auto a = make<reborn>(guard);
    const internal<reborn> weak(*a, guard);
    for (int i = 0; i < 2000; ++i) {
      std::unique_lock held(guard);
      out += weak.get_not_zero(held) ? '.' : 'r';
    }
    (void)!write(pipes[1], out.data(), out.size());
    _exit(0);
  }
  close(pipes[1]);
  std::string out;
  char more[4096];
  for (ssize_t n = 0; (n = read(pipes[0], more, sizeof more)) > 0;)
    out.append(more, static_cast<std::size_t>(n));
  close(pipes[0]);
  waitpid(child, nullptr, 0);
  return out;
}

TEST_F(chaos, the_same_seed_decides_the_same_and_another_one_otherwise) {
  const std::string once = decisions(7);
  EXPECT_EQ(once.size(), 2000u);
  EXPECT_NE(once.find('r'), std::string::npos);
  EXPECT_EQ(once, decisions(7));
  EXPECT_NE(once, decisions(8));
}

TEST_F(chaos, a_seed_that_is_set_again_begins_again) {
  const auto here = [](unsigned seed) {
    std::string out;
    std::mutex guard;
    auto a = make<reborn>(guard);
    const internal<reborn> weak(*a, guard);
    wreak(seed);
    for (int i = 0; i < 1000; ++i) {
      std::unique_lock held(guard);
      auto b = weak.get_not_zero(held);
      out += b ? '.' : 'r';
    }
    EXPECT_EQ(ledger::apply("all,stacks=0,socket=off"), "");
    a.kill_on_put();
    return out;
  };
  const std::string once = here(7);
  EXPECT_EQ(once, here(7));
  EXPECT_NE(once, here(8));
}

TEST_F(chaos, get_not_zero_is_refused_now_and_then_and_that_is_counted) {
  std::mutex list;
  const auto a = make<ball>();
  const internal<ball> weak(*a, list);
  const std::uint64_t before = dump_lines::now().type_called("ball")->refused;
  wreak(1);
  int refused = 0;
  for (int i = 0; i < 5000; ++i) {
    std::unique_lock held(list);
    refused += weak.get_not_zero(held) ? 0 : 1;
  }
  EXPECT_GT(refused, 10);
  EXPECT_LT(refused, 1000);
  EXPECT_EQ(dump_lines::now().type_called("ball")->refused - before,
            static_cast<std::uint64_t>(refused));
}

TEST_F(chaos, twin_without_chaos_is_refused_nothing) {
  std::mutex list;
  const auto a = make<ball>();
  const internal<ball> weak(*a, list);
  for (int i = 0; i < 5000; ++i) {
    std::unique_lock held(list);
    ASSERT_TRUE(weak.get_not_zero(held));
  }
}

TEST_F(chaos, an_idle_object_is_resurrected_and_asked_again) {
  wreak(2);
  std::mutex guard;
  std::vector<reborn*> all;
  for (int i = 0; i < 300; ++i) {
    auto a = make<reborn>(guard);
    all.push_back(a.address());
  }
  int asked = 0;
  for (const reborn* each : all) {
    EXPECT_TRUE(each->idle_now());
    asked += each->asked;
  }
  EXPECT_GT(asked, 305);
  EXPECT_LT(asked, 400) << "one time in eight";
  EXPECT_GT(dump_lines::now().type_called("reborn")->resurrected, 5u);
  EXPECT_EQ(explained::take(), "");
  for (reborn* each : all) {
    std::unique_lock held(guard);
    const auto gone = each->kill_idle(held);
    EXPECT_TRUE(gone);
    held.unlock();
  }
}

TEST_F(chaos, twin_without_chaos_is_asked_once) {
  std::mutex guard;
  auto a = make<reborn>(guard);
  reborn* const it = a.address();
  a.put();
  EXPECT_EQ(it->asked, 1);
  std::unique_lock held(guard);
  const auto gone = it->kill_idle(held);
  EXPECT_TRUE(gone);
  held.unlock();
}

TEST_F(chaos, some_objects_are_released_on_another_thread_and_settle_waits_for_them) {
  wreak(3);
  constexpr int many = 3000;
  for (int i = 0; i < many; ++i) (void)make<ball>();
  ledger::settle();
  EXPECT_EQ(ball::gone, many);
  EXPECT_GT(ball::elsewhere, 20);
  EXPECT_LT(ball::elsewhere, many / 2);
}

// How often this thread has given the processor away to wait.
long waits() {
  rusage used{};
  getrusage(RUSAGE_THREAD, &used);
  return used.ru_nvcsw;
}
struct slow_to_go : lastout::kref<slow_to_go> {
  ~slow_to_go() {
    if (std::this_thread::get_id() == made_by) late += waits() != waits_at_put;
  }
  const std::thread::id made_by = std::this_thread::get_id();
  static inline long waits_at_put = 0;
  static inline int late = 0;
};
// Of so many last puts those after which release came late.
int late_releases(int puts) {
  slow_to_go::late = 0;
  for (int i = 0; i < puts; ++i) {
    auto a = make<slow_to_go>();
    slow_to_go::waits_at_put = waits();
    a.put();
  }
  ledger::settle();
  return slow_to_go::late;
}

TEST_F(chaos, between_a_last_put_and_release_there_is_a_while_now_and_then) {
  wreak(7);
  const int late = late_releases(3000);
  EXPECT_GT(late, 5);
  EXPECT_LT(late, 300);
}

TEST_F(chaos, twin_without_chaos_releases_at_once) { EXPECT_LT(late_releases(3000), 3); }

struct slow_to_lock : lastout::kcref<slow_to_lock, std::mutex> {
  fate idle(const idle_proof&) noexcept { return fate::kill; }
  void unlink(const idle_proof&) noexcept {}
  std::tuple<std::mutex&> locks() noexcept {
    late += waits() != waits_at_put;
    return guard;
  }
  static inline std::mutex guard;
  static inline long waits_at_put = 0;
  static inline int late = 0;
};
// Of so many last puts those after which the locks were asked for late.
int late_locks(int puts) {
  slow_to_lock::late = 0;
  for (int i = 0; i < puts; ++i) {
    auto a = make<slow_to_lock>();
    slow_to_lock::waits_at_put = waits();
    a.put();
  }
  ledger::settle();
  return slow_to_lock::late;
}

TEST_F(chaos, between_a_last_put_and_its_locks_there_is_a_while_now_and_then) {
  wreak(7);
  const int late = late_locks(2000);
  EXPECT_GT(late, 3);
  EXPECT_LT(late, 200);
}

TEST_F(chaos, twin_without_chaos_locks_at_once) { EXPECT_LT(late_locks(2000), 3); }

TEST_F(chaos, objects_of_one_thread_s_own_stay_there) {
  struct local : lastout::kref<local, lastout::local_word> {
    ~local() { EXPECT_EQ(std::this_thread::get_id(), made_by); }
    std::thread::id made_by = std::this_thread::get_id();
  };
  wreak(3);
  for (int i = 0; i < 3000; ++i) (void)make<local>();
}

struct session : lastout::kref<session>, lastout::in_slab<session> {
  explicit session(int n) : id(n) {}
  inline void release() noexcept;
  const int id;
};
lastout::registry<int, session, &session::id>* sessions = nullptr;
void session::release() noexcept {
  sessions->leave(*this);
  delete this;
}

// Rule 36 holds under chaos too: a refusal says that the object is on its way out, and here it is not.
TEST_F(chaos, a_name_in_a_registry_has_one_object_whatever_is_refused) {
  lastout::registry<int, session, &session::id> all;
  sessions = &all;
  wreak(4);
  {
    std::map<int, external<session>> held;
    for (int i = 0; i < 3000; ++i) {
      const int name = i % 10;
      const auto got = all.insert(make<session>(name));
      if (!got) continue;
      external<session>& known = held[name];
      if (!known) known = got;
      ASSERT_EQ(known.address(), got.address()) << "two objects of one name, at " << i;
    }
  }
  ledger::settle();
  sessions = nullptr;
}

struct picture : lastout::cached<picture> {
  explicit picture(int n) : id(n) {}
  const int id;
};

TEST_F(chaos, a_name_in_a_cache_has_one_object_whatever_is_refused) {
  wreak(5);
  {
    lastout::cache<int, picture, &picture::id> cache({.idle_charge_max = 1 << 20});
    std::map<int, external<picture>> held;
    for (int i = 0; i < 3000; ++i) {
      const int name = i % 10;
      const auto got = cache.insert(make<picture>(name));
      if (!got) continue;
      external<picture>& known = held[name];
      if (!known) known = got;
      ASSERT_EQ(known.address(), got.address()) << "two objects of one name, at " << i;
    }
  }
  ledger::settle();
}

TEST_F(chaos, threads_under_chaos_leave_the_books_right) {
  wreak(6);
  std::vector<std::thread> all;
  for (int t = 0; t < 4; ++t) {
    all.emplace_back([] {
      for (int i = 0; i < 2000; ++i) {
        auto a = make<ball>();
        auto b = a;
        std::vector<external<ball>> more(3, b);
      }
    });
  }
  for (std::thread& each : all) each.join();
  ledger::settle();
  EXPECT_EQ(ball::gone, 8000);
  EXPECT_EQ(explained::take(), "");
}

}  // namespace
