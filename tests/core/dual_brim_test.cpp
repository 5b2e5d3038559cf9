// dual_brim_test.cpp - a dual whose counts are near what they can be, or are misused: its word is
// written as dual.hpp draws it.

#include <chrono>
#include <cstdint>
#include <ctime>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <lastout/dual.hpp>
#include <lastout/internal.hpp>

#include "core/violations_seen.hpp"

// Handles are the style's friends; this one stands in for half a billion of them.
struct handles_of_the_brim;
template <>
class lastout::active<handles_of_the_brim> {
 public:
  template <class Dual>
  static auto& word_of(Dual& object) {
    return object.word_;
  }
};

namespace {

using lastout::active;
using lastout::internal;
using lastout::make_active;
using lastout::passive;
using namespace std::chrono_literals;

constexpr std::uint32_t active_max = 1u << 29;
constexpr std::uint32_t passive_max = 1u << 30;

/// It is never freed by what happens here, and has no say in its end.
struct kept : lastout::dual<kept, lastout::unnamed_holders> {
  void deactivate() noexcept { ++ended; }
  void release() noexcept { ++released; }
  int ended = 0;
  int released = 0;
};

class dual_brim_test : public testing::Test {
 protected:
  dual_brim_test() : made_(*new kept), first_(birth()) {}
  ~dual_brim_test() override {
    set(3, 3);
    first_.put();
    set(0, 0);
    delete &made_;
  }

  kept& it() { return made_; }
  const active<kept>& first() { return first_; }
  /// From now on so many are counted.
  void set(std::uint32_t actives, std::uint32_t passives) {
    active<handles_of_the_brim>::word_of(made_).store(std::uint64_t{actives} << 32 | passives,
                                                      lastout::order::relaxed);
  }
  void expect_leaked_and_in_use() {
    EXPECT_TRUE(it().closed());
    EXPECT_FALSE(it().inactive());
    EXPECT_GT(it().active_references(), active_max);
    EXPECT_GT(it().passive_references(), passive_max);
    EXPECT_EQ(made_.ended + made_.released, 0);
  }

  violations_seen seen;

 private:
  active<kept> birth() {
    lastout::reference_access::birth(made_);
    return active<kept>::adopt(&made_);
  }
  kept& made_;
  active<kept> first_;
};

TEST_F(dual_brim_test, as_many_are_shared_as_can_be_counted) {
  set(active_max, 7);
  {
    const active<kept> one_more = first().share();
    EXPECT_TRUE(one_more);
    EXPECT_EQ(it().active_references(), active_max + 1);
  }
  EXPECT_EQ(it().active_references(), active_max);
  EXPECT_FALSE(it().closed());
}

TEST_F(dual_brim_test, misuse_one_share_more_leaks_it_and_is_told_once) {
  set(active_max + 1, 7);
  const active<kept> one_more = first().share();
  const auto told = seen.take_all();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].what, lastout::violation::get_overflow);
  EXPECT_EQ(told[0].operation, "share");
  EXPECT_EQ(told[0].references, active_max + 1);
  EXPECT_EQ(told[0].state, "open");
  expect_leaked_and_in_use();
  EXPECT_FALSE(first().share()) << "it is closed";
}

TEST_F(dual_brim_test, as_many_active_ones_are_got_as_can_be_counted_and_no_more) {
  const passive<kept> p = first().get_passive();
  set(active_max, 7);
  EXPECT_TRUE(p.get_active());
  EXPECT_EQ(it().active_references(), active_max);
  set(active_max + 1, 7);
  EXPECT_FALSE(p.get_active());
  EXPECT_EQ(seen.take(), "get_overflow");
  expect_leaked_and_in_use();
}

TEST_F(dual_brim_test, as_many_passive_ones_are_got_as_can_be_counted) {
  set(1, passive_max);
  {
    const passive<kept> one_more = first().get_passive();
  }
  {
    EXPECT_TRUE(passive<kept>::get_not_zero(it()));
  }
  EXPECT_EQ(it().passive_references(), passive_max);
  EXPECT_FALSE(it().closed());
}

TEST_F(dual_brim_test, misuse_one_passive_more_leaks_it_and_is_told_once_whatever_is_put_then) {
  set(1, passive_max + 1);
  {
    const passive<kept> one_more = first().get_passive();
    const auto told = seen.take_all();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].what, lastout::violation::get_overflow);
    EXPECT_EQ(told[0].operation, "get of a passive reference");
    EXPECT_EQ(told[0].references, 1u) << "the active ones are what is told";
    expect_leaked_and_in_use();
  }
  {
    const passive<kept> another = first().get_passive();
  }
  passive<kept> b = first().get_passive();
  passive<kept> c = b;
  b.put();
  c.put();
  expect_leaked_and_in_use();
}

