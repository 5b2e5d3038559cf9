// cache_newcomer_test.cpp - what becomes of a newcomer to a cache for whom there is no room.

#include <chrono>
#include <cstdint>
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
using lastout::cache_statistics;
using lastout::eviction;
using lastout::external;
using lastout::make;
using namespace std::chrono_literals;

class cache_newcomer_test : public leavers_noted {};

TEST_F(cache_newcomer_test, overshoot_lets_a_newcomer_in) {
  things all({.idle_charge_max = 2, .charge_max = 2});
  const external<thing> a = put_in(all, 1);
  const external<thing> b = put_in(all, 2);
  const external<thing> c = put_in(all, 3);
  ASSERT_TRUE(c);
  EXPECT_EQ(all.get(3), c);
  EXPECT_EQ(all.statistics().pinned_charge, 3u);
  EXPECT_EQ(all.statistics().refusals, 0u);
}

TEST_F(cache_newcomer_test, what_overshoots_goes_as_soon_as_somebody_is_idle) {
  things all({.idle_charge_max = 2, .charge_max = 2});
  std::vector<external<thing>> held;
  for (std::uint64_t n = 0; n < 10; ++n) held.push_back(put_in(all, n));
  EXPECT_EQ(all.size(), 10u);
  held.clear();
  (void)put_in(all, 100);
  EXPECT_LE(all.size(), 2u);
}

TEST_F(cache_newcomer_test, refuse_answers_empty_and_leaves_no_trace) {
  things all({.idle_charge_max = 2, .charge_max = 2, .when_full = at_limit::refuse});
  external<thing> a = put_in(all, 1);
  const external<thing> b = put_in(all, 2);
  EXPECT_FALSE(put_in(all, 3));
  EXPECT_FALSE(all.get(3));
  EXPECT_FALSE(all.get_or_create(4, maker_of(4)));
  EXPECT_EQ(all.get(2), b) << "a hit is never refused";
  EXPECT_EQ(thing::alive, 2);
  EXPECT_EQ(all.size(), 2u);
  cache_statistics s = all.statistics();
  EXPECT_EQ(s.refusals, 2u);
  EXPECT_EQ(s.inserts, 2u);
  a.put();
  EXPECT_TRUE(put_in(all, 5)) << "somebody is idle";
  s = all.statistics();
  EXPECT_EQ(s.inserts, 3u);
  EXPECT_EQ(s.evicted(eviction::capacity), 1u);
}

TEST_F(cache_newcomer_test, who_is_refused_pushes_nobody_out) {
  for (const at_limit how : {at_limit::refuse, at_limit::wait}) {
    things all({.idle_charge_max = 10, .charge_max = 10, .when_full = how, .wait_max = 0ns});
    const external<thing> used = put_in(all, 1, 8);
    EXPECT_FALSE(put_in(all, 2, 5)) << "and a hand has met who is in use";
    EXPECT_TRUE(put_in(all, 3, 2));
    EXPECT_FALSE(put_in(all, 4, 5));
    EXPECT_TRUE(all.get(3)) << "no room without it either";
    EXPECT_TRUE(put_in(all, 5, 1)) << "but for who has room then it goes";
    EXPECT_FALSE(all.get(3));
  }
}

TEST_F(cache_newcomer_test, what_a_hand_has_met_in_use_is_known_to_the_next_newcomer) {
  things all({.idle_charge_max = 10, .charge_max = 10, .when_full = at_limit::refuse});
  const external<thing> used = put_in(all, 1, 6);
  for (std::uint64_t n = 2; n < 6; ++n) ASSERT_TRUE(put_in(all, n));
  EXPECT_FALSE(put_in(all, 7, 5)) << "six in use, found first";
  EXPECT_EQ(all.statistics().evicted(eviction::capacity), 1u) << "whom the hand met next";
  EXPECT_FALSE(put_in(all, 7, 5));
  EXPECT_EQ(all.statistics().evicted(eviction::capacity), 1u) << "it is known now";
}

