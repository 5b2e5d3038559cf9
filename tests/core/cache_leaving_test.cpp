// cache_leaving_test.cpp - who leaves a cache is told of once, with its reason; who waits for its end, and what
// it is in the way of until then.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <lastout/cache.hpp>

#include "core/cached_thing.hpp"
#include "core/leavers_noted.hpp"
#include "core/processor_time.hpp"

namespace {

using lastout::at_limit;
using lastout::eviction;
using lastout::external;
using lastout::make;
using namespace std::chrono_literals;

class cache_leaving_test : public leavers_noted {};

TEST_F(cache_leaving_test, each_who_leaves_is_told_of_once_with_its_reason) {
  {
    things all({.idle_charge_max = 2, .on_evict = notes()});
    (void)put_in(all, 1);
    (void)put_in(all, 2);
    EXPECT_EQ(left(), "");
    (void)put_in(all, 3);
    const std::string first = left();
    EXPECT_TRUE(first == "1:capacity" || first == "2:capacity") << first;
    EXPECT_EQ(all.shrink(2), 2u);
    EXPECT_EQ(left().substr(1, 7), ":shrunk");
    (void)put_in(all, 4);
    EXPECT_TRUE(all.erase(std::uint64_t{4}));
    EXPECT_EQ(left(), "4:erased");
    (void)put_in(all, 5);
    (void)all.replace(make<thing>(5u));
    EXPECT_EQ(left(), "5:replaced");
    all.get(5).kill_on_put();
    EXPECT_EQ(left(), "5:killed");
    (void)put_in(all, 6);
    EXPECT_EQ(left(), "");
  }
  EXPECT_EQ(left(), "6:closed");
}

TEST_F(cache_leaving_test, who_is_held_is_told_of_when_nobody_has_it_any_more) {
  things all({.idle_charge_max = 10, .on_evict = notes()});
  external<thing> erased = put_in(all, 1);
  external<thing> replaced = put_in(all, 2);
  external<thing> killed = put_in(all, 3);
  EXPECT_TRUE(all.erase(*erased));
  (void)all.replace(make<thing>(2u));
  killed.kill_on_put();
  EXPECT_EQ(left(), "");
  erased.put();
  EXPECT_EQ(left(), "1:erased");
  replaced.put();
  EXPECT_EQ(left(), "2:replaced");
  killed.put();
  EXPECT_EQ(left(), "3:killed");
}

TEST_F(cache_leaving_test, who_outlives_the_cache_is_not_told_of) {
  external<thing> t;
  {
    things all({.idle_charge_max = 10, .on_evict = notes()});
    t = put_in(all, 1);
    (void)put_in(all, 2);
  }
  EXPECT_EQ(left(), "2:closed");
  t.put();
  EXPECT_EQ(left(), "");
}

TEST_F(cache_leaving_test, who_was_never_in_is_not_told_of) {
  things all(
      {.idle_charge_max = 1, .charge_max = 1, .when_full = at_limit::refuse, .on_evict = notes()});
  const external<thing> t = put_in(all, 1);
  EXPECT_FALSE(put_in(all, 2)) << "refused";
  EXPECT_EQ(put_in(all, 1), t) << "its name was taken";
  EXPECT_EQ(left(), "");
}

TEST_F(cache_leaving_test, on_evict_may_use_the_cache_and_does_not_find_who_leaves) {
  things* in = nullptr;
  int called = 0;
  things all({.idle_charge_max = 4, .on_evict = [&](thing& t, eviction why) {
                if (why != eviction::capacity) return;
                ++called;
                EXPECT_FALSE(in->get(t.number));
                (void)in->size();
                (void)in->statistics();
                EXPECT_TRUE(put_in(*in, 1000)) << "somebody else is evicted for it, and told of";
                in->erase(std::uint64_t{1000});
              }});
  in = &all;
  for (std::uint64_t n = 0; n < 5; ++n) (void)put_in(all, n);
  EXPECT_GT(called, 0);
}

// Its turn comes when on_evict has returned: to wait for it would be to wait for ever.
TEST_F(cache_leaving_test, misuse_on_evict_that_asks_for_who_leaves_with_it_is_reported) {
  things* in = nullptr;
  int asked = 0;
  things all({.idle_charge_max = 4, .on_evict = [&](thing& t, eviction why) {
                if (why != eviction::shrunk || asked++ != 0) return;
                EXPECT_FALSE(in->get_or_create(t.number + 1, maker_of(t.number + 1)));
              }});
  in = &all;
  (void)put_in(all, 1);
  (void)put_in(all, 2);
  all.shrink(2);
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(seen.take(), "creates_within_itself");
}

TEST_F(cache_leaving_test, misuse_the_first_on_evict_of_a_thread_is_no_exception) {
  things* in = nullptr;
  things all({.idle_charge_max = 4, .on_evict = [&](thing& t, eviction why) {
                if (why == eviction::shrunk) {
                  EXPECT_FALSE(in->get_or_create(t.number, maker_of(t.number)));
                }
              }});
  in = &all;
  (void)put_in(all, 1);
  std::thread([&] { all.shrink(1); }).join();
  EXPECT_EQ(seen.take(), "creates_within_itself");
}

TEST_F(cache_leaving_test, who_has_evicted_may_wait_for_who_leaves_with_another_thread) {
  std::atomic<bool> leaving = false;
  things all({.idle_charge_max = 4, .on_evict = [&](thing& t, eviction why) {
                if (why == eviction::closed || t.number != 7) return;
                leaving = true;
                std::this_thread::sleep_for(300ms);
              }});
  (void)put_in(all, 1);
  all.shrink(1);
  (void)put_in(all, 7);
  std::thread evicts([&] { all.shrink(1); });
  while (!leaving) std::this_thread::yield();
  const processor_time used;
  EXPECT_TRUE(all.get_or_create(7, maker_of(7)));
  EXPECT_LT(used.spent(), 100ms);
  evicts.join();
}

// What on_evict still writes back is not read again before it is written.
TEST_F(cache_leaving_test, who_asks_for_a_name_waits_until_its_last_holder_has_left) {
  std::atomic<bool> leaving = false;
  std::atomic<bool> written = false;
  things all({.idle_charge_max = 4, .on_evict = [&](thing&, eviction why) {
                if (why == eviction::closed) return;
                leaving = true;
                std::this_thread::sleep_for(20ms);
                written = true;
              }});
  (void)put_in(all, 7);
  std::thread evicts([&] { all.shrink(1); });
  while (!leaving) std::this_thread::yield();
  EXPECT_FALSE(all.get(7)) << "no hit waits";
  const external<thing> again = all.get_or_create(7, [&] {
    EXPECT_TRUE(written) << "created while the last one was still leaving";
    return make<thing>(7u);
  });
  EXPECT_TRUE(again);
  evicts.join();
}

TEST_F(cache_leaving_test, an_insert_does_not_wait_for_who_is_leaving) {
  std::promise<void> leave;
  std::atomic<bool> leaving = false;
  things all({.idle_charge_max = 4, .on_evict = [&](thing&, eviction why) {
                if (why != eviction::shrunk) return;
                leaving = true;
                leave.get_future().wait();
              }});
  (void)put_in(all, 7);
  std::thread evicts([&] { all.shrink(1); });
  while (!leaving) std::this_thread::yield();
  const external<thing> next = put_in(all, 7);
  EXPECT_TRUE(next);
  EXPECT_EQ(all.get(7), next);
  leave.set_value();
  evicts.join();
  EXPECT_EQ(all.get(7), next) << "who left took only itself along";
  EXPECT_EQ(all.size(), 1u);
}

TEST_F(cache_leaving_test, the_name_is_free_when_release_runs) {
  struct leaving : lastout::cached<leaving> {
    explicit leaving(std::uint64_t n) : number(n) {}
    void release() noexcept {
      if (on_release) on_release();
      delete this;
    }
    const std::uint64_t number;
    std::function<void()> on_release;
  };
  lastout::cache<std::uint64_t, leaving, &leaving::number> all(
      {.idle_charge_max = 10 * sizeof(leaving)});
  std::size_t seen_at_release = 77;
  external<leaving> l = all.insert(make<leaving>(7u));
  l->on_release = [&] { seen_at_release = all.size(); };
  l.put();
  all.shrink(1);
  EXPECT_EQ(seen_at_release, 0u);
}

TEST_F(cache_leaving_test, the_cache_goes_when_who_leaves_in_another_thread_has_left) {
  std::atomic<bool> leaving = false;
  std::atomic<bool> told = false;
  auto all = std::make_unique<things>(
      things::options{.idle_charge_max = 10, .on_evict = [&](thing&, eviction) {
                        leaving = true;
                        std::this_thread::sleep_for(300ms);
                        told = true;
                      }});
  external<thing> t = put_in(*all, 7);
  t.kill_on_put();
  std::thread puts([&] { t.put(); });
  while (!leaving) std::this_thread::yield();
  const processor_time used;
  all.reset();
  EXPECT_TRUE(told);
  EXPECT_LT(used.spent(), 100ms) << "it waits asleep";
  EXPECT_EQ(thing::alive, 0);
  puts.join();
}

TEST_F(cache_leaving_test, while_the_cache_goes_nobody_enters_it) {
  const auto told = std::make_shared<int>();
  things* in = nullptr;
  int more = 3;
  {
    things all({.idle_charge_max = 10, .on_evict = [&, told](thing& t, eviction) {
                  if (more-- > 0) {
                    EXPECT_FALSE(put_in(*in, t.number + 1000));
                  }
                }});
    in = &all;
    for (std::uint64_t n = 0; n < 5; ++n) (void)put_in(all, n);
  }
  EXPECT_EQ(thing::alive, 0);
  EXPECT_EQ(told.use_count(), 1) << "the keeper has gone too";
}

TEST_F(cache_leaving_test, whose_use_ends_while_the_cache_goes_leaves_because_of_that) {
  std::vector<external<thing>> held;
  {
    things all({.idle_charge_max = 3, .on_evict = [&](thing& gone, eviction why) {
                  note(gone, why);
                  if (why == eviction::closed) std::exchange(held, {}).clear();
                }});
    for (std::uint64_t n = 0; n < 10; ++n) held.push_back(put_in(all, n));
    for (std::uint64_t n = 10; n < 40; ++n) (void)put_in(all, n);  // the held ones are parked
    (void)left();
  }
  const std::string all_left = left();
  EXPECT_EQ(all_left.find("capacity"), std::string::npos) << all_left;
  EXPECT_EQ(thing::alive, 0);
}

// Whose last reference was the walk's is told of while no lock is held, whatever the function takes.
TEST_F(cache_leaving_test, who_is_erased_during_a_walk_leaves_before_the_next_is_met) {
  things_in<tiny_table>* in = nullptr;
  int told = 0;
  things_in<tiny_table> all({.idle_charge_max = 1000, .on_evict = [&](thing&, eviction) {
                               ++told;
                               EXPECT_LE(in->size(), 100u);  // its locks are free
                             }});
  in = &all;
  for (std::uint64_t n = 0; n < 100; ++n) (void)put_in(all, n);
  int met = 0;
  all.for_each([&](const external<thing>& each) {
    EXPECT_EQ(told, met++);
    EXPECT_TRUE(all.erase(*each));
  });
  EXPECT_EQ(told, 100);
}

TEST_F(cache_leaving_test, on_evict_that_erases_who_leaves_does_no_harm) {
  things* in = nullptr;
  things all({.idle_charge_max = 5, .on_evict = [&](thing& gone, eviction why) {
                note(gone, why);
                if (why == eviction::capacity) (void)in->erase(gone);
              }});
  in = &all;
  for (std::uint64_t n = 0; n < 20; ++n) (void)put_in(all, n);
  EXPECT_EQ(all.size(), 5u);
  EXPECT_EQ(all.statistics().idle_charge, 5u);
  EXPECT_EQ(all.statistics().evicted(eviction::capacity), 15u);
  EXPECT_EQ(all.statistics().evicted(eviction::erased), 0u);
  all.shrink(100);
  EXPECT_EQ(thing::alive, 0);
  (void)left();
}

}  // namespace
