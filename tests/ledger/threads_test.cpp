// threads_test.cpp - many threads, many references: the totals are right, and the ledger's own memory
// is bounded by what is held and not by what ever was.

#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include <lastout/cache.hpp>
#include <lastout/external.hpp>
#include <lastout/kref.hpp>
#include <lastout/local_word.hpp>

#include "ledger/children.hpp"
#include "ledger/tracked.hpp"

namespace {

using lastout::external;
using lastout::make;
namespace ledger = lastout::ledger;

struct baton : lastout::kref<baton> {};
struct own_count : lastout::kref<own_count, lastout::local_word> {};

class threads : public ledger_test {
 protected:
  static std::size_t resident_bytes() {
    std::ifstream in("/proc/self/statm");
    std::size_t all = 0;
    std::size_t resident = 0;
    in >> all >> resident;
    return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  }
};

TEST_F(threads, ten_thousand_come_and_go_and_pass_a_reference_on) {
  std::mutex hand;
  external<baton> passed = make<baton>();
  const baton* const it = passed.address();
  const std::uint64_t missed_before = dump_lines::now().missed;
  constexpr int many = times(10'000);
  constexpr int together = 8;
  for (int i = 0; i < many; i += together) {
    std::vector<std::thread> all;
    for (int t = 0; t < together; ++t) {
      all.emplace_back([&] {
        external<baton> mine;
        {
          const std::lock_guard guard(hand);
          mine = std::exchange(passed, external<baton>(passed));
        }
        const external<baton> more = mine;
        const auto own = make<baton>();
      });
    }
    for (std::thread& each : all) each.join();
  }
  EXPECT_TRUE(held_by(it, {in(passed)}));
  const dump_lines::whole dump = dump_lines::now();
  EXPECT_EQ(dump.of_type("baton").size(), 1u);
  EXPECT_EQ(dump.missed, missed_before);
}

// DISABLED here, and run by the next test in a process of its own: what other tests' threads left
// must not help.
TEST(started_again, DISABLED_threads_that_left_something_behind) {
  std::vector<external<baton>> left(100);
  for (auto& each : left) std::thread([&each] { each = make<baton>(); }).join();
  for (int i = 0; i < 20'000; ++i) std::thread([] { (void)make<baton>(); }).join();
  // Ended ones are remembered for a while, for what is told of the past; but not all of them.
  EXPECT_LT(dump_lines::now().threads.size(), 16'600u);
}
TEST_F(threads, that_left_something_behind_do_not_make_the_books_grow_for_ever) {
  const std::string said =
      again("all,stacks=0,socket=off", "started_again.DISABLED_threads_that_left_something_behind");
  EXPECT_NE(said.find("status 0"), std::string::npos) << said;
}

TEST_F(threads, what_is_held_no_more_takes_no_more_memory) {
  const auto hold_and_drop = [] {
    std::vector<external<baton>> held;
    for (int i = 0; i < 20'000; ++i) {
      held.push_back(make<baton>());
      held.push_back(external<baton>(held.back()));
    }
  };
  hold_and_drop();
  const std::size_t before = resident_bytes();
  for (int i = 0; i < 10; ++i) hold_and_drop();
  // AddressSanitizer keeps what is freed.
  EXPECT_LT(resident_bytes(), before + ((sanitized ? 256u : 8u) << 20));
}

TEST_F(threads, a_million_outstanding_references_are_dumped) {
  constexpr std::size_t objects = times(50'000);
  constexpr std::size_t each_has = 20;
  std::vector<external<baton>> held;
  held.reserve(objects * each_has);
  for (std::size_t i = 0; i < objects; ++i) {
    held.push_back(make<baton>());
    for (std::size_t r = 1; r < each_has; ++r) held.push_back(external<baton>(held.back()));
  }
  const auto begun = std::chrono::steady_clock::now();
  const std::string text = ledger::dump();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::printf("  %zu references in %zu MB, dumped in %.2f s\n", held.size(), text.size() >> 20,
              took.count());
  const dump_lines::whole dump = dump_lines::parse(text);
  EXPECT_EQ(dump.wrong, "");
  EXPECT_EQ(dump.references, objects * each_has);
  EXPECT_EQ(dump.objects.size(), objects);
}

TEST_F(threads, a_dump_among_threads_that_get_and_put_is_whole_and_nearly_exact) {
  constexpr std::size_t users = 4;
  constexpr std::size_t shared = 64;
  std::vector<external<baton>> objects;
  for (std::size_t i = 0; i < shared; ++i) objects.push_back(make<baton>());
  std::atomic<bool> done = false;
  std::vector<std::thread> all;
  for (std::size_t t = 0; t < users; ++t) {
    all.emplace_back([&, t] {
      std::vector<external<baton>> mine(16);
      for (std::size_t i = t; !done; ++i) {
        mine[i % 16] = objects[i * 7 % shared];
        external<baton> moved = std::move(mine[(i + 5) % 16]);
        const auto own = make<baton>();
        if (i % 64 == 0) std::this_thread::yield();
      }
    });
  }
  std::uint64_t looked_at = 0;
  constexpr int dumps = rounds(60);
  for (int i = 0; i < dumps; ++i) {
    const dump_lines::whole dump = dump_lines::now();
    ASSERT_EQ(dump.wrong, "");
    for (const dump_lines::object& each : dump.objects) {
      if (!each.whole) continue;
      ++looked_at;
      const auto counted = static_cast<std::int64_t>(each.references.value_or(0));
      const auto noted = static_cast<std::int64_t>(each.held.size());
      EXPECT_LE(std::abs(counted - noted), static_cast<std::int64_t>(users));
    }
  }
  done = true;
  for (std::thread& each : all) each.join();
  EXPECT_GE(looked_at, dumps * shared);
  for (const auto& each : objects) EXPECT_TRUE(held_by(each.address(), {in(each)}));
}

TEST_F(threads, types_and_threads_that_turn_up_during_a_dump_are_explained_in_it) {
  std::atomic<bool> done = false;
  std::vector<std::thread> all;
  for (int t = 0; t < 2; ++t) {
    all.emplace_back([&] {
      while (!done) {
        std::thread([] {
          pthread_setname_np(pthread_self(), "passer-by");
          (void)make<baton>();
        }).join();
      }
    });
  }
  for (int i = 0; i < times(100); ++i) ASSERT_EQ(dump_lines::now().wrong, "");
  done = true;
  for (std::thread& each : all) each.join();
}

template <int N>
struct numbered : lastout::kref<numbered<N>> {};
template <int... N>
void make_each(std::vector<std::function<void()>>& makers, std::integer_sequence<int, N...>) {
  (makers.push_back([] {
    const auto a = make<numbered<N>>();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }),
   ...);
}

TEST_F(threads, a_type_that_turns_up_during_a_dump_is_explained_in_it) {
  std::vector<external<baton>> many;
  for (int i = 0; i < 5'000; ++i) many.push_back(make<baton>());
  std::vector<std::function<void()>> makers;
  make_each(makers, std::make_integer_sequence<int, 60>());
  std::atomic<bool> done = false;
  std::thread newcomers([&] {
    for (const auto& each : makers) each();
    done = true;
  });
  while (!done) EXPECT_EQ(dump_lines::now().wrong, "");
  newcomers.join();
}

TEST_F(threads, an_object_of_one_thread_s_own_is_dumped_by_another_without_a_race) {
  std::atomic<bool> done = false;
  std::thread owner([&] {
    const auto a = make<own_count>();
    while (!done) {
      const auto b = a;
    }
  });
  for (int i = 0; i < rounds(50); ++i) EXPECT_EQ(dump_lines::now().wrong, "");
  done = true;
  owner.join();
}

struct page_of : lastout::cached<page_of> {
  explicit page_of(int n) : id(n) {}
  const int id;
};

TEST_F(threads, a_cache_that_evicts_under_a_dump_is_told_right) {
  lastout::cache<int, page_of, &page_of::id> cache({.idle_charge_max = 50 * sizeof(page_of)});
  std::atomic<bool> done = false;
  std::vector<std::thread> all;
  for (int t = 0; t < 3; ++t) {
    all.emplace_back([&, t] {
      for (int i = t; !done; i += 3) {
        const auto a = cache.get_or_create(i % 200, [&] { return make<page_of>(i % 200); });
        if (i % 50 == 0) (void)cache.erase(i % 200);
      }
    });
  }
  for (int i = 0; i < rounds(60); ++i) ASSERT_EQ(dump_lines::now().wrong, "");
  done = true;
  for (std::thread& each : all) each.join();
  EXPECT_EQ(dump_lines::now().references, 0u);
}

// What a type declares is asked by the ledger, at a time of its own and under a lock of its own: a
// type that must lock to look tries to, or a dump and a get under that lock would wait for each other.
struct folder : lastout::kref<folder> {
  void add(external<baton> more) {
    const std::lock_guard guard(lock);
    entries.push_back(more);  // a get under the lock
    if (entries.size() > 100) entries.clear();
  }
  template <class See>
  void keeps_alive(See see) const {
    const std::unique_lock held(lock, std::try_to_lock);
    if (!held) return;
    for (const auto& each : entries) see(each.address());
  }
  mutable std::mutex lock;
  std::vector<external<baton>> entries;
};

TEST_F(threads, a_type_may_try_a_lock_to_say_what_it_keeps_alive) {
  std::vector<external<folder>> folders;
  for (int i = 0; i < 50; ++i) folders.push_back(make<folder>());
  std::atomic<bool> done = false;
  std::atomic<int> dumps = 0;
  std::thread user([&] {
    const auto b = make<baton>();
    for (std::size_t i = 0; !done; ++i) folders[i % 50]->add(b);
  });
  std::thread dumper([&] {
    for (; dumps < times(200) && !done; ++dumps) EXPECT_EQ(dump_lines::now().wrong, "");
  });
  const auto late = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (dumps < times(200) && std::chrono::steady_clock::now() < late)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  if (dumps < times(200)) {
    std::fprintf(stderr, "the dump and a get wait for each other, after %d dumps\n", dumps.load());
    std::abort();  // the threads cannot be joined
  }
  done = true;
  user.join();
  dumper.join();
}

}  // namespace
