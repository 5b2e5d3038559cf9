// fork_test.cpp - after a fork parent and child go on, each with its own counts: what the forking
// thread holds it holds in both, and what other threads held stays held in the child.

#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include <sys/mman.h>

#include <lastout/cache.hpp>
#include <lastout/kref.hpp>
#include <lastout/registry.hpp>
#include <lastout/release_queue.hpp>

#include "faults/counted_objects.hpp"
#include "ledger/children.hpp"

namespace {

using faults::named;
using lastout::external;
using lastout::make;

struct small_table {
  static constexpr std::uint32_t slots = 16;
  static constexpr std::uint32_t segments_max = 1u << 14;
  static constexpr std::uint32_t grow_at = 11;
  static constexpr std::uint32_t shrink_at = 6;
};

struct entry : lastout::cached<entry>, named {
  explicit entry(int n) : number(n) {}
  [[nodiscard]] static std::size_t charge() noexcept { return 1; }
  const int number;
};
using entries = lastout::cache<int, entry, &entry::number, lastout::key_hash<int>, std::equal_to<>,
                               small_table>;

struct task : lastout::kref<task>, lastout::in_slab<task>, named {
  explicit task(int n) : number(n) {}
  void release() noexcept;
  const int number;
};
using tasks = lastout::registry<int, task, &task::number, lastout::key_hash<int>, std::equal_to<>,
                                small_table>;
tasks* listed = nullptr;
void task::release() noexcept {
  listed->leave(*this);
  delete this;
}

/// Both structures, with names 0 to 99 in them; another thread holds 0 to 9, and waits.
struct world {
  world() {
    listed = &registry;
    for (int i = 0; i < 100; ++i) {
      held.push_back(registry.insert(make<task>(i)));
      (void)cache.insert(make<entry>(i));
    }
    other = std::thread([this] {
      std::vector<external<task>> tasks_of_other;
      std::vector<external<entry>> entries_of_other;
      for (int i = 0; i < 10; ++i) {
        tasks_of_other.push_back(registry.find(i));
        entries_of_other.push_back(cache.get(i));
        (void)make<task>(1000 + i);  // so that it has a list of free slots
      }
      ready = true;
      while (!over) usleep(1000);
    });
    while (!ready) std::this_thread::yield();
  }
  ~world() {
    over = true;
    other.join();
  }
  tasks registry;
  entries cache{{.idle_charge_max = 1000, .absent_max = 10}};
  std::vector<external<task>> held;
  std::thread other;
  std::atomic<bool> ready = false;
  std::atomic<bool> over = false;
};

// All that a program does. Returns 0, or which step went wrong.
int goes_on(world& in) {
  for (int i = 0; i < 100; ++i) {
    if (in.registry.find(i) != in.held[static_cast<std::size_t>(i)]) return 1;
    const external<entry> found = in.cache.get(i);
    if (!found || found->references() != (i < 10 ? 2u : 1u)) return 2;
    if (in.held[static_cast<std::size_t>(i)]->references() != (i < 10 ? 2u : 1u)) return 3;
  }
  std::vector<external<task>> more;
  for (int i = 100; i < 3000; ++i) {
    more.push_back(in.registry.insert(make<task>(i)));
    if (!more.back()) return 4;
    if (!in.cache.get_or_create(i, [i] { return make<entry>(i); })) return 5;
  }
  if (in.cache.size() != 1000) return 6;
  more.clear();
  in.held.clear();
  if (in.registry.size() != 10) return 7;  // the other thread's, which in the child nobody puts
  in.cache.shrink(lastout::no_limit);
  if (in.cache.size() != 10) return 8;
  if (in.cache.statistics().pinned_entries != 10) return 9;
  (void)lastout::slab<task>::trim([] {});
  for (int i = 0; i < 3000; ++i)
    if (!make<task>(i)) return 10;
  return 0;
}

TEST(faults_fork_test, the_child_goes_on_and_the_parent_does_not_notice) {
  named::alive = 0;
  {
    world here;
    EXPECT_EQ(in_a_child([&] { return goes_on(here); }, 120), "ok");
    EXPECT_EQ(goes_on(here), 0);
  }
  EXPECT_EQ(named::alive, 0);
}

TEST(faults_fork_test, a_child_of_a_child_goes_on_too) {
  world here;
  EXPECT_EQ(in_a_child(
                [&] {
                  return in_a_child([&] { return goes_on(here); }, 120) == "ok" ? goes_on(here) : 1;
                },
                240),
            "ok");
}

TEST(faults_fork_test, threads_of_the_child_use_the_slots_that_are_left) {
  world here;
  EXPECT_EQ(in_a_child([&] {
              for (int t = 0; t < 4; ++t) {
                std::thread([] {
                  for (int i = 0; i < 1000; ++i) (void)make<task>(i);
                }).join();
              }
              return lastout::slab<task>::use().chunks == 1 ? 0 : 1;
            }),
            "ok");
}

struct dead;
lastout::release_queue<dead>* graveyard = nullptr;
struct dead : lastout::kref<dead>, named {
  void release() noexcept { graveyard->push(*this); }
};

TEST(faults_fork_test, what_waits_in_a_queue_is_released_in_both) {
  named::alive = 0;
  lastout::release_queue<dead> queue(100, lastout::when_full::wait, lastout::drained_by::owner);
  graveyard = &queue;
  for (int i = 0; i < 10; ++i) make<dead>().put();
  EXPECT_EQ(in_a_child([&] { return queue.drain() == 10 && named::alive == 0 ? 0 : 1; }), "ok")
      << "the forking thread is the owner in the child too";
  EXPECT_EQ(queue.drain(), 10u);
  EXPECT_EQ(named::alive, 0);
}

// Twin: counts in memory that both have. The child's puts are the parent's loss.

TEST(faults_fork_test, twin_whose_count_is_shared_with_the_child_is_over_put) {
  void* const shared =
      mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  struct counted : lastout::kref<counted> {
    void release() noexcept {}
  };
  const violations_seen seen;
  auto* const twin = new (shared) counted;
  lastout::reference_access::birth(*twin);
  external<counted> mine = external<counted>::adopt(twin);
  external<counted> second = mine;
  EXPECT_EQ(in_a_child([&] {
              mine.put();
              return 0;
            }),
            "ok");
  EXPECT_EQ(twin->references(), 1u) << "two handles are here, and this count is wrong";
  (void)second.leak();
  mine.put();
  munmap(shared, 4096);
}

}  // namespace
