// kref_test.cpp - the object dies with its last external reference, and only then.

#include <cstdint>
#include <mutex>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <lastout/internal.hpp>
#include <lastout/kref.hpp>
#include <lastout/local_word.hpp>
#include <lastout/locked_word.hpp>

#include "core/violations_seen.hpp"

namespace {

using lastout::event;
using lastout::external;
using lastout::make;

struct counted_by_default : lastout::kref<counted_by_default> {
  ~counted_by_default() { ++freed; }
  static inline int freed = 0;
};
struct counted_by_lock : lastout::kref<counted_by_lock, lastout::locked_word> {
  ~counted_by_lock() { ++freed; }
  static inline int freed = 0;
};
struct counted_locally : lastout::kref<counted_locally, lastout::local_word> {
  ~counted_locally() { ++freed; }
  static inline int freed = 0;
};

template <class T>
class kref_word_test : public testing::Test {
 protected:
  violations_seen seen;
};
using words = testing::Types<counted_by_default, counted_by_lock, counted_locally>;
TYPED_TEST_SUITE(kref_word_test, words);

TYPED_TEST(kref_word_test, the_last_put_frees_exactly_once) {
  TypeParam::freed = 0;
  external<TypeParam> a = make<TypeParam>();
  external<TypeParam> b = a;
  a.put();
  EXPECT_EQ(TypeParam::freed, 0);
  b.put();
  EXPECT_EQ(TypeParam::freed, 1);
}

class kref_test : public testing::Test {
 protected:
  violations_seen seen;
};

// ---- release() ----

struct kept : lastout::kref<kept> {
  static inline int releases = 0;
  static inline bool was_dead = false;

 private:
  friend struct lastout::reference_access;
  void release() noexcept {  // zero is an event, not a free
    ++releases;
    was_dead = dead();
  }
};

TEST_F(kref_test, release_runs_once_and_may_keep_the_memory) {
  kept object;
  lastout::reference_access::birth(object);
  external<kept> a = external<kept>::adopt(&object);
  external<kept> b = a;
  a.put();
  EXPECT_EQ(kept::releases, 0);
  b.put();
  EXPECT_EQ(kept::releases, 1);
  EXPECT_TRUE(kept::was_dead);
  EXPECT_TRUE(object.dead());
}

TEST_F(kref_test, an_object_that_release_kept_can_be_born_again) {
  kept object;
  kept::releases = 0;
  for (int life = 1; life <= 3; ++life) {
    lastout::reference_access::birth(object);
    external<kept>::adopt(&object).put();
    EXPECT_EQ(kept::releases, life);
  }
}

struct shape : lastout::kref<shape> {
  virtual ~shape() = default;
};
struct square : shape {
  explicit square(int& told) : gone(told) {}
  ~square() override { gone = 1; }
  int& gone;
};

TEST_F(kref_test, a_virtual_destructor_releases_the_whole_object) {
  int gone = 0;
  external<square> s = make<square>(gone);
  external<shape> base = std::move(s);
  base.put();
  EXPECT_EQ(gone, 1);
}

// A second base in front moves the object's address: release gets the whole one.
struct front {
  long filling[3] = {1, 2, 3};
};
struct behind : front, lastout::kref<behind> {
  int canary = 0x5ca1ab1e;
  static inline int freed = 0;
  ~behind() {
    EXPECT_EQ(canary, 0x5ca1ab1e);
    EXPECT_EQ(filling[2], 3);
    ++freed;
  }
};

TEST_F(kref_test, kref_may_stand_behind_another_base) {
  external<behind> b = make<behind>();
  b.put();
  EXPECT_EQ(behind::freed, 1);
}

// ---- observe ----

struct watched : lastout::kref<watched> {
  static void observe(event what, std::uint32_t n) noexcept {
    for (std::uint32_t i = 0; i < n; ++i) events.push_back(what);
  }
  static inline std::vector<event> events;
};

TEST_F(kref_test, a_type_that_observes_is_told_of_each_event) {
  std::mutex lock;
  watched::events.clear();
  {
    external<watched> w = make<watched>();
    const external<watched> copy = w;
    external<watched> two[2];
    external<watched>::get_each(*w, two);
    const lastout::internal<watched> in(*w, lock);
    const std::unique_lock held(lock);
    const auto found = in.get_not_zero(held);
  }
  const std::vector<event> expected{event::born, event::got, event::got,     event::got,
                                    event::got,  event::put, event::put,     event::put,
                                    event::put,  event::put, event::released};
  EXPECT_EQ(watched::events, expected);
}

TEST_F(kref_test, a_refusal_is_an_event) {
  std::mutex lock;
  watched::events.clear();
  watched unborn;
  const std::unique_lock held(lock);
  EXPECT_FALSE((lastout::internal<watched>(unborn, lock).get_not_zero(held)));
  EXPECT_EQ(watched::events, std::vector<event>{event::refused});
}

// ---- misuse ----

struct stays : lastout::kref<stays> {
  void release() noexcept {}
};

TEST_F(kref_test, misuse_a_put_too_many_is_reported_and_releases_nothing) {
  stays object;
  lastout::reference_access::birth(object);
  external<stays>::adopt(&object).put();
  lastout::reference_access::put(object);
  EXPECT_EQ(seen.take(), "put_once_dead");
}

TEST_F(kref_test, misuse_a_get_once_dead_is_reported) {
  stays object;
  lastout::reference_access::birth(object);
  lastout::reference_access::put(object);
  lastout::reference_access::get(object);
  EXPECT_EQ(seen.take(), "get_once_dead");
}

TEST_F(kref_test, misuse_a_birth_of_a_live_is_reported) {
  stays object;
  lastout::reference_access::birth(object);
  const external<stays> holder = external<stays>::adopt(&object);
  lastout::reference_access::birth(object);
  EXPECT_EQ(seen.take(), "birth_of_a_live");
  EXPECT_EQ(object.references(), 1u);
}

TEST_F(kref_test, misuse_destruction_in_use_is_reported_with_the_count) {
  {
    stays object;
    lastout::reference_access::birth(object);
    lastout::reference_access::get(object);
  }
  const auto reports = seen.take_all();
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].what, lastout::violation::destroyed_in_use);
  EXPECT_EQ(reports[0].references, 2u);
  EXPECT_NE(reports[0].type.find("stays"), std::string::npos);
}

TEST_F(kref_test, an_object_that_was_never_born_may_be_destroyed) { stays object; }

static_assert(!std::is_copy_constructible_v<stays>);
static_assert(!std::is_copy_assignable_v<stays>);
static_assert(!std::is_polymorphic_v<stays>);
static_assert(noexcept(lastout::reference_access::put(std::declval<stays&>())));

}  // namespace
