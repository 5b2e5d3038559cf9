// cache_room_test.cpp - who has to leave a cache, and when.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <lastout/cache.hpp>

#include "core/cached_thing.hpp"
#include "core/leavers_noted.hpp"

namespace {

using lastout::at_limit;
using lastout::cache_statistics;
using lastout::eviction;
using lastout::external;
using lastout::make;
using namespace std::chrono_literals;

class cache_room_test : public leavers_noted {};

// Room.

TEST_F(cache_room_test, no_more_is_kept_than_there_is_room_for) {
  things all({.idle_charge_max = 100});
  for (std::size_t n = 0; n < 1000; ++n) {
    (void)put_in(all, n, 1 + n % 7);
    ASSERT_LE(all.statistics().idle_charge, 100u);
  }
  EXPECT_GT(all.statistics().idle_charge, 90u) << "nor much less";
  EXPECT_EQ(thing::alive, static_cast<int>(all.size()));
}

TEST_F(cache_room_test, without_a_charge_of_its_own_an_object_weighs_what_it_occupies) {
  struct plain_thing : lastout::cached<plain_thing> {
    explicit plain_thing(std::uint64_t n) : number(n) {}
    const std::uint64_t number;
    char more[100] = {};
  };
  lastout::cache<std::uint64_t, plain_thing, &plain_thing::number> all(
      {.idle_charge_max = 10 * sizeof(plain_thing)});
  for (std::uint64_t n = 0; n < 50; ++n) (void)all.insert(make<plain_thing>(n));
  EXPECT_EQ(all.size(), 10u);
  EXPECT_EQ(all.statistics().idle_charge, 10 * sizeof(plain_thing));
}

TEST_F(cache_room_test, what_is_in_use_is_never_evicted) {
  things all({.idle_charge_max = 10});
  std::vector<external<thing>> held;
  for (std::uint64_t n = 0; n < 50; ++n) held.push_back(put_in(all, n));
  for (std::uint64_t n = 100; n < 1000; ++n) (void)put_in(all, n);
  for (std::size_t n = 0; n < 50; ++n) ASSERT_EQ(all.get(n), held[n]);
  const cache_statistics s = all.statistics();
  EXPECT_EQ(s.pinned_entries, 50u);
  EXPECT_EQ(s.pinned_charge, 50u);
  EXPECT_EQ(s.idle_entries, 10u) << "what is in use is no part of the idle room";
  held.clear();
  EXPECT_LE(all.statistics().idle_charge, 10u) << "the room is for ten";
  EXPECT_EQ(all.statistics().pinned_entries, 0u);
}

TEST_F(cache_room_test, who_was_in_use_when_a_hand_came_by_is_kept_afterwards) {
  things all({.idle_charge_max = 10});
  external<thing> t = put_in(all, 0);
  for (std::uint64_t n = 1; n < 100; ++n) (void)put_in(all, n);
  t.put();
  EXPECT_TRUE(all.get(0));
}

TEST_F(cache_room_test, what_is_larger_than_the_cache_is_found_while_it_is_used_and_not_kept) {
  things all({.idle_charge_max = 10, .on_evict = notes()});
  for (std::uint64_t n = 0; n < 5; ++n) (void)put_in(all, n);
  external<thing> large = put_in(all, 7, 11);
  ASSERT_TRUE(large);
  EXPECT_EQ(all.get(7), large);
  EXPECT_EQ(left(), "") << "nobody had to go for it";
  large.put();
  EXPECT_EQ(left(), "7:capacity");
  EXPECT_FALSE(all.get(7));
  EXPECT_EQ(thing::alive, 5);
  EXPECT_EQ(all.statistics().evicted(eviction::capacity), 1u);
}

TEST_F(cache_room_test, one_that_just_fits_takes_everybodys_room) {
  things all({.idle_charge_max = 10});
  for (std::uint64_t n = 0; n < 10; ++n) (void)put_in(all, n);
  (void)put_in(all, 77, 10);
  EXPECT_TRUE(all.get(77));
  EXPECT_EQ(all.size(), 1u);
}

TEST_F(cache_room_test, a_cache_without_room_keeps_nothing) {
  things all({});
  external<thing> t = put_in(all, 7);
  EXPECT_EQ(all.get(7), t);
  t.put();
  EXPECT_EQ(thing::alive, 0);
  EXPECT_EQ(all.size(), 0u);
}

TEST_F(cache_room_test, a_charge_is_asked_once) {
  struct counting : lastout::cached<counting> {
    explicit counting(std::uint64_t n) : number(n) {}
    [[nodiscard]] std::size_t charge() const noexcept { return asked++ == 0 ? 3 : 100; }
    const std::uint64_t number;
    mutable int asked = 0;
  };
  lastout::cache<std::uint64_t, counting, &counting::number> all({.idle_charge_max = 10});
  for (std::uint64_t n = 0; n < 20; ++n) {
    external<counting> c = all.insert(make<counting>(n));
    EXPECT_EQ(c->asked, 1);
  }
  const external<counting> kept = all.get(19);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->asked, 1);
  EXPECT_LE(all.statistics().idle_charge, 10u);
}

