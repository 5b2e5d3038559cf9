// grace_stress_test.cpp - a list that readers walk with no lock and no reference, while its objects
// are released and freed.

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <mutex>
#include <random>
#include <utility>

#include <lastout/grace.hpp>
#include <lastout/internal.hpp>
#include <lastout/kref.hpp>

#include "rules/support.hpp"

namespace {

using lastout::external;
using lastout::grace_guard;
using lastout::order::acquire;
using lastout::order::relaxed;
using lastout::order::release;
using rules::run_on_threads;

constexpr int changes_min = 5000;  // by each of two threads
constexpr long got_min = 1000;

struct entry;

// What the list is made of: it holds an internal reference to the object that it is a part of.
struct node {
  lastout::internal<entry, lastout::grace> of;
  lastout::atomic<node*> next{nullptr};
};

struct list {
  std::mutex lock;  // of who changes it
  lastout::atomic<node*> first{nullptr};

  void add(node& its) {
    const std::unique_lock guard(lock);
    its.next.store(first.load(relaxed), relaxed);
    first.store(&its, release);
  }
  void remove(node& its) {
    const std::unique_lock guard(lock);
    lastout::atomic<node*>* at = &first;
    while (at->load(relaxed) != &its) at = &at->load(relaxed)->next;
    at->store(its.next.load(relaxed), release);
  }
};

struct entry final : node, lastout::kref<entry>, lastout::after_grace<entry> {
  entry(list& its, std::uint32_t n)
      : node{{*this, lastout::grace::domain()}}, in(its), number(n), twice(2 * n) {
    alive.fetch_add(1, relaxed);
  }
  ~entry() {
    number = twice = wiped;  // a reader without a guard would see this, or less
    alive.fetch_sub(1, relaxed);
  }
  void release() noexcept {
    in.remove(*this);
    lastout::release_after_grace(*this);
  }
  bool whole() const { return number != wiped && twice == 2 * number; }

  static constexpr std::uint32_t wiped = 0xdeadbeef;
  static inline lastout::atomic<int> alive{0};

  list& in;
  std::uint32_t number;
  std::uint32_t twice;
};

// Readers get one in three of what they see, keep it past the guard, and so are often the last.
TEST(grace_stress_test, readers_walk_a_list_that_is_freed_under_them) {
  list all;
  lastout::atomic<int> changing{2};
  lastout::atomic<int> broken{0};
  lastout::atomic<long> seen{0};
  lastout::atomic<long> got{0};
  run_on_threads(4, [&](int who) {
    std::minstd_rand random(static_cast<unsigned>(who) + 1);
    if (who < 2) {
      std::array<external<entry>, 8> mine;
      for (int i = 0; i < changes_min || got.load(relaxed) < got_min; ++i) {
        external<entry> born = lastout::make<entry>(all, static_cast<std::uint32_t>(random()));
        all.add(*born);
        std::swap(mine[random() % mine.size()], born);
      }
      mine = {};
      changing.fetch_sub(1, release);
      return;
    }
    while (changing.load(acquire) != 0) {
      external<entry> kept;
      {
        const grace_guard guard;
        for (node* each = all.first.load(acquire); each != nullptr;
             each = each->next.load(acquire)) {
          seen.fetch_add(1, relaxed);
          if (!static_cast<const entry*>(each)->whole()) broken.fetch_add(1, relaxed);
          if (random() % 3 == 0) kept = each->of.get_not_zero(guard);
        }
      }
      if (kept) got.fetch_add(1, relaxed);
      if (kept && !kept->whole()) broken.fetch_add(1, relaxed);
    }
  });
  lastout::grace::drain();
  EXPECT_EQ(broken.load(relaxed), 0);
  EXPECT_EQ(entry::alive.load(relaxed), 0);
  EXPECT_EQ(all.first.load(relaxed), nullptr);
  EXPECT_GT(seen.load(relaxed), got_min);
}

}  // namespace
