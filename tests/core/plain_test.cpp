// plain_test.cpp - children are freed by their parent, all or none.

#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <lastout/kref.hpp>
#include <lastout/plain.hpp>

#include "core/violations_seen.hpp"

namespace {

using lastout::external;

struct page;
struct buffer : lastout::plain<buffer, page> {
  explicit buffer(int number = 0) : block(number) { ++alive; }
  ~buffer() { --alive; }
  int block;
  static inline int alive = 0;
};
struct page : lastout::plain_parent<page, buffer> {};

class plain_test : public testing::Test {
 protected:
  violations_seen seen;
  ~plain_test() override { EXPECT_EQ(buffer::alive, 0); }
};

TEST_F(plain_test, a_child_knows_its_parent_and_has_no_references_of_others) {
  page p;
  buffer* const child = p.add(5);
  ASSERT_NE(child, nullptr);
  EXPECT_EQ(&child->parent(), &p);
  EXPECT_EQ(child->block, 5);
  EXPECT_EQ(child->references(), 0u);
  EXPECT_FALSE(child->dead());
}

TEST_F(plain_test, put_only_decrements) {
  page p;
  buffer* const child = p.add();
  external<buffer> held = p.get(*child);
  external<buffer> again = held;
  EXPECT_EQ(child->references(), 2u);
  held.put();
  again.put();
  EXPECT_EQ(child->references(), 0u);
  EXPECT_EQ(buffer::alive, 1);
  EXPECT_FALSE(child->dead());
}

TEST_F(plain_test, references_are_taken_many_at_once_too) {
  page p;
  buffer* const child = p.add();
  const external<buffer> held = p.get(*child);
  lastout::reference_access::get(*child, 2);
  EXPECT_EQ(child->references(), 3u);
  external<buffer>::adopt(child).put();
  external<buffer>::adopt(child).put();
  EXPECT_EQ(child->references(), 1u);
}

TEST_F(plain_test, a_child_that_is_not_born_has_no_references) {
  const buffer unborn;
  EXPECT_TRUE(unborn.dead());
  EXPECT_EQ(unborn.references(), 0u);
}

TEST_F(plain_test, purge_frees_all_when_none_is_in_use) {
  page p;
  for (int i = 0; i < 8; ++i) p.add(i);
  EXPECT_EQ(buffer::alive, 8);
  EXPECT_TRUE(p.purge());
  EXPECT_TRUE(p.empty());
  EXPECT_EQ(buffer::alive, 0);
}

TEST_F(plain_test, purge_frees_none_when_one_is_in_use_and_changes_nothing) {
  page p;
  std::vector<buffer*> children;
  for (int i = 0; i < 8; ++i) children.push_back(p.add(i));
  for (buffer* const used : children) {
    external<buffer> held = p.get(*used);
    EXPECT_FALSE(p.purge());
    EXPECT_EQ(buffer::alive, 8);
    for (buffer* const each : children) {
      EXPECT_EQ(each->references(), each == used ? 1u : 0u);
      EXPECT_TRUE(p.get(*each)) << "thawed again";
    }
  }
  EXPECT_TRUE(p.purge());
}

TEST_F(plain_test, purge_of_no_children_succeeds) {
  page p;
  EXPECT_TRUE(p.empty());
  EXPECT_TRUE(p.purge());
}

TEST_F(plain_test, a_parent_can_have_children_again_after_a_purge) {
  page p;
  p.add();
  EXPECT_TRUE(p.purge());
  p.add();
  EXPECT_FALSE(p.empty());
}

TEST_F(plain_test, for_each_visits_every_child) {
  page p;
  for (int i = 1; i <= 4; ++i) p.add(i);
  int sum = 0;
  p.for_each([&sum](buffer& each) { sum += each.block; });
  EXPECT_EQ(sum, 10);
}

TEST_F(plain_test, a_parents_end_frees_its_children) {
  {
    page p;
    p.add();
    p.add();
  }
  EXPECT_EQ(buffer::alive, 0);
}

struct shared_page : lastout::plain_parent<shared_page, struct shared_buffer>,
                     lastout::kref<shared_page> {};
struct shared_buffer : lastout::plain<shared_buffer, shared_page> {
  static inline int released = 0;
  void release() noexcept {
    ++released;
    delete this;
  }
};

TEST_F(plain_test, a_parent_may_be_counted_itself_and_release_is_a_hook) {
  external<shared_page> p = lastout::make<shared_page>();
  p->add();
  p->add();
  p.put();
  EXPECT_EQ(shared_buffer::released, 2);
}

TEST_F(plain_test, misuse_a_child_of_another_parent_is_reported) {
  page mine;
  page other;
  buffer* const child = mine.add();
  EXPECT_FALSE(other.get(*child));
  EXPECT_EQ(seen.take(), "wrong_parent");
  EXPECT_EQ(child->references(), 0u);
}

struct kept_buffer;
struct kept_page : lastout::plain_parent<kept_page, kept_buffer> {};
struct kept_buffer : lastout::plain<kept_buffer, kept_page> {};

TEST_F(plain_test, misuse_a_put_too_many_is_reported_and_the_child_is_never_freed) {
  kept_buffer* child = nullptr;
  {
    kept_page p;
    child = p.add();
    lastout::reference_access::put(*child);
    EXPECT_EQ(seen.take(), "put_at_zero");
    EXPECT_FALSE(p.purge());
  }
  EXPECT_EQ(seen.take(), "destroyed_in_use")
      << "the parent says that it could not free its children";
  delete child;
}

TEST_F(plain_test, misuse_the_end_of_a_parent_whose_child_is_used_is_reported_and_leaks_the_child) {
  external<buffer> held;
  {
    page p;
    held = p.get(*p.add());
  }
  EXPECT_EQ(seen.take(), "destroyed_in_use");
  EXPECT_EQ(buffer::alive, 1);
  buffer* const leaked = held.leak();
  delete leaked;
  EXPECT_EQ(seen.take(), "destroyed_in_use");
}

template <class T>
concept dooms = requires(external<T>& e) { e.kill_on_put(); };
static_assert(!dooms<buffer>, "nothing is kept, so nothing is doomed");
static_assert(!std::is_copy_constructible_v<buffer> && !std::is_copy_constructible_v<page>);

}  // namespace
