// kref_stress_test.cpp - external references in shared slots, internal ones in a list, from every
// thread.

#include "stress/stress.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include <lastout/external.hpp>
#include <lastout/external_word.hpp>
#include <lastout/internal.hpp>
#include <lastout/kref.hpp>
#include <lastout/locked_word.hpp>

namespace {

using namespace stress;
using lastout::external;
using lastout::internal;
using lastout::make;

/// Stands on a list from birth to release; its parent is released after it.
template <class Word>
struct node : lastout::kref<node<Word>, Word> {
  explicit node(external<node> up) : parent(std::move(up)) {
    const std::lock_guard guard(lock);
    list.emplace_back(*this, lock);
    ++born;
  }
  void release() noexcept {
    if (released.exchange(true)) ADD_FAILURE() << "released twice";
    point();
    {
      const std::lock_guard guard(lock);
      const auto here = std::find_if(list.begin(), list.end(),
                                     [this](const auto& each) { return each.refers_to(*this); });
      if (here == list.end()) {
        ADD_FAILURE() << "not on the list";
      } else {
        *here = list.back();
        list.pop_back();
      }
    }
    ++freed;
    delete this;
  }
  void use() const {
    alive.check();
    if (released) ADD_FAILURE() << "released while somebody holds it";
  }

  external<node> parent;
  canary alive;
  std::atomic<bool> released = false;
  static inline std::mutex lock;
  static inline std::vector<internal<node>> list;
  static inline std::atomic<long> born = 0;
  static inline std::atomic<long> freed = 0;
};

template <class Word>
class kref_stress_test : public stress_test {};
using words = testing::Types<lastout::refcount, lastout::locked_word>;
TYPED_TEST_SUITE(kref_stress_test, words);

TYPED_TEST(kref_stress_test, what_is_held_is_alive_and_what_is_not_is_freed_once) {
  using object = node<TypeParam>;
  struct slot {
    std::mutex lock;
    external<object> holds;
  };
  object::born = object::freed = 0;
  std::vector<slot> slots(4);
  const int steps = rounds(20'000);
  std::atomic<long> found = 0;
  run_on_threads(threads(), 0, [&](int, chance& c) {
    std::vector<external<object>> mine_now;
    for (int step = 0; step < steps; ++step) {
      slot& s = slots[c.below(slots.size())];
      switch (c.below(6)) {
        case 0: {  // a new object into the slot; the old one is put outside the lock
          external<object> fresh =
              make<object>(mine_now.empty() || c.one_in(2) ? nullptr : mine_now.back());
          const std::lock_guard guard(s.lock);
          swap(s.holds, fresh);
          mine_now.push_back(std::move(fresh));
          break;
        }
        case 1: {  // a copy out of the slot
          external<object> copy;
          {
            const std::lock_guard guard(s.lock);
            copy = s.holds;
          }
          if (copy) copy->use();
          mine_now.push_back(std::move(copy));
          break;
        }
        case 2: {  // from the list: may be on its way out
          external<object> got;
          {
            const std::unique_lock guard(object::lock);
            if (!object::list.empty()) {
              got = object::list[c.below(object::list.size())].get_not_zero(guard);
            }
          }
          if (got) {
            ++found;
            got->use();
            mine_now.push_back(std::move(got));
          }
          break;
        }
        case 3: {  // several at once
          external<object> more[3];
          if (!mine_now.empty() && mine_now.back())
            external<object>::get_each(*mine_now.back(), more);
          break;
        }
        case 4: {  // empty the slot
          external<object> out;
          const std::lock_guard guard(s.lock);
          swap(out, s.holds);
          mine_now.push_back(std::move(out));
          break;
        }
        default:
          if (!mine_now.empty()) {
            swap(mine_now[c.below(mine_now.size())], mine_now.back());
            if (mine_now.back()) mine_now.back()->use();
            mine_now.pop_back();
          }
      }
      if (mine_now.size() > 16) mine_now.erase(mine_now.begin(), mine_now.begin() + 8);
    }
  });
  for (slot& each : slots) each.holds.put();
  EXPECT_GT(found, 0);
  EXPECT_GT(object::born, 0);
  EXPECT_EQ(object::born, object::freed);
  EXPECT_TRUE(object::list.empty());
}

/// Handed from thread to thread, and on no list.
struct handed_on : lastout::kref<handed_on, lastout::external_word> {
  explicit handed_on(int holders) : used(static_cast<std::size_t>(holders)) { ++born; }
  ~handed_on() {
    for (const int each : used)
      if (each != 1) ADD_FAILURE() << "a holder's write is not seen by release";
    ++freed;
  }
  canary alive;
  std::vector<int> used;  // plain ints: ThreadSanitizer is the second judge
  static inline std::atomic<long> born = 0;
  static inline std::atomic<long> freed = 0;
};

class external_word_stress_test : public stress_test {};

TEST_F(external_word_stress_test, the_last_of_many_holders_frees_and_sees_what_each_wrote) {
  const int holders = threads();
  handed_on::born = handed_on::freed = 0;
  const int times = rounds(300);
  for (int round = 0; round < times; ++round) {
    std::vector<external<handed_on>> held;
    held.push_back(make<handed_on>(holders));
    while (held.size() < static_cast<std::size_t>(holders)) held.push_back(held.front());
    run_on_threads(holders, static_cast<std::uint64_t>(round), [&](int i, chance& c) {
      external<handed_on> mine_now = std::move(held[static_cast<std::size_t>(i)]);
      for (std::size_t copies = c.below(8); copies > 0; --copies) {
        const external<handed_on> copy = mine_now;
        copy->alive.check();
      }
      mine_now->used[static_cast<std::size_t>(i)] = 1;
    });
  }
  EXPECT_EQ(handed_on::born, times);
  EXPECT_EQ(handed_on::freed, times);
}

}  // namespace
