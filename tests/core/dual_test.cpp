// dual_test.cpp - two counts in one word: out of use is one moment, out of memory another.

#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <lastout/dual.hpp>
#include <lastout/internal.hpp>

#include "core/violations_seen.hpp"

namespace {

using lastout::active;
using lastout::make_active;
using lastout::passive;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

template <class Holders>
struct super : lastout::dual<super<Holders>, Holders> {
  ~super() { ++freed; }
  void deactivate() noexcept {
    ++deactivated;
    EXPECT_EQ(freed, 0);
  }
  static inline int deactivated = 0;
  static inline int freed = 0;
};

template <class Holders>
class dual_test : public testing::Test {
 protected:
  dual_test() { super<Holders>::deactivated = super<Holders>::freed = 0; }
  violations_seen seen;
};
using both = testing::Types<lastout::unnamed_holders, lastout::named_holders>;
TYPED_TEST_SUITE(dual_test, both);

TYPED_TEST(dual_test, an_object_is_born_active) {
  using object = super<TypeParam>;
  const active<object> a = make_active<object>();
  ASSERT_TRUE(a);
  EXPECT_EQ(a->active_references(), 1u);
  EXPECT_EQ(a->passive_references(), 1u);
  EXPECT_FALSE(a->closed());
  EXPECT_FALSE(a->inactive());
}

TYPED_TEST(dual_test, the_last_active_put_deactivates_and_the_last_passive_put_frees) {
  using object = super<TypeParam>;
  active<object> a = make_active<object>();
  passive<object> p = a.get_passive();
  active<object> b = a.share();
  a.put();
  EXPECT_EQ(object::deactivated, 0);
  b.put();
  EXPECT_EQ(object::deactivated, 1);
  EXPECT_EQ(object::freed, 0);
  EXPECT_TRUE(p->inactive());
  p.put();
  EXPECT_EQ(object::freed, 1);
}

TYPED_TEST(dual_test, without_passive_references_the_last_active_put_does_both) {
  using object = super<TypeParam>;
  make_active<object>().put();
  EXPECT_EQ(object::deactivated, 1);
  EXPECT_EQ(object::freed, 1);
}

TYPED_TEST(dual_test, passive_references_copy_and_active_ones_only_move) {
  using object = super<TypeParam>;
  static_assert(std::is_copy_constructible_v<passive<object>>);
  static_assert(!std::is_copy_constructible_v<active<object>>);
  static_assert(std::is_nothrow_move_constructible_v<active<object>>);
  active<object> a = make_active<object>();
  active<object> moved = std::move(a);
  EXPECT_FALSE(a);  // NOLINT(bugprone-use-after-move): what is left is the promise
  EXPECT_EQ(moved->active_references(), 1u);
  const passive<object> p = moved.get_passive();
  const passive<object> q = p;  // NOLINT(performance-unnecessary-copy-initialization)
  EXPECT_EQ(moved->passive_references(), 3u);
  a = std::move(moved);
  EXPECT_EQ(a->active_references(), 1u);
}

TYPED_TEST(dual_test, no_active_reference_is_made_once_closed) {
  using object = super<TypeParam>;
  const active<object> a = make_active<object>();
  const passive<object> p = a.get_passive();
  a->close();
  a->close();  // idempotent
  EXPECT_TRUE(a->closed());
  EXPECT_FALSE(a.share());
  EXPECT_FALSE(p.get_active());
  std::mutex lock;
  const lastout::internal<object> in(*a, lock);
  const std::unique_lock held(lock);
  EXPECT_FALSE(in.get_not_zero(held));
  EXPECT_EQ(a->active_references(), 1u);
  EXPECT_FALSE(a->inactive()) << "closed is not out of use";
}

TYPED_TEST(dual_test, zero_active_is_for_ever) {
  using object = super<TypeParam>;
  active<object> a = make_active<object>();
  const passive<object> p = a.get_passive();
  a.put();
  EXPECT_FALSE(p.get_active());
  EXPECT_EQ(object::deactivated, 1);
}

TYPED_TEST(dual_test, a_passive_or_an_internal_reference_makes_an_active_one_while_open) {
  using object = super<TypeParam>;
  active<object> a = make_active<object>();
  const passive<object> p = a.get_passive();
  std::mutex lock;
  const lastout::internal<object> in(*a, lock);
  const std::unique_lock held(lock);
  static_assert(std::is_same_v<decltype(in.get_not_zero(held)), active<object>>);
  active<object> b = p.get_active();
  active<object> c = in.get_not_zero(held);
  EXPECT_TRUE(b);
  EXPECT_TRUE(c);
  EXPECT_EQ(a->active_references(), 3u);
}

TYPED_TEST(dual_test, passive_get_not_zero_fails_once_dead) {
  using object = super<TypeParam>;
  alignas(object) unsigned char memory[sizeof(object)];
  auto* const unborn = new (memory) object;
  EXPECT_FALSE(passive<object>::get_not_zero(*unborn));
  unborn->~object();
  object::freed = 0;
  const active<object> a = make_active<object>();
  EXPECT_TRUE(passive<object>::get_not_zero(*a));
  EXPECT_TRUE(passive<object>::get(*a));
}

TYPED_TEST(dual_test, drain_returns_at_once_when_nobody_is_active) {
  using object = super<TypeParam>;
  active<object> a = make_active<object>();
  const passive<object> p = a.get_passive();
  a.put();
  const auto d = p->drain(clock_type::now());
  EXPECT_TRUE(d.complete);
  EXPECT_EQ(d.holding, 0u);
}

TYPED_TEST(dual_test, drain_gives_up_at_its_deadline_and_says_how_many) {
  using object = super<TypeParam>;
  const active<object> a = make_active<object>();
  const active<object> b = a.share();
  const passive<object> p = a.get_passive();
  p->close();
  const auto begin = clock_type::now();
  const auto d = p->drain(begin + 20ms);
  EXPECT_GE(clock_type::now() - begin, 20ms);
  EXPECT_FALSE(d.complete);
  EXPECT_EQ(d.holding, 2u);
}

TYPED_TEST(dual_test, drain_looks_again_after_each_wait) {
  using object = super<TypeParam>;
  active<object> a = make_active<object>();
  active<object> b = a.share();
  const passive<object> p = a.get_passive();
  p->close();
  int waits = 0;
  const auto d = p->drain(clock_type::now() + 1h, [&]() noexcept {
    if (++waits == 3) a.put();
    if (waits == 5) b.put();
  });
  EXPECT_TRUE(d.complete);
  EXPECT_EQ(waits, 5);
  EXPECT_EQ(object::deactivated, 1);
}

TYPED_TEST(dual_test, drain_waits_for_another_thread_to_deactivate) {
  using object = super<TypeParam>;
  active<object> a = make_active<object>();
  const passive<object> p = a.get_passive();
  p->close();
  std::thread user([a = std::move(a)]() mutable {
    std::this_thread::sleep_for(5ms);
    a.put();
  });
  EXPECT_TRUE(p->drain(clock_type::now() + 1min).complete);
  EXPECT_EQ(object::deactivated, 1) << "what deactivate did is visible";
  user.join();
}

TYPED_TEST(dual_test, misuse_a_put_too_many_leaves_over_what_was_over) {
  using object = super<TypeParam>;
  active<object> a = make_active<object>();
  passive<object> p = a.get_passive();
  object& it = *a;
  a.put();
  ASSERT_TRUE(it.inactive());
  active<object>::adopt(&it).put();
  EXPECT_EQ(this->seen.take(), "put_at_zero");
  EXPECT_TRUE(it.inactive());
  EXPECT_TRUE(it.closed());
  EXPECT_TRUE(it.drain(clock_type::now()).complete) << "it waits for nobody";
  p.put();
  EXPECT_EQ(object::freed, 0) << "leaked on purpose";
  delete &it;
  EXPECT_EQ(this->seen.take(), "destroyed_in_use");
}

TYPED_TEST(dual_test, misuse_destruction_in_use_is_reported) {
  using object = super<TypeParam>;
  {
    object on_stack;
    lastout::reference_access::birth(on_stack);
  }
  EXPECT_EQ(this->seen.take(), "destroyed_in_use");
}

// ---- holders ----

using named = super<lastout::named_holders>;

struct holders_test : testing::Test {
  holders_test() { named::freed = 0; }
};

std::vector<std::string> holders_of(const named& object) {
  std::vector<std::string> names;
  object.for_each_holder([&names](const lastout::holder& h) { names.emplace_back(h.name); });
  return names;
}

TEST_F(holders_test, each_active_reference_names_its_holder) {
  active<named> a = make_active<named>();
  active<named> b = a.share("read-ahead");
  const passive<named> p = a.get_passive();
  active<named> c = p.get_active("writer");
  EXPECT_EQ(holders_of(*a), (std::vector<std::string>{"writer", "read-ahead", "maker"}));
  b.put();
  EXPECT_EQ(holders_of(*a), (std::vector<std::string>{"writer", "maker"}));
  active<named> moved = std::move(c);
  EXPECT_EQ(holders_of(*a), (std::vector<std::string>{"writer", "maker"})) << "moves keep identity";
  a = std::move(moved);
  EXPECT_EQ(holders_of(*a), (std::vector<std::string>{"writer"}));
}

TEST_F(holders_test, a_holder_has_a_thread_and_a_time) {
  const auto before = clock_type::now();
  const active<named> a = make_active<named>();
  a->for_each_holder([before](const lastout::holder& h) {
    EXPECT_EQ(h.thread, std::this_thread::get_id());
    EXPECT_GE(h.since, before);
    EXPECT_LE(h.since, clock_type::now());
  });
}

TEST_F(holders_test, a_drain_that_is_late_can_say_who_is_holding) {
  const active<named> a = make_active<named>();
  const active<named> b = a.share("forgotten");
  const passive<named> p = a.get_passive();
  p->close();
  EXPECT_FALSE(p->drain(clock_type::now()).complete);
  EXPECT_EQ(holders_of(*p).front(), "forgotten");
}

static_assert(sizeof(lastout::dual<super<lastout::unnamed_holders>, lastout::unnamed_holders>) ==
              8);
static_assert(sizeof(active<super<lastout::unnamed_holders>>) == sizeof(void*));
static_assert(sizeof(passive<super<lastout::unnamed_holders>>) == sizeof(void*));

// Some compilers treat {} in a template apart (clang 14).
struct folder : lastout::dual<folder> {
  ~folder() { ++freed; }
  void deactivate() noexcept { ++deactivated; }
  static inline int deactivated = 0;
  static inline int freed = 0;
};
template <class Any>
void clear_in_a_template(active<folder>& in_use, passive<folder>& kept, Any) {
  in_use = {};
  kept = {};
}

TEST(dual_assignment_test, braces_in_a_template_clear_too) {
  active<folder> in_use = make_active<folder>();
  passive<folder> kept = in_use.get_passive();
  clear_in_a_template(in_use, kept, 0);
  EXPECT_FALSE(in_use);
  EXPECT_FALSE(kept);
  EXPECT_EQ(folder::deactivated, 1);
  EXPECT_EQ(folder::freed, 1);
}

}  // namespace
