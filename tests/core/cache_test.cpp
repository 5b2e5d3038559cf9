// cache_test.cpp - a name leads to one object, which outlives its users until its room is wanted.

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <lastout/cache.hpp>

#include "core/cached_thing.hpp"

namespace {

using lastout::at_limit;
using lastout::cache_statistics;
using lastout::cached;
using lastout::eviction;
using lastout::external;
using lastout::make;
using namespace std::chrono_literals;

template <class Shape>
class cache_test : public things_test {
 protected:
  using cache = things_in<Shape>;
  cache all{{.idle_charge_max = 1000, .absent_max = 100}};
};
using shapes = testing::Types<lastout::table_shape, tiny_table>;
TYPED_TEST_SUITE(cache_test, shapes);

// Finding.

TYPED_TEST(cache_test, what_was_put_in_is_found_when_nobody_uses_it_any_more) {
  external<thing> t = put_in(this->all, 7);
  ASSERT_TRUE(t);
  EXPECT_EQ(this->all.get(7), t);
  EXPECT_FALSE(this->all.get(8));
  const thing* const place = t.address();
  t.put();
  EXPECT_EQ(this->all.get(7), place);
  EXPECT_EQ(this->all.size(), 1u);
}

TYPED_TEST(cache_test, only_those_who_use_it_are_counted_as_its_references) {
  external<thing> t = put_in(this->all, 7);
  EXPECT_EQ(t->references(), 1u);
  const external<thing> again = this->all.get(7);
  EXPECT_EQ(t->references(), 2u);
  t.put();
  EXPECT_EQ(again->references(), 1u);
}

TYPED_TEST(cache_test, insert_answers_the_one_that_is_there) {
  const external<thing> first = put_in(this->all, 7);
  EXPECT_EQ(put_in(this->all, 7), first);
  EXPECT_EQ(thing::alive, 1);
  EXPECT_EQ(this->all.size(), 1u);
}

TYPED_TEST(cache_test, get_many_is_get_for_each) {
  for (std::uint64_t n = 0; n < 500; ++n) (void)put_in(this->all, n);
  for (const std::size_t n : {0u, 1u, 15u, 16u, 17u, 100u}) {
    std::vector<std::uint64_t> names;
    for (std::size_t i = 0; i < n; ++i) names.push_back(i * 37 % 700);
    std::vector<external<thing>> out(n);
    if (n != 0) out[0] = put_in(this->all, 3);  // what was there is put
    this->all.get_many(names, out);
    for (std::size_t i = 0; i < n; ++i) {
      ASSERT_EQ(bool(out[i]), names[i] < 500);
      if (out[i]) {
        ASSERT_EQ(out[i]->number, names[i]);
      }
    }
    out.clear();
    this->all.for_each([](external<thing> each) { ASSERT_EQ(each->references(), 1u); });
  }
}

TYPED_TEST(cache_test, for_each_meets_each_once_and_may_use_the_cache) {
  for (std::uint64_t n = 0; n < 300; ++n) (void)put_in(this->all, n);
  std::set<std::uint64_t> met;
  this->all.for_each([&](external<thing> each) {
    EXPECT_TRUE(met.insert(each->number).second);
    EXPECT_EQ(this->all.get(each->number), each);
    const bool even = each->number % 2 == 0;
    EXPECT_EQ(even && this->all.erase(each->number), even);
  });
  EXPECT_EQ(met.size(), 300u);
  EXPECT_EQ(this->all.size(), 150u);
}

// Leaving.

TYPED_TEST(cache_test, what_is_erased_is_freed_at_once_when_nobody_has_it) {
  (void)put_in(this->all, 7);
  EXPECT_TRUE(this->all.erase(std::uint64_t{7}));
  EXPECT_EQ(thing::alive, 0);
  EXPECT_FALSE(this->all.get(7));
  EXPECT_FALSE(this->all.erase(std::uint64_t{7}));
}

TYPED_TEST(cache_test, what_is_erased_lives_on_for_who_has_it_and_its_name_is_free) {
  external<thing> t = put_in(this->all, 7);
  EXPECT_TRUE(this->all.erase(std::uint64_t{7}));
  EXPECT_FALSE(this->all.get(7));
  EXPECT_EQ(t->references(), 1u) << "the cache has none any more";
  const external<thing> next = put_in(this->all, 7);
  EXPECT_NE(next, t);
  t.put();
  EXPECT_EQ(thing::alive, 1);
  EXPECT_EQ(this->all.get(7), next) << "it took nothing of its successor's along";
}

TYPED_TEST(cache_test, a_very_object_is_erased_and_not_its_successor) {
  const external<thing> old = put_in(this->all, 7);
  const external<thing> next = this->all.replace(make<thing>(7u));
  EXPECT_FALSE(this->all.erase(*old));
  EXPECT_EQ(this->all.get(7), next);
  EXPECT_TRUE(this->all.erase(*next));
  EXPECT_FALSE(this->all.get(7));
}

TYPED_TEST(cache_test, replace_puts_the_new_one_in_whatever_was_there) {
  external<thing> first = this->all.replace(make<thing>(7u));
  ASSERT_TRUE(first);
  EXPECT_EQ(this->all.get(7), first) << "nothing was there";
  const external<thing> second = this->all.replace(make<thing>(7u));
  EXPECT_NE(second, first);
  EXPECT_EQ(this->all.get(7), second);
  EXPECT_EQ(first->references(), 1u) << "lives on for its holder";
  first.put();
  EXPECT_EQ(thing::alive, 1);
  EXPECT_EQ(this->all.size(), 1u);
}

TYPED_TEST(cache_test, who_says_kill_decides_for_all_holders) {
  external<thing> t = put_in(this->all, 7);
  external<thing> other = t;
  t.kill_on_put();
  t.put();
  EXPECT_EQ(this->all.get(7), other) << "found as long as somebody has it";
  other.put();
  EXPECT_EQ(thing::alive, 0);
  EXPECT_FALSE(this->all.get(7));
  EXPECT_EQ(this->all.size(), 0u);
}

TYPED_TEST(cache_test, kill_and_erase_may_come_in_either_order_and_twice) {
  external<thing> t = put_in(this->all, 7);
  t.kill_on_put();
  t.kill_on_put();
  EXPECT_TRUE(this->all.erase(std::uint64_t{7}));
  t.put();
  EXPECT_EQ(thing::alive, 0);
  t = put_in(this->all, 7);
  EXPECT_TRUE(this->all.erase(*t));
  EXPECT_FALSE(this->all.erase(*t));
  t.kill_on_put();
  t.put();
  EXPECT_EQ(thing::alive, 0);
}

TYPED_TEST(cache_test, references_outlive_the_cache) {
  using other_cache = typename TestFixture::cache;
  external<thing> used;
  external<thing> parked;
  {
    other_cache gone({.idle_charge_max = 2});
    used = put_in(gone, 1);
    parked = put_in(gone, 2);
    for (std::uint64_t n = 3; n < 20; ++n) (void)put_in(gone, n);
    EXPECT_EQ(gone.get(2), parked);
  }
  EXPECT_EQ(thing::alive, 2);
  EXPECT_EQ(used->references(), 1u);
  EXPECT_EQ(used->number, 1u);
  external<thing> copy = used;
  copy.kill_on_put();  // nobody keeps it anyway
  copy.put();
  used.put();
  parked.put();
}

// Creating.

TYPED_TEST(cache_test, what_is_missing_is_created_and_what_is_there_is_not) {
  int created = 0;
  const auto create = [&created] {
    ++created;
    return make<thing>(7u);
  };
  external<thing> t = this->all.get_or_create(7, create);
  ASSERT_TRUE(t);
  EXPECT_EQ(this->all.get_or_create(7, create), t);
  t.put();
  EXPECT_TRUE(this->all.get_or_create(7, create));
  EXPECT_EQ(created, 1);
}

TYPED_TEST(cache_test, one_creator_for_each_name_and_the_others_get_what_it_makes) {
  for (std::uint64_t round = 0; round < 50; ++round) {
    std::atomic<int> created = 0;
    std::array<external<thing>, 4> got;
    std::vector<std::thread> threads;
    for (external<thing>& mine : got) {
      threads.emplace_back([&] {
        mine = this->all.get_or_create(round, [&] {
          ++created;
          std::this_thread::yield();
          return make<thing>(round);
        });
      });
    }
    for (std::thread& each : threads) each.join();
    EXPECT_EQ(created, 1);
    for (const external<thing>& each : got) EXPECT_EQ(each, got[0]);
    EXPECT_TRUE(got[0]);
  }
}

TYPED_TEST(cache_test, a_creator_that_fails_leaves_no_trace) {
  EXPECT_FALSE(this->all.get_or_create(7, makes_none));
  EXPECT_THROW(
      (void)this->all.get_or_create(7, []() -> external<thing> { throw std::runtime_error("no"); }),
      std::runtime_error);
  EXPECT_EQ(this->all.size(), 0u);
  EXPECT_FALSE(this->all.absent(7));
  const cache_statistics s = this->all.statistics();
  EXPECT_EQ(s.inserts, 0u);
  EXPECT_EQ(s.idle_entries + s.pinned_entries, 0u);
  EXPECT_TRUE(this->all.get_or_create(7, maker_of(7)));
}

TYPED_TEST(cache_test, who_waits_takes_the_creators_failure) {
  std::atomic<bool> creating = false;
  std::atomic<bool> fail = false;
  std::thread creator([&] {
    EXPECT_FALSE(this->all.get_or_create(7, [&] {
      creating = true;
      while (!fail) std::this_thread::yield();
      return external<thing>();
    }));
  });
  while (!creating) std::this_thread::yield();
  // The waiter may come too late to wait; then it creates, and fails itself.
  std::thread waiter([&] { EXPECT_FALSE(this->all.get_or_create(7, makes_none)); });
  std::this_thread::sleep_for(10ms);
  fail = true;
  creator.join();
  waiter.join();
}

TYPED_TEST(cache_test, what_somebody_puts_in_during_a_creation_stays) {
  external<thing> other;
  const external<thing> got = this->all.get_or_create(7, [&] {
    other = put_in(this->all, 7);
    return make<thing>(7u);
  });
  EXPECT_EQ(got, other);
  EXPECT_EQ(thing::alive, 1);
}

TYPED_TEST(cache_test, a_creator_may_create_other_names) {
  const external<thing> outer = this->all.get_or_create(1, [&] {
    EXPECT_TRUE(this->all.get_or_create(2, maker_of(2)));
    return make<thing>(1u);
  });
  EXPECT_TRUE(outer);
  EXPECT_EQ(this->all.size(), 2u);
}

TYPED_TEST(cache_test, misuse_a_creator_that_asks_for_its_own_name_is_reported) {
  const external<thing> made = this->all.get_or_create(7, [&] {
    EXPECT_FALSE(this->all.get_or_create(7, maker_of(7)));
    return make<thing>(7u);
  });
  EXPECT_TRUE(made);
  EXPECT_EQ(this->seen.take(), "creates_within_itself");
}

TYPED_TEST(cache_test, misuse_an_object_enters_one_cache_once) {
  using other_cache = typename TestFixture::cache;
  const external<thing> t = put_in(this->all, 7);
  EXPECT_FALSE(this->all.insert(t));
  EXPECT_EQ(this->seen.take(), "cached_twice");
  EXPECT_FALSE(this->all.replace(t));
  EXPECT_EQ(this->seen.take(), "cached_twice");
  other_cache other({.idle_charge_max = 10});
  EXPECT_FALSE(other.insert(t));
  EXPECT_EQ(this->seen.take(), "cached_twice");
  EXPECT_EQ(this->all.get(7), t) << "nothing has changed";
  EXPECT_EQ(t->references(), 1u);
  EXPECT_EQ(other.size(), 0u);
}

TYPED_TEST(cache_test, one_that_found_its_name_taken_may_enter_later) {
  external<thing> second = make<thing>(7u);
  {
    const external<thing> first = put_in(this->all, 7);
    EXPECT_EQ(this->all.insert(second), first);
    EXPECT_TRUE(this->all.erase(*first));
  }
  EXPECT_EQ(this->all.insert(second), second);
  EXPECT_EQ(this->all.statistics().pinned_charge, second->weight) << "weighed once";
  second.put();
  EXPECT_TRUE(this->all.get(7)) << "kept";
}

TEST_F(things_test, who_waits_for_room_waits_a_second_unless_told_otherwise) {
  EXPECT_EQ(things::options().wait_max, 1s);
}

// Renaming.

/// So few segments that the table is soon full.
struct one_segment : tiny_table {
  static constexpr std::uint32_t segments_max = 1;
};
TEST_F(things_test, one_that_the_table_has_no_room_for_may_enter_later) {
  things_in<one_segment> all({.idle_charge_max = 100});
  std::uint64_t n = 0;
  while (put_in(all, n)) ++n;
  EXPECT_EQ(n, 15u) << "one slot stays empty";
  external<thing> t = make<thing>(n);
  EXPECT_FALSE(all.insert(t));
  EXPECT_FALSE(all.replace(t));
  EXPECT_TRUE(all.erase(std::uint64_t{0}));
  EXPECT_EQ(all.insert(t), t);
  EXPECT_EQ(all.size(), 15u);
  t.put();
  EXPECT_TRUE(all.get(n)) << "kept";
}

TYPED_TEST(cache_test, a_renamed_object_is_found_by_its_new_name_only) {
  external<thing> t = put_in(this->all, 7);
  EXPECT_TRUE(this->all.rename(*t, [&] {
    EXPECT_FALSE(this->all.get(7)) << "meanwhile nobody finds it";
    t->number = 8;
  }));
  EXPECT_FALSE(this->all.get(7));
  EXPECT_EQ(this->all.get(8), t);
  EXPECT_EQ(t->references(), 1u);
  t.put();
  EXPECT_TRUE(this->all.get(8)) << "kept";
  const cache_statistics s = this->all.statistics();
  EXPECT_EQ(s.inserts, 1u);
  EXPECT_EQ(s.idle_entries, 1u);
}

TYPED_TEST(cache_test, a_renamed_object_whose_new_name_is_taken_is_out) {
  const external<thing> there = put_in(this->all, 8);
  external<thing> t = put_in(this->all, 7);
  EXPECT_FALSE(this->all.rename(*t, [&] { t->number = 8; }));
  EXPECT_EQ(this->all.get(8), there);
  EXPECT_FALSE(this->all.get(7));
  EXPECT_EQ(t->references(), 1u);
  EXPECT_EQ(this->all.statistics().evicted(eviction::replaced), 1u);
  t.put();
  EXPECT_EQ(thing::alive, 1);
}

TYPED_TEST(cache_test, what_is_not_in_is_not_renamed) {
  const external<thing> t = put_in(this->all, 7);
  this->all.erase(*t);
  bool changed = false;
  EXPECT_FALSE(this->all.rename(*t, [&] { changed = true; }));
  EXPECT_FALSE(changed);
}

TYPED_TEST(cache_test, what_never_was_in_is_not_renamed) {
  const external<thing> t = make<thing>(7u);
  EXPECT_FALSE(this->all.rename(*t, [] { ADD_FAILURE() << "asked"; }));
  typename TestFixture::cache other({.idle_charge_max = 10});
  const external<thing> theirs = put_in(other, 7);
  EXPECT_FALSE(this->all.rename(*theirs, [] { ADD_FAILURE() << "asked"; }));
}

TYPED_TEST(cache_test, a_change_of_name_that_throws_leaks_nothing) {
  using other_cache = typename TestFixture::cache;
  {
    other_cache gone({.idle_charge_max = 10});
    const external<thing> t = put_in(gone, 7);
    EXPECT_THROW(gone.rename(*t, [] { throw std::runtime_error("no"); }), std::runtime_error);
  }
  EXPECT_EQ(thing::alive, 0);
}

// Negative entries.

TYPED_TEST(cache_test, an_empty_answer_is_remembered_for_as_long_as_was_asked) {
  EXPECT_FALSE(this->all.get_or_create(7, makes_none, 1h));
  EXPECT_TRUE(this->all.absent(7));
  bool asked = false;
  EXPECT_FALSE(this->all.get_or_create(7, [&] {
    asked = true;
    return make<thing>(7u);
  }));
  EXPECT_FALSE(asked);
  const cache_statistics s = this->all.statistics();
  EXPECT_EQ(s.absent_entries, 1u);
  EXPECT_EQ(s.absent_hits, 1u);
  EXPECT_EQ(s.misses, 2u);
}

TYPED_TEST(cache_test, an_empty_answer_is_not_remembered_unless_that_is_asked) {
  EXPECT_FALSE(this->all.get_or_create(7, makes_none));
  EXPECT_EQ(this->all.statistics().absent_entries, 0u);
  EXPECT_FALSE(this->all.absent(7));
  EXPECT_FALSE(this->all.get_or_create(8, makes_none, 1ns)) << "as short as may be";
  EXPECT_EQ(this->all.statistics().absent_entries, 1u);
  EXPECT_TRUE(this->all.get_or_create(7, maker_of(7)));
}

TYPED_TEST(cache_test, a_name_is_not_absent_any_more_once_an_object_is_renamed_to_it) {
  const external<thing> t = put_in(this->all, 7);
  ASSERT_TRUE(this->all.note_absent(8, 1h));
  EXPECT_TRUE(this->all.rename(*t, [&] { t->number = 8; }));
  EXPECT_FALSE(this->all.absent(8));
  EXPECT_EQ(this->all.statistics().absent_entries, 0u);
}

TYPED_TEST(cache_test, a_negative_entry_ends_with_its_lifetime) {
  EXPECT_TRUE(this->all.note_absent(7, 1ms));
  EXPECT_EQ(this->all.statistics().absent_entries, 1u);
  std::this_thread::sleep_for(3ms);
  EXPECT_FALSE(this->all.absent(7));
  EXPECT_EQ(this->all.statistics().absent_entries, 0u) << "who asks forgets it";
  EXPECT_TRUE(this->all.get_or_create(7, maker_of(7)));
}

TYPED_TEST(cache_test, a_negative_entry_may_last_for_ever) {
  EXPECT_TRUE(this->all.note_absent(7, std::chrono::nanoseconds::max()));
  EXPECT_TRUE(this->all.absent(7));
}

TYPED_TEST(cache_test, a_negative_entry_is_forgotten_when_its_name_is_put_in_or_erased) {
  EXPECT_TRUE(this->all.note_absent(7, 1h));
  const external<thing> t = put_in(this->all, 7);
  EXPECT_FALSE(this->all.absent(7));
  EXPECT_EQ(this->all.get_or_create(7, makes_none), t);
  EXPECT_FALSE(this->all.note_absent(7, 1h)) << "there is one";
  EXPECT_FALSE(this->all.absent(7));
  EXPECT_TRUE(this->all.note_absent(8, 1h));
  EXPECT_FALSE(this->all.erase(std::uint64_t{8}));
  EXPECT_FALSE(this->all.absent(8));
  EXPECT_TRUE(this->all.note_absent(9, 1h));
  (void)this->all.replace(make<thing>(9u));
  EXPECT_FALSE(this->all.absent(9));
}

// A table has no room for names that all hash alike; nor has that of the negative entries.
struct all_alike {
  std::size_t operator()(std::uint64_t) const noexcept { return 0; }
};
class cache_of_one_hash_test : public things_test {};

TEST_F(cache_of_one_hash_test, what_there_is_no_room_to_note_is_not_said_to_be_noted) {
  lastout::cache<std::uint64_t, thing, &thing::number, all_alike, std::equal_to<>, tiny_table> all(
      {.idle_charge_max = 10, .absent_max = 1000});
  std::uint64_t n = 0;
  while (n < 100 && all.note_absent(n, 1h)) ++n;
  EXPECT_EQ(all.statistics().absent_entries, n);
  EXPECT_LT(n, 100u);
  EXPECT_TRUE(all.absent(n - 1));
  EXPECT_FALSE(all.absent(n));
}

TYPED_TEST(cache_test, no_more_negative_entries_are_kept_than_are_asked_for) {
  for (std::uint64_t n = 0; n < 1000; ++n) EXPECT_TRUE(this->all.note_absent(n, 1h));
  const std::uint64_t kept = this->all.statistics().absent_entries;
  EXPECT_LE(kept, 100u);
  EXPECT_GT(kept, 50u);
  typename TestFixture::cache none({.idle_charge_max = 10});
  EXPECT_FALSE(none.note_absent(7, 1h));
  EXPECT_FALSE(none.get_or_create(7, makes_none, 1h));
  EXPECT_FALSE(none.absent(7));
}

// All of it, against a map.

TYPED_TEST(cache_test, names_come_and_go_as_in_a_map_that_nobody_is_evicted_from) {
  std::map<std::uint64_t, const thing*> model;
  std::mt19937_64 random(1);
  const std::uint64_t names = 900;  // fewer than there is room for
  for (int i = 0; i < 30'000; ++i) {
    const std::uint64_t name = random() % names;
    const auto at = model.find(name);
    const thing* const holds = at == model.end() ? nullptr : at->second;
    switch (random() % 7) {
      case 0: {
        const external<thing> t = put_in(this->all, name);
        ASSERT_TRUE(holds == nullptr || t == holds);
        model[name] = t.address();
        break;
      }
      case 1: {
        const external<thing> t = this->all.get_or_create(name, maker_of(name));
        ASSERT_TRUE(holds == nullptr || t == holds);
        model[name] = t.address();
        break;
      }
      case 2: model[name] = this->all.replace(make<thing>(name)).address(); break;
      case 3:
        ASSERT_EQ(this->all.erase(name), holds != nullptr);
        model.erase(name);
        break;
      case 4: {
        external<thing> t = this->all.get(name);
        ASSERT_EQ(t.address(), holds);
        if (!t) break;
        t.kill_on_put();
        model.erase(name);
        break;
      }
      case 5: {
        const std::uint64_t other = random() % names;
        external<thing> t = this->all.get(name);
        if (!t) break;
        const bool free = model.count(other) == 0;
        ASSERT_EQ(this->all.rename(*t, [&] { t->number = other; }), free || other == name);
        model.erase(name);
        if (free || other == name) model[other] = t.address();
        break;
      }
      default: ASSERT_EQ(this->all.get(name).address(), holds);
    }
    ASSERT_EQ(thing::alive, static_cast<int>(model.size())) << i;
  }
  EXPECT_EQ(this->all.size(), model.size());
  std::size_t met = 0;
  this->all.for_each([&](external<thing> each) {
    EXPECT_EQ(each, model.at(each->number));
    ++met;
  });
  EXPECT_EQ(met, model.size());
}

}  // namespace
