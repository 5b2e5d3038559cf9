// registry_test.cpp - a name leads to its live object, or to none.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <lastout/kref.hpp>
#include <lastout/registry.hpp>

#include "core/violations_seen.hpp"

namespace {

using lastout::external;
using lastout::in_slab;
using lastout::kref;
using lastout::make;
using lastout::registry;

/// A few names fill a segment, so that splits and merges happen all the time.
struct tiny {
  static constexpr std::uint32_t slots = 16;
  static constexpr std::uint32_t segments_max = 1u << 14;
  static constexpr std::uint32_t grow_at = 11;
  static constexpr std::uint32_t shrink_at = 6;
};

template <class Shape>
struct world {
  struct session;
  static std::uint64_t number_of(const session& s) noexcept { return s.id; }
  using sessions = registry<std::uint64_t, session, &number_of, lastout::key_hash<std::uint64_t>,
                            std::equal_to<>, Shape>;

  struct session : kref<session>, in_slab<session> {
    session(sessions& in, std::uint64_t number) : home(in), id(number) { ++alive; }
    ~session() { --alive; }
    void release() noexcept {
      if (before_leaving) std::exchange(before_leaving, nullptr)(*this);
      home.leave(*this);
      delete this;
    }
    sessions& home;
    const std::uint64_t id;
    static inline std::atomic<int> alive = 0;
    static inline std::function<void(session&)> before_leaving;
  };
};

template <class Shape>
class registry_test : public testing::Test {
 protected:
  using session = typename world<Shape>::session;
  ~registry_test() override { EXPECT_EQ(session::alive, 0); }

  external<session> add(std::uint64_t id) { return all.insert(make<session>(all, id)); }