TEST_F(dual_brim_test, misuse_one_found_too_many_is_told_too) {
  set(1, passive_max + 1);
  const passive<kept> found = passive<kept>::get_not_zero(it());
  EXPECT_TRUE(found) << "it may be looked at";
  EXPECT_EQ(seen.take(), "get_overflow");
  expect_leaked_and_in_use();
}

TEST_F(dual_brim_test, misuse_a_share_when_nobody_is_active_is_told_as_that) {
  set(0, 3);
  const active<kept> from_nothing = first().share();
  auto told = seen.take_all();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].what, lastout::violation::get_at_zero);
  expect_leaked_and_in_use();
  set(1, 0);
  const passive<kept> passive_from_nothing = first().get_passive();
  told = seen.take_all();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].what, lastout::violation::get_at_zero);
  expect_leaked_and_in_use();
}

TEST_F(dual_brim_test, misuse_each_put_too_many_is_told) {
  passive<kept> a = first().get_passive();
  passive<kept> b = a;
  set(1, 0);
  a.put();
  EXPECT_EQ(seen.take(), "put_at_zero");
  expect_leaked_and_in_use();
  set(1, 0);
  b.put();
  EXPECT_EQ(seen.take(), "put_at_zero");
  expect_leaked_and_in_use();
}

TEST_F(dual_brim_test, misuse_a_birth_of_what_has_references_of_either_kind_is_told) {
  for (const auto& [actives, passives] : {std::pair{1u, 1u}, {0u, 1u}, {1u, 0u}}) {
    set(actives, passives);
    lastout::reference_access::birth(it());
    EXPECT_EQ(seen.take(), "birth_of_a_live") << actives << " " << passives;
    EXPECT_EQ(it().active_references(), actives);
    EXPECT_EQ(it().passive_references(), passives);
  }
}

TEST_F(dual_brim_test, misuse_what_is_told_says_in_which_state) {
  const auto state_told = [this] {
    lastout::reference_access::birth(it());
    const auto told = seen.take_all();
    return told.size() == 1 ? told[0].state : std::string("not told once");
  };
  set(1, 1);
  EXPECT_EQ(state_told(), "open");
  it().close();
  EXPECT_EQ(state_told(), "closed");
  set(1u << 30, 1);  // the bit above the active ones
  ASSERT_TRUE(it().inactive());
  EXPECT_EQ(state_told(), "inactive");
}

// What is no misuse.

struct watched : lastout::dual<watched, lastout::unnamed_holders> {
  static void observe(lastout::event what, std::uint32_t n) {
    if (what == lastout::event::got || what == lastout::event::born) held += static_cast<int>(n);
    if (what == lastout::event::put) held -= static_cast<int>(n);
  }
  static inline int held = 0;
};
TEST(dual_watched_test, who_watches_hears_of_each_active_reference) {
  {
    active<watched> a = make_active<watched>();
    EXPECT_EQ(watched::held, 1);
    active<watched> b = a.share();
    EXPECT_EQ(watched::held, 2);
    b.put();
    EXPECT_EQ(watched::held, 1);
  }
  EXPECT_EQ(watched::held, 0);
}

TEST(dual_watched_test, passive_references_are_assigned_and_nothing_is_taken_over_from_nowhere) {
  active<watched> a = make_active<watched>();
  passive<watched> p;
  const passive<watched> q = a.get_passive();
  p = q;
  EXPECT_EQ(p.address(), a.address());
  EXPECT_EQ(a->passive_references(), 3u);
  p = passive<watched>();
  EXPECT_EQ(a->passive_references(), 2u);
  EXPECT_FALSE(active<watched>::adopt(nullptr));
}

struct listed : lastout::dual<listed, lastout::named_holders> {};
TEST(dual_watched_test, what_is_taken_over_has_a_holder_too) {
  active<listed> a = make_active<listed>();
  lastout::reference_access::get_not_zero(*a);
  const active<listed> taken = active<listed>::adopt(a.address(), "by hand");
  std::vector<std::string> names;
  a->for_each_holder([&names](const lastout::holder& h) { names.emplace_back(h.name); });
  EXPECT_EQ(names, (std::vector<std::string>{"by hand", "maker"}));
  EXPECT_FALSE(active<listed>::adopt(nullptr, "by hand"));
}

TEST(dual_watched_test, a_drain_that_waits_sleeps) {
  const auto spent = [] {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
  };
  active<watched> a = make_active<watched>();
  const auto before = spent();
  EXPECT_FALSE(a->drain(std::chrono::steady_clock::now() + 300ms).complete);
  EXPECT_LT(spent() - before, 100ms);
}

}  // namespace
