// external_test.cpp - a handle is one reference: copied it gets, moved it moves, destroyed it puts.

#include <concepts>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <unordered_set>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <lastout/external.hpp>
#include <lastout/kref.hpp>

#include "core/violations_seen.hpp"

namespace {

using lastout::external;
using lastout::make;

struct session : lastout::kref<session> {
  explicit session(int number = 0) : id(number) { ++alive; }
  ~session() { --alive; }
  int id;
  static inline int alive = 0;
};

class external_test : public testing::Test {
 protected:
  violations_seen seen;
  ~external_test() override { EXPECT_EQ(session::alive, 0); }
};

TEST_F(external_test, an_object_is_born_holding_one_reference) {
  const external<session> s = make<session>(7);
  ASSERT_TRUE(s);
  EXPECT_EQ(s->references(), 1u);
  EXPECT_EQ((*s).id, 7);
  EXPECT_EQ(session::alive, 1);
}

TEST_F(external_test, the_empty_reference_refers_to_nothing) {
  const external<session> nothing;
  const external<session> also = nullptr;
  EXPECT_FALSE(nothing);
  EXPECT_EQ(nothing, also);
  EXPECT_EQ(nothing.address(), nullptr);
  const external<session> copy = nothing;
  EXPECT_FALSE(copy);
}

TEST_F(external_test, a_copy_gets_and_a_destruction_puts) {
  external<session> a = make<session>();
  {
    const external<session> b = a;
    EXPECT_EQ(a->references(), 2u);
    EXPECT_EQ(a, b);
  }
  EXPECT_EQ(a->references(), 1u);
}

TEST_F(external_test, a_move_moves_and_leaves_empty) {
  external<session> a = make<session>();
  session* const object = a.address();
  external<session> b = std::move(a);
  EXPECT_FALSE(a);  // NOLINT(bugprone-use-after-move): what is left is the promise
  EXPECT_EQ(b, object);
  EXPECT_EQ(b->references(), 1u);
  a = std::move(b);
  EXPECT_EQ(a, object);
  EXPECT_EQ(a->references(), 1u);
}

TEST_F(external_test, an_assignment_puts_what_was_there) {
  external<session> a = make<session>(1);
  a = make<session>(2);
  EXPECT_EQ(session::alive, 1);
  EXPECT_EQ(a->id, 2);
  a = nullptr;
  EXPECT_EQ(session::alive, 0);
}

// Some compilers treat {} in a template apart (clang 14).
template <class Any>
void clear_in_a_template(external<session>& slot, Any) {
  slot = {};
}

TEST_F(external_test, braces_in_a_template_clear_too) {
  external<session> a = make<session>();
  clear_in_a_template(a, 0);
  EXPECT_FALSE(a);
  EXPECT_EQ(session::alive, 0);
}

TEST_F(external_test, an_assignment_to_itself_changes_nothing) {
  external<session> a = make<session>();
  auto& same = a;
  a = same;
  ASSERT_TRUE(a);
  EXPECT_EQ(a->references(), 1u);
  a = std::move(same);
  ASSERT_TRUE(a);
  EXPECT_EQ(a->references(), 1u);
}

struct node : lastout::kref<node> {
  external<node>* slot = nullptr;
  static inline bool slot_was_empty = false;
  ~node() {
    if (slot != nullptr) slot_was_empty = !*slot;
  }
};

TEST_F(external_test, a_slot_is_cleared_before_its_object_is_put) {
  external<node> slot = make<node>();
  slot->slot = &slot;
  node::slot_was_empty = false;
  slot.put();
  EXPECT_TRUE(node::slot_was_empty);

  slot = make<node>();
  slot->slot = &slot;
  node::slot_was_empty = false;
  slot = nullptr;
  EXPECT_TRUE(node::slot_was_empty);
}

TEST_F(external_test, put_of_an_empty_reference_does_nothing) {
  external<session> nothing;
  nothing.put();
  EXPECT_FALSE(nothing);
}

TEST_F(external_test, get_takes_one_more_from_a_borrowed_reference) {
  const external<session> s = make<session>();
  const external<session> mine = external<session>::get(*s);
  EXPECT_EQ(s->references(), 2u);
}

TEST_F(external_test, get_each_fills_every_handle_at_once) {
  const external<session> s = make<session>();
  std::vector<external<session>> holders(5);
  external<session>::get_each(*s, holders);
  EXPECT_EQ(s->references(), 6u);
  for (const auto& each : holders) EXPECT_EQ(each, s);
  external<session>::get_each(*s, {});
  EXPECT_EQ(s->references(), 6u);
}

TEST_F(external_test, leak_and_adopt_are_inverse) {
  external<session> s = make<session>();
  session* const raw = s.leak();
  EXPECT_FALSE(s);
  EXPECT_EQ(raw->references(), 1u);
  const external<session> back = external<session>::adopt(raw);
  EXPECT_EQ(back->references(), 1u);
}

TEST_F(external_test, swap_exchanges_without_counting) {
  external<session> a = make<session>(1);
  external<session> b = make<session>(2);
  swap(a, b);
  EXPECT_EQ(a->id, 2);
  EXPECT_EQ(b->id, 1);
  EXPECT_EQ(a->references(), 1u);
}

TEST_F(external_test, equality_and_hash_are_of_the_object) {
  const external<session> a = make<session>();
  const external<session> same = a;
  const external<session> other = make<session>();
  EXPECT_EQ(a, same);
  EXPECT_NE(a, other);
  EXPECT_EQ(a, a.address());
  EXPECT_NE(a, nullptr);
  EXPECT_EQ(std::hash<external<session>>{}(a), std::hash<external<session>>{}(same));
  const std::unordered_set<external<session>> set{a, same, other};
  EXPECT_EQ(set.size(), 2u);
  EXPECT_EQ(a->references(), 3u);
}

TEST_F(external_test, a_vector_of_references_holds_one_each) {
  const external<session> s = make<session>();
  std::vector<external<session>> all(10, s);
  all.push_back(s);
  EXPECT_EQ(s->references(), 12u);
  all.erase(all.begin(), all.begin() + 4);
  EXPECT_EQ(s->references(), 8u);
  all.clear();
  EXPECT_EQ(s->references(), 1u);
}

// ---- conversion ----

struct shape : lastout::kref<shape> {
  virtual ~shape() { ++destroyed; }
  static inline int destroyed = 0;
};
struct circle : shape {
  ~circle() override { ++circles_destroyed; }
  static inline int circles_destroyed = 0;
};

TEST_F(external_test, a_derived_reference_becomes_one_to_its_root) {
  external<circle> c = make<circle>();
  external<shape> s = c;
  EXPECT_EQ(s->references(), 2u);
  s = std::move(c);
  EXPECT_EQ(s->references(), 1u);
  s.put();
  EXPECT_EQ(circle::circles_destroyed, 1);
  EXPECT_EQ(shape::destroyed, 1);
}

TEST_F(external_test, a_reference_becomes_one_to_const) {
  external<session> s = make<session>(3);
  const external<const session> reader = s;
  EXPECT_EQ(reader->id, 3);
  EXPECT_EQ(s->references(), 2u);
  const external<const session> another = external<const session>::get(*s);
  EXPECT_EQ(s->references(), 3u);
}

struct plain_root : lastout::kref<plain_root> {};  // no virtual destructor
struct plain_derived : plain_root {};

static_assert(std::convertible_to<external<circle>, external<shape>>);
static_assert(!std::convertible_to<external<shape>, external<circle>>);
static_assert(!std::convertible_to<external<plain_derived>, external<plain_root>>);
static_assert(!std::convertible_to<external<const session>, external<session>>);
static_assert(!std::convertible_to<external<session>, external<shape>>);
static_assert(!std::convertible_to<session*, external<session>>, "no silent adopt");
static_assert(!std::convertible_to<external<session>, session*>, "no silent leak");
static_assert(!std::convertible_to<external<session>, bool>);
static_assert(std::is_nothrow_copy_constructible_v<external<session>>);
static_assert(std::is_nothrow_move_constructible_v<external<session>>);
static_assert(std::is_nothrow_swappable_v<external<session>>);
static_assert(std::is_nothrow_default_constructible_v<external<session>>);

constinit external<session> nowhere;  // an empty reference is a constant

// ---- make ----

struct refuses : lastout::kref<refuses> {
  refuses() { throw std::runtime_error("no"); }
};

TEST_F(external_test, a_constructor_that_throws_leaks_nothing) {
  EXPECT_THROW((void)make<refuses>(), std::runtime_error);
}

struct gets_itself : lastout::kref<gets_itself> {
  gets_itself() { unborn = dead(); }
  bool unborn = false;
};

TEST_F(external_test, an_object_under_construction_cannot_be_got) {
  EXPECT_TRUE(make<gets_itself>()->unborn);
}

struct no_memory : lastout::kref<no_memory> {
  static void* operator new(std::size_t, const std::nothrow_t&) noexcept { return nullptr; }
  static void operator delete(void*) noexcept {}
};

TEST_F(external_test, make_without_memory_is_empty) { EXPECT_FALSE(make<no_memory>()); }

struct taker {
  static void consume(external<session> eaten) { EXPECT_TRUE(eaten); }
};

TEST_F(external_test, a_callee_that_takes_by_value_consumes) {
  external<session> s = make<session>();
  taker::consume(std::move(s));
  EXPECT_EQ(session::alive, 0);
}

TEST_F(external_test, misuse_empty_dereference_is_reported_in_a_checked_build) {
  if constexpr (lastout::checked_build) {
    const external<session> nothing;
    EXPECT_EQ(nothing.operator->(), nullptr);
    EXPECT_EQ(seen.take(), "empty_dereference");
  }
}

TEST_F(external_test, misuse_adopt_of_a_dead_object_is_reported_in_a_checked_build) {
  if constexpr (lastout::checked_build) {
    session unborn;
    EXPECT_FALSE(external<session>::adopt(&unborn));
    EXPECT_EQ(seen.take(), "adopt_once_dead");
  }
}

}  // namespace