  typename world<Shape>::sessions all;
  violations_seen seen;
};
using shapes = testing::Types<lastout::table_shape, tiny>;
TYPED_TEST_SUITE(registry_test, shapes);

TYPED_TEST(registry_test, what_was_inserted_is_found_until_its_last_put) {
  auto s = this->add(7);
  ASSERT_TRUE(s);
  EXPECT_EQ(this->all.size(), 1u);
  auto found = this->all.find(7);
  EXPECT_EQ(found, s);
  EXPECT_EQ(s->references(), 2u) << "the registry has none";
  EXPECT_FALSE(this->all.find(8));
  found.put();
  s.put();
  EXPECT_FALSE(this->all.find(7));
  EXPECT_EQ(this->all.size(), 0u);
}

TYPED_TEST(registry_test, insert_answers_the_one_that_is_there) {
  const auto first = this->add(7);
  const auto second = this->add(7);
  EXPECT_EQ(second, first);
  EXPECT_EQ(this->all.size(), 1u);
  EXPECT_EQ(TestFixture::session::alive, 1);
}

TYPED_TEST(registry_test, an_erased_object_lives_on_for_its_holders) {
  auto s = this->add(7);
  EXPECT_EQ(this->all.erase(7), s);
  EXPECT_FALSE(this->all.find(7));
  EXPECT_FALSE(this->all.erase(7));
  const auto next = this->add(7);
  EXPECT_NE(next, s);
  s.put();  // leaves, and takes nothing of its successor's along
  EXPECT_EQ(this->all.find(7), next);
}

// Rule 35: a name whose holder is dying is free, and who creates it again never meets the dying
// one.
TYPED_TEST(registry_test, a_dying_holder_of_a_name_is_not_in_its_creators_way) {
  external<typename TestFixture::session> twin;
  TestFixture::session::before_leaving = [&](auto& dying) {
    EXPECT_TRUE(dying.dead());
    EXPECT_FALSE(this->all.find(7));
    EXPECT_FALSE(this->all.erase(7));
    twin = this->add(7);
    ASSERT_TRUE(twin);
    EXPECT_NE(twin.address(), &dying);
    EXPECT_EQ(this->all.find(7), twin);
    EXPECT_EQ(this->add(7), twin) << "there is one again";
  };
  this->add(7).put();
  TestFixture::session::before_leaving = nullptr;
  EXPECT_EQ(this->all.find(7), twin) << "the dying one took only itself along";
  EXPECT_EQ(this->all.size(), 1u);
}

TYPED_TEST(registry_test, many_names_come_and_go_as_in_a_map) {
  using object = typename TestFixture::session;
  std::map<std::uint64_t, external<object>> model;
  std::mt19937_64 random(1);
  const std::uint64_t names = 3000;
  for (int i = 0; i < 60'000; ++i) {
    const std::uint64_t id = random() % names;
    // Waves: mostly inserting, then mostly erasing, so that it grows and shrinks.
    const bool growing = i / 10'000 % 2 == 0;
    if (random() % 10 < (growing ? 6u : 2u)) {
      auto s = this->add(id);
      ASSERT_TRUE(s);
      const auto [at, fresh] = model.emplace(id, s);
      ASSERT_EQ(at->second, s);
    } else if (random() % 2 == 0) {
      model.erase(id);  // the last put
    } else {
      const auto erased = this->all.erase(id);
      const auto at = model.find(id);
      ASSERT_EQ(erased.address(), at == model.end() ? nullptr : at->second.address());
      model.erase(id);
    }
    const std::uint64_t other = random() % names;
    const auto found = this->all.find(other);
    const auto at = model.find(other);
    ASSERT_EQ(found.address(), at == model.end() ? nullptr : at->second.address()) << i;
    if (i % 1000 == 0) {
      ASSERT_EQ(this->all.size(), model.size());
    }
  }
  std::set<const object*> met;
  this->all.for_each([&](external<object> each) {
    EXPECT_TRUE(met.insert(each.address()).second) << "twice: " << each->id;
    EXPECT_EQ(each, model.at(each->id));
  });
  EXPECT_EQ(met.size(), model.size());
}

TYPED_TEST(registry_test, find_many_is_find_for_each) {
  using object = typename TestFixture::session;
  std::vector<external<object>> kept;
  for (std::uint64_t id = 0; id < 1000; ++id) kept.push_back(this->add(id));
  for (const std::size_t n : {0u, 1u, 15u, 16u, 17u, 100u}) {
    const auto name_of = [](std::size_t i) { return i * 37 % 1500; };
    std::vector<std::uint64_t> names;
    for (std::size_t i = 0; i < n; ++i) names.push_back(name_of(i));
    std::vector<external<object>> out(n);
    this->all.find_many(names, out);
    for (std::size_t i = 0; i < n; ++i) {
      EXPECT_EQ(out[i].address(), name_of(i) < 1000 ? kept[name_of(i)].address() : nullptr);
    }
  }
}

TYPED_TEST(registry_test, what_is_left_of_a_large_table_is_small) {
  using object = typename TestFixture::session;
  const std::size_t before = this->all.bytes();
  std::size_t large = 0;
  for (int round = 0; round < 3; ++round) {
    std::vector<external<object>> kept;
    for (std::uint64_t id = 0; id < 20'000; ++id) kept.push_back(this->add(id));
    if (round == 0) large = this->all.bytes();
    EXPECT_LE(this->all.bytes(), large + large / 4) << "used again";
  }
  EXPECT_GT(large, before);
  EXPECT_EQ(this->all.size(), 0u);
}

TYPED_TEST(registry_test, a_walk_meets_who_stays_once_whatever_comes_and_goes) {
  using object = typename TestFixture::session;
  std::vector<external<object>> kept;
  for (std::uint64_t id = 0; id < 2000; ++id) kept.push_back(this->add(id));
  std::atomic<bool> stop = false;
  std::thread churn([&] {
    std::mt19937_64 random(1);
    while (!stop) {
      std::vector<external<object>> passing;
      for (int i = 0; i < 3000; ++i) passing.push_back(this->add(10'000 + random() % 100'000));
    }
  });
  for (int round = 0; round < 20; ++round) {
    std::set<std::uint64_t> met;
    this->all.for_each([&](external<object> each) {
      if (each->id < 2000) {
        EXPECT_TRUE(met.insert(each->id).second) << "twice";
      }
    });
    EXPECT_EQ(met.size(), kept.size());
  }
  stop = true;
  churn.join();
}

TYPED_TEST(registry_test, one_creator_for_each_name_and_the_others_get_what_it_makes) {
  using object = typename TestFixture::session;
  for (int round = 0; round < 100; ++round) {
    std::atomic<int> created = 0;
    std::array<external<object>, 4> got;
    std::vector<std::thread> threads;
    for (external<object>& mine : got) {
      threads.emplace_back([&] {
        mine = this->all.get_or_create(7, [&] {
          ++created;
          std::this_thread::yield();
          return make<object>(this->all, 7u);
        });
      });
    }
    for (std::thread& each : threads) each.join();
    EXPECT_EQ(created, 1);
    for (const external<object>& each : got) EXPECT_EQ(each, got[0]);
    EXPECT_TRUE(got[0]);
  }
}

// Sixteen creations, one within the other, and one of somebody else's who came first and leaves
// first: whoever asks meanwhile waits for the right one.
TYPED_TEST(registry_test, many_names_are_created_at_once) {
  using object = typename TestFixture::session;
  std::promise<void> first_is_in, all_are_in, first_has_left;
  std::atomic<int> made = 0;
  const auto maker = [&](std::uint64_t id) {
    ++made;
    return make<object>(this->all, id);
  };
  std::vector<external<object>> kept(18);
  std::thread first([&] {
    kept[17] = this->all.get_or_create(17, [&] {
      first_is_in.set_value();
      all_are_in.get_future().wait();
      return maker(17);
    });
    first_has_left.set_value();
  });
  first_is_in.get_future().wait();
  std::vector<std::thread> ask;
  std::vector<external<object>> asked(17);
  std::function<external<object>(std::size_t)> create = [&](std::size_t id) {
    if (id == 16) {
      for (std::size_t n = 0; n < 17; ++n)
        ask.emplace_back(
            [&, n] { asked[n] = this->all.get_or_create(n, [&] { return maker(n); }); });
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      all_are_in.set_value();
      first_has_left.get_future().wait();
    } else {
      kept[id + 1] = this->all.get_or_create(id + 1, [&] { return create(id + 1); });
    }
    return maker(id);
  };
  kept[0] = this->all.get_or_create(0, [&] { return create(0); });
  for (std::thread& each : ask) each.join();
  first.join();
  EXPECT_EQ(made, 18);
  for (std::size_t n = 0; n < 18; ++n) {
    EXPECT_EQ(this->all.find(n), kept[n]) << n;
    if (n < 17) {
      EXPECT_EQ(asked[n], kept[n]) << n;
    }
  }
}

TYPED_TEST(registry_test, a_creator_that_fails_leaves_no_trace) {
  using object = typename TestFixture::session;
  EXPECT_FALSE(this->all.get_or_create(7, [] { return external<object>(); }));
  EXPECT_THROW((void)this->all.get_or_create(
                   7, []() -> external<object> { throw std::runtime_error("no"); }),
               std::runtime_error);
  EXPECT_EQ(this->all.size(), 0u);
  EXPECT_TRUE(this->all.get_or_create(7, [&] { return make<object>(this->all, 7u); }));
}

TYPED_TEST(registry_test, who_waits_takes_the_creators_failure) {
  using object = typename TestFixture::session;
  std::atomic<bool> creating = false;
  std::atomic<bool> fail = false;
  std::thread creator([&] {
    EXPECT_THROW((void)this->all.get_or_create(7,
                                               [&]() -> external<object> {
                                                 creating = true;
                                                 while (!fail) std::this_thread::yield();
                                                 throw std::runtime_error("no");
                                               }),
                 std::runtime_error);
  });
  while (!creating) std::this_thread::yield();
  std::atomic<bool> created = false;
  std::thread waiter([&] {
    EXPECT_FALSE(this->all.get_or_create(7, [&] {
      created = true;
      return external<object>();
    }));
  });
  // The waiter may come too late to wait; then it creates, and says so.
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  fail = true;
  creator.join();
  waiter.join();
}

TYPED_TEST(registry_test, misuse_a_creator_that_asks_for_its_own_name_is_reported) {
  using object = typename TestFixture::session;
  const auto made = this->all.get_or_create(7, [&] {
    EXPECT_FALSE(this->all.get_or_create(7, [&] { return make<object>(this->all, 7u); }));
    return make<object>(this->all, 7u);
  });
  EXPECT_TRUE(made);
  EXPECT_EQ(this->seen.take(), "creates_within_itself");
}

// Text: found by whatever is text, and nothing is copied for it.
struct user;
const std::string& name_of(const user& u) noexcept;
using users = registry<std::string, user, &name_of>;
struct user : kref<user>, in_slab<user> {
  user(users& in, std::string_view text) : home(in), name(text) {}
  void release() noexcept {
    home.leave(*this);
    delete this;
  }
  users& home;
  const std::string name;
};
const std::string& name_of(const user& u) noexcept { return u.name; }

TEST(registry_of_text_test, a_view_finds_what_a_string_names) {
  users all;
  const auto ann = all.insert(make<user>(all, "ann"));
  EXPECT_EQ(all.find(std::string_view("ann")), ann);
  EXPECT_EQ(all.find("ann"), ann);
  EXPECT_EQ(all.find(std::string("ann")), ann);
  EXPECT_FALSE(all.find("bob"));
  const auto bob =
      all.get_or_create(std::string_view("bob"), [&] { return make<user>(all, "bob"); });
  EXPECT_EQ(bob->name, "bob");
}

// A hash that tells nothing: the names still find their objects, and what does not fit is refused.
struct constant {
  std::size_t operator()(std::uint64_t) const noexcept { return 1; }
};
struct crowded;
std::uint64_t crowded_id(const crowded& c) noexcept;
using crowd =
    registry<std::uint64_t, crowded, &crowded_id, constant, std::equal_to<>, lastout::table_shape>;
struct crowded : kref<crowded>, in_slab<crowded> {
  crowded(crowd& in, std::uint64_t number) : home(in), id(number) {}
  void release() noexcept {
    home.leave(*this);
    delete this;
  }
  crowd& home;
  const std::uint64_t id;
};
std::uint64_t crowded_id(const crowded& c) noexcept { return c.id; }

TEST(registry_of_one_hash_test, names_that_hash_alike_are_told_apart_and_too_many_are_refused) {
  crowd all;
  std::vector<external<crowded>> kept;
  for (std::uint64_t id = 0; id < 2000; ++id) {
    auto c = all.insert(make<crowded>(all, id));
    if (!c) break;
    kept.push_back(std::move(c));
  }
  EXPECT_EQ(kept.size(), 255u) << "as docs/limits.md says";
  for (const auto& each : kept) EXPECT_EQ(all.find(each->id), each);
  kept.clear();
  EXPECT_EQ(all.size(), 0u);
}

TYPED_TEST(registry_test, leave_says_whether_the_object_was_in) {
  const auto object = this->add(7);
  EXPECT_TRUE(this->all.leave(*object));
  EXPECT_FALSE(this->all.find(7));
  EXPECT_FALSE(this->all.leave(*object)) << "it has left";
}

// An object in two registries of one type of object, by one key, is not found in the wrong one.
TEST(registry_pair_test, a_registry_finds_its_own_objects_only) {
  users left;
  users right;
  const auto l = left.insert(make<user>(left, "ann"));
  const auto r = right.insert(make<user>(right, "ann"));
  EXPECT_EQ(left.find("ann"), l);
  EXPECT_EQ(right.find("ann"), r);
}

}  // namespace