// Asked to leave.

TEST_F(cache_room_test, shrink_evicts_as_much_as_is_asked_of_those_who_are_idle) {
  things all({.idle_charge_max = 1000});
  std::vector<external<thing>> held;
  for (std::uint64_t n = 0; n < 200; ++n) {
    external<thing> t = put_in(all, n, 2);
    if (n % 2 == 0) held.push_back(std::move(t));
  }
  EXPECT_EQ(all.shrink(10), 10u);
  EXPECT_EQ(all.shrink(11), 12u) << "whole entries";
  EXPECT_EQ(all.size(), 189u);
  EXPECT_EQ(all.shrink(lastout::no_limit), 178u) << "all that are idle";
  EXPECT_EQ(all.size(), 100u);
  EXPECT_EQ(all.shrink(1), 0u);
  EXPECT_EQ(all.statistics().evicted(eviction::shrunk), 100u);
  held.clear();
  EXPECT_EQ(all.shrink(lastout::no_limit), 200u) << "idle now";
  EXPECT_EQ(all.shrink(0), 0u);
}

TEST_F(cache_room_test, evict_if_evicts_each_idle_one_for_which_it_is_true) {
  things all({.idle_charge_max = 1000, .on_evict = notes()});
  const external<thing> held = put_in(all, 0);
  for (std::size_t n = 1; n < 6; ++n) (void)put_in(all, n, n);
  const std::uint64_t freed =
      all.evict_if([](const thing& t) { return t.number % 2 == 0; });  // 2, 4; 0 is in use
  EXPECT_EQ(freed, 6u);
  EXPECT_EQ(all.get(0), held);
  for (std::uint64_t n = 1; n < 6; ++n) EXPECT_EQ(bool(all.get(n)), n % 2 == 1);
  const std::string who = left();
  EXPECT_TRUE(who == "2:shrunk 4:shrunk" || who == "4:shrunk 2:shrunk") << who;
  EXPECT_EQ(all.statistics().evicted(eviction::shrunk), 2u);
}

TEST_F(cache_room_test, evict_if_evicts_who_was_parked_and_is_not_fooled_by_a_look) {
  things all({.idle_charge_max = 3});
  external<thing> parked = put_in(all, 0);
  for (std::uint64_t n = 1; n < 20; ++n) (void)put_in(all, n);
  EXPECT_EQ(all.evict_if([](const thing& t) { return t.number == 0; }), 0u);
  parked.put();
  EXPECT_EQ(all.evict_if([](const thing& t) { return t.number == 0; }), 1u);
  EXPECT_FALSE(all.get(0));
}