TEST_F(cache_newcomer_test, more_than_the_pinned_room_in_use_pushes_nobody_out) {
  things all({.idle_charge_max = 4, .pinned_charge_max = 3, .when_full = at_limit::refuse});
  std::vector<external<thing>> held;
  for (std::uint64_t n = 0; n < 4; ++n) held.push_back(put_in(all, n));
  EXPECT_FALSE(put_in(all, 10, 4)) << "four in use, found by a hand";
  all.set_budget({.idle = 4, .pinned = 4, .all = lastout::no_limit});
  for (std::uint64_t n = 20; n < 24; ++n) EXPECT_TRUE(put_in(all, n));
  all.set_budget({.idle = 4, .pinned = 3, .all = lastout::no_limit});
  EXPECT_FALSE(put_in(all, 30, 4));
  for (std::uint64_t n = 20; n < 24; ++n) EXPECT_TRUE(all.get(n)) << n;
}

TEST_F(cache_newcomer_test, a_replacement_that_is_refused_takes_the_old_one_along) {
  things all({.idle_charge_max = 2, .charge_max = 2, .when_full = at_limit::refuse});
  const external<thing> a = put_in(all, 1);
  const external<thing> b = put_in(all, 2);
  EXPECT_FALSE(all.replace(make<thing>(2u, std::size_t{2})));
  EXPECT_FALSE(all.get(2));
  EXPECT_EQ(all.get(1), a);
}

TEST_F(cache_newcomer_test, more_than_the_pinned_room_in_use_counts_as_full) {
  things all({.idle_charge_max = 2, .pinned_charge_max = 3, .when_full = at_limit::refuse});
  std::vector<external<thing>> held;
  for (std::uint64_t n = 0; n < 100; ++n) {
    if (external<thing> t = put_in(all, n)) held.push_back(std::move(t));
  }
  EXPECT_GE(held.size(), 4u);
  EXPECT_LE(held.size(), 7u) << "pinned, queued and one that was parked for the last";
  held.pop_back();
  held.pop_back();
  held.pop_back();
  held.pop_back();
  EXPECT_TRUE(put_in(all, 1000)) << "there is room again";
}

TEST_F(cache_newcomer_test, wait_lets_a_newcomer_in_when_the_budget_grows) {
  things all(
      {.idle_charge_max = 1, .charge_max = 1, .when_full = at_limit::wait, .wait_max = 1min});
  const external<thing> a = put_in(all, 1);
  std::thread gives([&] {
    while (all.statistics().waits == 0) std::this_thread::yield();
    all.set_budget({.idle = 2, .pinned = lastout::no_limit, .all = 2});
  });
  const external<thing> b = put_in(all, 2);
  EXPECT_TRUE(b);
  gives.join();
}

TEST_F(cache_newcomer_test, wait_lets_a_newcomer_in_when_a_use_ends) {
  things all(
      {.idle_charge_max = 1, .charge_max = 1, .when_full = at_limit::wait, .wait_max = 1min});
  external<thing> a = put_in(all, 1);
  std::thread ends([&] {
    while (all.statistics().waits == 0) std::this_thread::yield();
    a.put();
  });
  const external<thing> b = put_in(all, 2);
  EXPECT_TRUE(b);
  ends.join();
  EXPECT_FALSE(all.get(1)) << "evicted for it";
  EXPECT_EQ(all.statistics().waits, 1u);
}

TEST_F(cache_newcomer_test, wait_lets_a_newcomer_in_when_somebody_is_erased_or_killed) {
  things all(
      {.idle_charge_max = 1, .charge_max = 1, .when_full = at_limit::wait, .wait_max = 1min});
  external<thing> held = put_in(all, 1);
  for (std::uint64_t n = 2; n < 4; ++n) {
    std::thread ends([&, n] {
      while (all.statistics().waits < n - 1) std::this_thread::yield();
      n == 2 ? (void)all.erase(*held) : held.kill_on_put();
    });
    external<thing> next = put_in(all, n);
    EXPECT_TRUE(next);
    ends.join();
    held = std::move(next);
  }
}

