// grace_test.cpp - guards, waits and deferred deletion, one promise at a time.

#include <gtest/gtest.h>

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <new>
#include <optional>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>

#include <lastout/dual.hpp>
#include <lastout/grace.hpp>
#include <lastout/internal.hpp>
#include <lastout/kcref.hpp>
#include <lastout/kref.hpp>
#include <lastout/release_queue.hpp>

#include "rules/support.hpp"

namespace {

using lastout::external;
using lastout::grace;
using lastout::grace_guard;
using lastout::make;
using lastout::violation;
using lastout::order::acquire;
using lastout::order::relaxed;
using lastout::order::release;
using rules::recorded_violations;

struct counted_lives {
  counted_lives() { alive.fetch_add(1, relaxed); }
  ~counted_lives() { alive.fetch_sub(1, release); }
  static int now() { return alive.load(acquire); }
  static inline lastout::atomic<int> alive{0};
};

struct session final : lastout::kref<session>, lastout::after_grace<session> {
  counted_lives life;
};

void drop_one() { make<session>().put(); }

TEST(grace_test, a_guard_is_a_proof_of_grace_that_others_may_hold_too) {
  static_assert(lastout::proves<grace_guard, grace>);
  static_assert(!lastout::proves_alone<grace_guard, grace>);
  static_assert(!lastout::proves<grace_guard, std::mutex>);
  const grace_guard guard;
  EXPECT_EQ(lastout::proof_of<grace_guard>::held(guard), &grace::domain());
}

template <class T>
concept newable = requires { new T; };

TEST(grace_test, what_waits_costs_two_words_and_a_guard_stays_where_it_is) {
  static_assert(sizeof(lastout::after_grace<session>) == 2 * sizeof(void*));
  static_assert(!std::is_polymorphic_v<lastout::after_grace<session>>);
  static_assert(!std::is_copy_constructible_v<grace_guard>);
  static_assert(!std::is_move_constructible_v<grace_guard>);
  static_assert(!newable<grace_guard> && newable<session>);
}

TEST(grace_test, an_internal_reference_is_got_under_a_guard) {
  external<session> used = make<session>();
  const lastout::internal<session, grace> listed(*used, grace::domain());
  {
    const grace_guard guard;
    EXPECT_EQ(listed.get_not_zero(guard), used);
    used.put();
    EXPECT_FALSE(listed.get_not_zero(guard)) << "released, and still in memory";
  }
  grace::drain();
  EXPECT_EQ(counted_lives::now(), 0);
}

TEST(grace_test, guards_nest) {
  EXPECT_FALSE(grace::reading());
  {
    const grace_guard outer;
    {
      const grace_guard inner;
      EXPECT_TRUE(grace::reading());
    }
    EXPECT_TRUE(grace::reading());
    drop_one();
    EXPECT_EQ(counted_lives::now(), 1);
  }
  EXPECT_FALSE(grace::reading());
  grace::drain();
  EXPECT_EQ(counted_lives::now(), 0);
}

// A reader who writes a plain int before it leaves: ThreadSanitizer is the second judge.
TEST(grace_test, wait_returns_after_every_reader_who_was_there) {
  for (int round = 0; round < 20; ++round) {
    lastout::atomic<bool> in{false};
    int left = 0;
    std::thread reader([&] {
      const grace_guard guard;
      in.store(true, relaxed);  // carries nothing: the guard is what is tested
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      left = 1;
    });
    while (!in.load(relaxed)) lastout::relax();
    grace::wait();
    EXPECT_EQ(left, 1);
    reader.join();
  }
}

TEST(grace_test, wait_does_not_wait_for_readers_who_come_later) {
  lastout::atomic<bool> stop{false};
  lastout::atomic<int> entered{0};
  const auto read = [&](int turn) {  // two who relieve each other: there is always one inside
    for (; !stop.load(acquire); turn += 2) {
      while (entered.load(acquire) != turn && !stop.load(acquire)) lastout::relax();
      const grace_guard guard;
      entered.store(turn + 1, release);
      while (entered.load(acquire) == turn + 1 && !stop.load(acquire)) lastout::relax();
    }
  };
  std::thread one(read, 0);
  std::thread other(read, 1);
  while (entered.load(acquire) == 0) lastout::relax();
  grace::wait();
  drop_one();
  grace::drain();
  EXPECT_EQ(counted_lives::now(), 0);
  stop.store(true, release);
  one.join();
  other.join();
}

TEST(grace_test, drain_waits_for_all_that_was_released_and_for_nothing_when_there_is_nothing) {
  grace::drain();
  for (int i = 0; i < 1000; ++i) drop_one();
  grace::drain();
  EXPECT_EQ(counted_lives::now(), 0);
}

// Edges (1) -> (2), (3) -> (4): plain ints, so that ThreadSanitizer judges too.
struct writes_as_it_goes final : lastout::kref<writes_as_it_goes>,
                                 lastout::after_grace<writes_as_it_goes> {
  explicit writes_as_it_goes(int& into) : out(into) {}
  ~writes_as_it_goes() { out = written + 1; }
  int& out;
  int written = 0;
};

TEST(grace_test, edge_from_release_through_the_destructor_to_drain) {
  for (int round = 1; round <= 20; ++round) {
    int out = 0;
    external<writes_as_it_goes> last = make<writes_as_it_goes>(out);
    last->written = round;
    last.put();
    grace::drain();
    EXPECT_EQ(out, round + 1);
  }
}

struct link final : lastout::kref<link>, lastout::after_grace<link> {
  explicit link(external<link> to) : parent(std::move(to)) {}
  external<link> parent;
  counted_lives life;
};

// Each one's release follows from the deletion of the one before: 100,000 grace periods.
TEST(grace_test, a_long_chain_is_deleted_in_constant_stack_and_in_time) {
  external<link> last;
  for (int i = 0; i < 100'000; ++i) last = make<link>(std::move(last));
  last.put();
  grace::drain();
  EXPECT_EQ(counted_lives::now(), 0);
}

TEST(grace_test, many_threads_release_at_once) {
  for (int round = 0; round < 20; ++round) {
    rules::run_on_threads(4, [](int) {
      for (int i = 0; i < 200; ++i) drop_one();
    });
    grace::drain();
    EXPECT_EQ(counted_lives::now(), 0);
  }
}

TEST(grace_test, threads_that_have_ended_hold_nothing_up) {
  for (int i = 0; i < 100; ++i) {
    std::thread([] {
      const grace_guard guard;
      drop_one();
    }).join();
  }
  grace::wait();
  grace::drain();
  EXPECT_EQ(counted_lives::now(), 0);
}

// liburcu forgets a thread in such a destructor too, before or after ours: the second time, before.
TEST(grace_test, a_guard_works_in_the_destructors_of_a_thread) {
  static pthread_key_t key;
  static int times;
  times = 0;
  ASSERT_EQ(pthread_key_create(&key,
                               [](void* again) {
                                 const grace_guard guard;
                                 drop_one();
                                 EXPECT_EQ(counted_lives::now(), ++times);
                                 if (times < 2) pthread_setspecific(key, again);
                               }),
            0);
  {
    const grace_guard nothing_is_freed_meanwhile;
    std::thread([] {
      const grace_guard guard;
      pthread_setspecific(key, &key);
    }).join();
  }
  EXPECT_EQ(times, 2);
  pthread_key_delete(key);
  grace::drain();
  EXPECT_EQ(counted_lives::now(), 0);
}

// A hook of its own is not needed, nor is it in the way, whatever the style.
struct service final : lastout::dual<service>, lastout::after_grace<service> {
  counted_lives life;
};
struct kept final : lastout::kcref<kept, std::mutex>, lastout::after_grace<kept> {
  std::tuple<std::mutex&> locks() noexcept { return std::tie(lock); }
  void unlink(const idle_proof&) noexcept {}
  lastout::fate idle(const idle_proof&) noexcept { return lastout::fate::kill; }
  static inline std::mutex lock;
  counted_lives life;
};
struct shape : lastout::kref<shape>, lastout::after_grace<shape> {
  virtual ~shape() = default;
};
struct circle : shape {
  counted_lives life;
};

template <class Reference>
void outlasts_its_last_put(Reference last) {
  {
    const grace_guard guard;
    last.put();
    EXPECT_EQ(counted_lives::now(), 1);
  }
  grace::drain();
  EXPECT_EQ(counted_lives::now(), 0);
}

TEST(grace_test, it_goes_with_every_style_and_with_derived_classes) {
  outlasts_its_last_put(lastout::make_active<service>());
  outlasts_its_last_put(make<kept>());
  outlasts_its_last_put(external<shape>(make<circle>()));
}

// release_queue calls it once for a batch.
struct texture : lastout::kref<texture> {
  void release() noexcept { queue.push(*this); }
  static inline lastout::release_queue<texture, lastout::grace_period> queue{8};
  counted_lives life;
};

TEST(grace_test, a_queue_takes_it_as_its_grace) {
  for (int i = 0; i < 3; ++i) make<texture>().put();
  EXPECT_EQ(counted_lives::now(), 3);
  EXPECT_EQ(texture::queue.drain(), 3u);
  EXPECT_EQ(counted_lives::now(), 0);
}

// --- misuse

TEST(grace_test, misuse_release_twice_is_reported) {
  external<session> one = make<session>();
  session& object = *one;
  recorded_violations seen;
  {
    const grace_guard guard;
    one.put();
    lastout::release_after_grace(object);
    EXPECT_TRUE(seen.only(violation::put_once_dead)) << seen.text();
  }
  grace::drain();
  EXPECT_EQ(counted_lives::now(), 0);
}

TEST(grace_test, misuse_drain_inside_a_guard_is_reported_and_returns) {
  recorded_violations seen;
  drop_one();
  {
    const grace_guard guard;
    grace::drain();
    EXPECT_TRUE(seen.only(grace::waited_in_guard)) << seen.text();
    EXPECT_EQ(seen.last().operation, "drain");
  }
  grace::drain();
  EXPECT_EQ(counted_lives::now(), 0);
}

struct drains_as_it_goes final : lastout::kref<drains_as_it_goes>,
                                 lastout::after_grace<drains_as_it_goes> {
  ~drains_as_it_goes() { grace::drain(); }
};

TEST(grace_test, misuse_drain_in_a_destructor_is_reported_and_returns) {
  recorded_violations seen;
  make<drains_as_it_goes>().put();
  grace::drain();
  EXPECT_TRUE(seen.only(grace::waited_in_guard)) << seen.text();
}

// To wait there is allowed: the thread is inside no guard.
struct waits_as_it_goes final : lastout::kref<waits_as_it_goes>,
                                lastout::after_grace<waits_as_it_goes> {
  ~waits_as_it_goes() { grace::wait(); }
};

TEST(grace_test, a_destructor_may_wait) {
  recorded_violations seen;
  make<waits_as_it_goes>().put();
  grace::drain();
  EXPECT_TRUE(seen.none()) << seen.text();
}

/// For a death test: a fork of this process has no thread of liburcu's. In an emulator it is one all the
/// same, for a program there cannot start itself.
void starts_itself_again() {
  if (std::getenv("LASTOUT_EMULATOR") == nullptr) GTEST_FLAG_SET(death_test_style, "threadsafe");
}

TEST(grace_test, misuse_wait_inside_a_guard_is_reported_before_it_waits_for_ever) {
  starts_itself_again();
  EXPECT_DEATH(
      {
        lastout::on_violation(&lastout::report_and_abort);
        const grace_guard guard;
        grace::wait();
      },
      "violation .* in wait of grace");
}

TEST(grace_test, misuse_guard_ended_on_another_thread_is_reported) {
  if constexpr (!lastout::checked_build)
    GTEST_SKIP() << "unchecked builds do not look; the sanitizers' presets are checked";
  starts_itself_again();
  EXPECT_DEATH(
      {
        lastout::on_violation(&lastout::report_and_abort);
        std::optional<grace_guard> guard(std::in_place);
        std::thread([&] { guard.reset(); }).join();
      },
      "violation wrong_thread in end of grace_guard");
}

// --- fork

TEST(grace_test, misuse_fork_inside_a_guard_is_reported_and_refused) {
  recorded_violations seen;
  const grace_guard guard;
  EXPECT_EQ(grace::fork(), -1);
  EXPECT_EQ(errno, EDEADLK);
  EXPECT_TRUE(seen.only(grace::waited_in_guard)) << seen.text();
}

TEST(grace_test, grace_goes_on_in_both_after_a_fork) {
  drop_one();
  grace::drain();  // liburcu's thread is there before the fork
  const int rounds = lastout::grace_detail::judged_by_thread_sanitizer ? 0 : 5;
  for (int round = 0; round < rounds; ++round) {
    for (int i = 0; i < 100; ++i) drop_one();  // these wait in both
    const pid_t child = grace::fork();
    ASSERT_NE(child, -1);
    if (child == 0) {
      alarm(20);
      for (int i = 0; i < 100; ++i) drop_one();
      {
        const grace_guard guard;
        drop_one();
      }
      grace::wait();
      grace::drain();
      _exit(counted_lives::now() == 0 ? 0 : 1);
    }
    grace::drain();
    EXPECT_EQ(counted_lives::now(), 0);
    int status = -1;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "status " << status;
  }
  if (rounds == 0) GTEST_SKIP() << "ThreadSanitizer starts no thread after a fork";
}

}  // namespace