TEST_F(cache_room_test, evict_if_evicts_who_was_parked_when_its_use_ends_meanwhile) {
  things all({.idle_charge_max = 3, .on_evict = notes()});
  external<thing> parked = put_in(all, 0);
  for (std::uint64_t n = 1; n < 20; ++n) (void)put_in(all, n);
  (void)left();
  EXPECT_EQ(all.evict_if([&](const thing& t) {
    if (t.number == 0) parked.put();
    return t.number == 0;
  }),
            1u);
  EXPECT_EQ(left(), "0:shrunk");
  EXPECT_FALSE(all.get(0));
  EXPECT_EQ(all.size(), 3u);
}

TEST_F(cache_room_test, evict_if_leaves_who_is_leaving_to_its_holder) {
  things all({.idle_charge_max = 3, .on_evict = notes()});
  external<thing> t = put_in(all, 7);
  t.kill_on_put();
  EXPECT_EQ(all.evict_if([](const thing&) { return true; }), 0u);
  EXPECT_EQ(all.evict_if([&](const thing&) {
    t.put();
    return true;
  }),
            0u)
      << "its last put is the walk's";
  EXPECT_EQ(left(), "7:killed");
}

TEST_F(cache_room_test, a_smaller_budget_evicts_what_is_too_much_and_a_larger_one_is_used) {
  things all({.idle_charge_max = 100, .on_evict = notes()});
  const external<thing> held = put_in(all, 1000);
  for (std::uint64_t n = 0; n < 99; ++n) (void)put_in(all, n);
  EXPECT_EQ(left(), "");
  all.set_budget({.idle = 10, .pinned = lastout::no_limit, .all = lastout::no_limit});
  EXPECT_LE(all.statistics().idle_charge, 10u);
  EXPECT_GE(all.statistics().idle_charge, 9u);
  EXPECT_EQ(all.get(1000), held) << "what is in use stays";
  EXPECT_NE(left(), "");
  all.set_budget({.idle = 50, .pinned = lastout::no_limit, .all = lastout::no_limit});
  for (std::uint64_t n = 0; n < 200; ++n) (void)put_in(all, n);
  EXPECT_LE(all.statistics().idle_charge, 50u);
  EXPECT_GE(all.statistics().idle_charge, 49u);
}

// Found in constant time.

TEST_F(cache_room_test, an_idle_one_is_found_in_constant_time_though_nearly_all_are_in_use) {
  constexpr std::uint64_t pinned = 10'000;
  constexpr std::uint64_t newcomers = 20'000;
  things all({.idle_charge_max = 200, .charge_max = pinned + 100});
  std::vector<external<thing>> held;
  for (std::uint64_t n = 0; n < pinned; ++n) held.push_back(put_in(all, n));
  const std::uint64_t before = all.statistics().visits;
  for (std::uint64_t n = 0; n < newcomers; ++n) (void)put_in(all, pinned + n);
  EXPECT_LE(all.statistics().visits - before, 2 * newcomers + pinned);
  EXPECT_EQ(all.statistics().pinned_entries, pinned);
  EXPECT_LE(all.statistics().idle_entries, 100u);
}

TEST_F(cache_room_test, a_newcomer_is_let_in_after_a_bounded_number_of_looks_though_all_are_used) {
  constexpr std::uint64_t room = 2000;
  things all({.idle_charge_max = room});
  for (std::uint64_t n = 0; n < room; ++n) (void)put_in(all, n);
  std::uint64_t most = 0;
  for (std::uint64_t round = 0; round < 300; ++round) {
    for (std::uint64_t n = 0; n < room + round; ++n) (void)all.get(n);
    for (int i = 0; i < 4; ++i) (void)all.get(room + round);
    const std::uint64_t before = all.statistics().visits;
    (void)put_in(all, room + round + 1);
    most = std::max(most, all.statistics().visits - before);
  }
  EXPECT_LE(most, 33u);
  EXPECT_GT(most, 1u);
}

}  // namespace