TEST_F(cache_newcomer_test, wait_lets_a_newcomer_in_when_evict_if_evicts) {
  things all(
      {.idle_charge_max = 1, .charge_max = 1, .when_full = at_limit::wait, .wait_max = 1min});
  external<thing> a = put_in(all, 1);
  std::thread evicts([&] {
    while (all.statistics().waits == 0) std::this_thread::yield();
    std::this_thread::sleep_for(5ms);
    EXPECT_EQ(all.evict_if([&](const thing& t) {
      if (t.number == 1) a.put();
      return t.number == 1;
    }),
              1u);
  });
  const auto began = std::chrono::steady_clock::now();
  EXPECT_TRUE(put_in(all, 2));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 30s);
  evicts.join();
}

TEST_F(cache_newcomer_test, who_waits_for_more_room_than_there_is_goes_on_waiting_asleep) {
  things all(
      {.idle_charge_max = 2, .charge_max = 2, .when_full = at_limit::wait, .wait_max = 1min});
  external<thing> a = put_in(all, 1);
  external<thing> b = put_in(all, 2);
  std::thread ends([&] {
    while (all.statistics().waits == 0) std::this_thread::yield();
    for (external<thing>* const each : {&a, &b}) {
      std::this_thread::sleep_for(150ms);
      each->put();
    }
  });
  const processor_time used;
  EXPECT_TRUE(put_in(all, 3, 2));
  EXPECT_LT(used.spent(), 100ms);
  ends.join();
}

TEST_F(cache_newcomer_test, a_wait_ends_at_its_deadline) {
  things all(
      {.idle_charge_max = 1, .charge_max = 1, .when_full = at_limit::wait, .wait_max = 20ms});
  const external<thing> a = put_in(all, 1);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(put_in(all, 2));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 20ms);
  EXPECT_EQ(all.statistics().refusals, 1u);
  EXPECT_EQ(all.statistics().waits, 1u);
  EXPECT_EQ(thing::alive, 1);
}

TEST_F(cache_newcomer_test, a_wait_may_be_for_ever) {
  things all({.idle_charge_max = 1,
              .charge_max = 1,
              .when_full = at_limit::wait,
              .wait_max = std::chrono::nanoseconds::max()});
  external<thing> a = put_in(all, 1);
  std::thread ends([&] {
    while (all.statistics().waits == 0 && all.statistics().refusals == 0) std::this_thread::yield();
    std::this_thread::sleep_for(10ms);
    a.put();
  });
  EXPECT_TRUE(put_in(all, 2));
  ends.join();
}

TEST_F(cache_newcomer_test, one_that_is_erased_while_it_waits_for_room_is_in_nobodys_way) {
  things all(
      {.idle_charge_max = 1, .charge_max = 1, .when_full = at_limit::wait, .wait_max = 1min});
  const external<thing> a = put_in(all, 1);
  std::thread erases([&] {
    while (all.statistics().waits == 0) std::this_thread::yield();
    EXPECT_TRUE(all.erase(std::uint64_t{2}));
  });
  external<thing> b = put_in(all, 2);
  erases.join();
  EXPECT_FALSE(all.get(2));
  b.put();
  EXPECT_EQ(thing::alive, 1);
  const cache_statistics s = all.statistics();
  std::uint64_t evicted = 0;
  for (const std::uint64_t each : s.evictions) evicted += each;
  EXPECT_EQ(s.inserts, evicted + s.idle_entries + s.pinned_entries);
}

// The idle one goes, which is not enough; and who is told of it erases the newcomer.
TEST_F(cache_newcomer_test, one_that_is_erased_while_room_is_made_for_it_has_been_in) {
  const auto told = std::make_shared<int>();
  std::string left;
  {
    things* in = nullptr;
    things all({.idle_charge_max = 10,
                .charge_max = 10,
                .when_full = at_limit::refuse,
                .on_evict = [&, told](thing& gone, eviction why) {
                  left += std::to_string(gone.number) + ":" + name(why) + " ";
                  if (gone.number == 1) {
                    EXPECT_TRUE(in->erase(std::uint64_t{3}));
                  }
                }});
    in = &all;
    (void)put_in(all, 1, 4);
    const external<thing> held = put_in(all, 2, 6);
    external<thing> newcomer = put_in(all, 3, 7);
    ASSERT_TRUE(newcomer) << "it was in";
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(all.get(3));
    EXPECT_EQ(all.statistics().refusals, 0u);
    EXPECT_EQ(all.statistics().inserts, 3u);
    EXPECT_EQ(left, "1:capacity ");
    newcomer.put();
    EXPECT_EQ(left, "1:capacity 3:erased ");
  }
  EXPECT_EQ(left, "1:capacity 3:erased 2:closed ");
  EXPECT_EQ(told.use_count(), 1) << "the keeper is gone";
}

