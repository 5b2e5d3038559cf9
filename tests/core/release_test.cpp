// release_test.cpp - releases run one after the other, and never on a growing stack.

#include <cstdint>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <lastout/killed.hpp>
#include <lastout/external.hpp>
#include <lastout/kref.hpp>
#include <lastout/release.hpp>

namespace {

using lastout::external;
using lastout::make;

// Where the stack stands, in the frame of the caller.
[[gnu::always_inline]] inline std::uintptr_t stack_here() {
  return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
}

struct link : lastout::kref<link> {
  explicit link(external<link> next) : parent(std::move(next)) {}
  ~link() {
    const std::uintptr_t here = stack_here();
    lowest = std::min(lowest, here);
    highest = std::max(highest, here);
    ++freed;
    ++depth_now;
    depth_max = std::max(depth_max, depth_now);
    parent.put();
    --depth_now;
  }
  external<link> parent;
  static inline std::uintptr_t lowest;
  static inline std::uintptr_t highest;
  static inline int freed;
  static inline int depth_now;
  static inline int depth_max;
};

class release_test : public testing::Test {
 protected:
  release_test() {
    link::lowest = UINTPTR_MAX;
    link::highest = 0;
    link::freed = link::depth_now = link::depth_max = 0;
  }
};

external<link> chain(int length) {
  external<link> last;
  for (int i = 0; i < length; ++i) last = make<link>(std::move(last));
  return last;
}

TEST_F(release_test, a_million_parents_are_released_in_constant_stack) {
  chain(1'000'000).put();
  EXPECT_EQ(link::freed, 1'000'000);
  EXPECT_EQ(link::depth_max, 1);
  EXPECT_LT(link::highest - link::lowest, 4096u);
}

TEST_F(release_test, everything_is_released_before_the_outermost_put_returns) {
  external<link> c = chain(3);
  c.put();
  EXPECT_EQ(link::freed, 3);
}

struct tree : lastout::kref<tree> {
  explicit tree(int number) : id(number) {}
  ~tree() {
    order.push_back(id);
    children.clear();
  }
  const int id;
  std::vector<external<tree>> children;
  static inline std::vector<int> order;
};

// More than the list has room for without the heap, from one release.
TEST_F(release_test, one_release_may_drop_many_objects) {
  tree::order.clear();
  external<tree> root = make<tree>(0);
  for (int i = 1; i <= 10'000; ++i) root->children.push_back(make<tree>(i));
  root.put();
  ASSERT_EQ(tree::order.size(), 10'001u);
  EXPECT_EQ(tree::order.front(), 0);
  std::vector<bool> seen(10'001);
  for (const int id : tree::order) {
    EXPECT_FALSE(seen[static_cast<std::size_t>(id)]) << id << " released twice";
    seen[static_cast<std::size_t>(id)] = true;
  }
}

TEST_F(release_test, releases_do_not_nest) {
  tree::order.clear();
  external<tree> root = make<tree>(0);
  root->children.push_back(make<tree>(1));
  root->children[0]->children.push_back(make<tree>(2));
  root.put();
  EXPECT_EQ(tree::order, (std::vector<int>{0, 1, 2}));
}

TEST_F(release_test, a_release_list_of_ones_own_runs_what_it_is_given) {
  lastout::release_list list;
  int count = 0;
  for (int n = 1; n <= 3; ++n) {
    list.run(&count, [](void* at) noexcept { ++*static_cast<int*>(at); });
    EXPECT_EQ(count, n);
  }
}

// So many that it grows three times; and again, since it is small again afterwards.
TEST_F(release_test, however_many_one_release_drops_they_run_one_after_the_other) {
  struct dropped {
    lastout::release_list& list;
    int number;
    std::vector<int>& order;
    int& depth;
    std::vector<dropped> more = {};
    static void release(void* at) noexcept {
      auto& its = *static_cast<dropped*>(at);
      EXPECT_EQ(its.depth++, 0) << "within another one";
      its.order.push_back(its.number);
      for (dropped& each : its.more) its.list.run(&each, &release);
      --its.depth;
    }
  };
  lastout::release_list list;
  for (const int n : {100, 3, 16, 17, 128, 129}) {
    std::vector<int> order, wanted{0};
    int depth = 0;
    dropped first{list, 0, order, depth};
    for (int i = 1; i <= n; ++i) {
      first.more.push_back({list, i, order, depth});
      wanted.insert(wanted.begin() + 1, i);  // the last one first
    }
    list.run(&first, &dropped::release);
    EXPECT_EQ(order, wanted) << n;
  }
}

}  // namespace