// Who is told renames it instead, and comes back to take it out under a name that it has no more.
TEST_F(cache_newcomer_test, one_that_is_renamed_while_room_is_made_for_it_has_been_in) {
  things* in = nullptr;
  std::string left;
  things all({.idle_charge_max = 10,
              .charge_max = 10,
              .when_full = at_limit::refuse,
              .on_evict = [&](thing& gone, eviction why) {
                left += std::to_string(gone.number) + ":" + name(why) + " ";
                if (gone.number != 1) return;
                const external<thing> newcomer = in->get(3);
                EXPECT_TRUE(in->rename(*newcomer, [&] { newcomer->number = 5; }));
              }});
  in = &all;
  (void)put_in(all, 1, 4);
  const external<thing> held = put_in(all, 2, 6);
  external<thing> newcomer = put_in(all, 3, 7);
  ASSERT_TRUE(newcomer) << "it was in";
  EXPECT_EQ(all.get(5), newcomer) << "while it is in use";
  EXPECT_FALSE(all.get(3));
  EXPECT_EQ(all.statistics().refusals, 0u);
  EXPECT_EQ(all.statistics().inserts, 3u);
  EXPECT_EQ(all.statistics().evicted(eviction::capacity), 2u);
  newcomer.put();
  EXPECT_EQ(left, "1:capacity 5:capacity ");
  EXPECT_EQ(all.size(), 1u);
}

TEST_F(cache_newcomer_test, one_that_is_killed_while_it_waits_for_room_waits_no_longer) {
  things all(
      {.idle_charge_max = 1, .charge_max = 1, .when_full = at_limit::wait, .wait_max = 1min});
  const external<thing> a = put_in(all, 1);
  std::thread kills([&] {
    while (all.statistics().waits == 0) std::this_thread::yield();
    std::this_thread::sleep_for(5ms);
    all.get(2).kill_on_put();
  });
  const auto began = std::chrono::steady_clock::now();
  external<thing> b = put_in(all, 2);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 30s);
  kills.join();
  ASSERT_TRUE(b) << "it was in";
  b.put();
  EXPECT_EQ(thing::alive, 1);
  EXPECT_EQ(all.statistics().evicted(eviction::killed), 1u);
}

TEST_F(cache_newcomer_test, hits_of_one_that_is_refused_count) {
  things* in = nullptr;
  things all({.idle_charge_max = 10,
              .charge_max = 10,
              .when_full = at_limit::refuse,
              .on_evict = [&](thing& gone, eviction) {
                for (int i = 0; i < 3 && gone.number == 1; ++i) EXPECT_TRUE(in->get(3));
              }});
  in = &all;
  (void)put_in(all, 1, 4);
  const external<thing> held = put_in(all, 2, 6);
  EXPECT_FALSE(put_in(all, 3, 7));
  EXPECT_EQ(all.statistics().hits, 3u);
}

TEST_F(cache_newcomer_test, who_was_killed_before_it_was_put_in_is_not_kept) {
  things all({.idle_charge_max = 10});
  external<thing> t = make<thing>(7u);
  t.kill_on_put();
  t = all.insert(std::move(t));
  ASSERT_TRUE(t) << "it is in";
  EXPECT_EQ(all.get(7), t) << "while it is in use";
  t.put();
  EXPECT_EQ(thing::alive, 0);
  EXPECT_EQ(all.statistics().evicted(eviction::killed), 1u);
}

}  // namespace
