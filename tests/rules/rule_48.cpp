// rule_48.cpp - a chain of releases does not recurse: a million parents in constant stack.

#include <pthread.h>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <functional>
#include <tuple>
#include <utility>
#include <vector>

#include <lastout/dual.hpp>
#include <lastout/external.hpp>
#include <lastout/kcref.hpp>
#include <lastout/kref.hpp>

#include "rules/support.hpp"

namespace {

using lastout::external;
using rules::recorded_violations;
using rules::verdict;

/// How many releases ran, and how many of them inside each other.
struct releases {
  static constexpr int depth_max = 16;

  void enter() {
    ++ran;
    deepest = std::max(deepest, ++depth);
  }
  void leave() { --depth; }
  bool too_deep() const { return depth > depth_max; }

  std::size_t ran = 0;
  int depth = 0;
  int deepest = 0;
};
thread_local releases here;

/// Stands around the release of one object, the puts of its parents included. A test that is about
/// to run out of stack leaks the parents instead, and fails by the depth.
template <class Handle>
struct counted_release {
  explicit counted_release(Handle& p) : parent(p) {
    here.enter();
    if (here.too_deep()) abandon();
  }
  ~counted_release() { here.leave(); }
  void abandon() {
    static std::deque<Handle>* abandoned =
        new std::deque<Handle>;  // reachable, for the leak checkers
    abandoned->push_back(std::move(parent));
  }
  Handle& parent;
};

struct by_kref : lastout::kref<by_kref> {
  using handle = external<by_kref>;
  static handle make() { return lastout::make<by_kref>(); }
  void release() noexcept {
    const counted_release<handle> counted(parent);
    delete this;
  }
  handle parent;
};

struct no_lock {
  void lock() {}
  void unlock() {}
} open_door;

struct by_kcref : lastout::kcref<by_kcref, no_lock> {
  using handle = external<by_kcref>;
  static handle make() { return lastout::make<by_kcref>(); }
  std::tuple<no_lock&> locks() noexcept { return {open_door}; }
  void unlink(const idle_proof&) noexcept {}
  lastout::fate idle(const idle_proof&) noexcept { return lastout::fate::kill; }
  void release() noexcept {
    const counted_release<handle> counted(parent);
    delete this;
  }
  handle parent;
};

struct by_passive : lastout::dual<by_passive, lastout::unnamed_holders> {
  using handle = lastout::passive<by_passive>;
  static handle make() {
    return lastout::make_active<by_passive>().get_passive();  // inactive by now
  }
  void release() noexcept {
    const counted_release<handle> counted(parent);
    delete this;
  }
  handle parent;
};

/// The twin: what intrusive pointers do.
struct recursive {
  class handle {
   public:
    handle() = default;
    handle(handle&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    handle& operator=(handle other) noexcept {
      std::swap(object_, other.object_);
      return *this;
    }
    ~handle() {
      if (object_ != nullptr) object_->release();  // broken: runs inside the release of the child
    }
    void put() { const handle gone = std::move(*this); }
    recursive* operator->() const { return object_; }

   private:
    friend recursive;
    recursive* object_ = nullptr;
  };
  static handle make() {
    handle made;
    made.object_ = new recursive;
    return made;
  }
  void release() {
    const counted_release<handle> counted(parent);
    delete this;
  }
  handle parent;
};

template <class Node>
verdict parents_are_released_one_after_the_other(std::size_t parents) {
  verdict v;
  here = {};
  typename Node::handle child = Node::make();
  for (std::size_t i = 0; i < parents; ++i) {
    typename Node::handle next = Node::make();
    next->parent = std::move(child);
    child = std::move(next);
  }
  v.require(here.ran == 0, "something was released while it was held");
  child.put();
  v.require(here.deepest == 1,
            "releases ran " + std::to_string(here.deepest) + " deep, inside each other");
  v.require(here.ran == parents + 1, "the put returned and " + std::to_string(here.ran) +
                                         " were released of " + std::to_string(parents + 1));
  return v;
}

/// Runs body on a thread with a small stack: arm64 has none below 128 KiB, and sanitizers need room of
/// their own; a million frames fit into neither.
void on_a_small_stack(std::function<void()> body) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr std::size_t stack_bytes = 2 << 20;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  constexpr std::size_t stack_bytes = 2 << 20;
#else
  constexpr std::size_t stack_bytes = 256 << 10;
#endif
#else
  constexpr std::size_t stack_bytes = 256 << 10;
#endif
  pthread_attr_t small;
  ASSERT_EQ(pthread_attr_init(&small), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&small, stack_bytes), 0);
  pthread_t thread;
  const auto run = [](void* of) -> void* {
    (*static_cast<std::function<void()>*>(of))();
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &small, run, &body), 0);
  ASSERT_EQ(pthread_join(thread, nullptr), 0);
  pthread_attr_destroy(&small);
}

template <class Node>
class rule_48 : public testing::Test {};
using styles = testing::Types<by_kref, by_kcref, by_passive>;
TYPED_TEST_SUITE(rule_48, styles);

TYPED_TEST(rule_48, parents_are_released_one_after_the_other) {
  const recorded_violations seen;
  EXPECT_HELD(parents_are_released_one_after_the_other<TypeParam>(100));
  EXPECT_TRUE(seen.none()) << seen.text();
}

TYPED_TEST(rule_48, twin_is_caught) {
  EXPECT_BROKEN(parents_are_released_one_after_the_other<recursive>(100));
}

TYPED_TEST(rule_48, a_million_parents_are_released_in_constant_stack) {
  const recorded_violations seen;
  verdict v;
  on_a_small_stack([&v] { v = parents_are_released_one_after_the_other<TypeParam>(1'000'000); });
  EXPECT_HELD(v);
  EXPECT_TRUE(seen.none()) << seen.text();
}

// A wide tree: one release drops many, each of which drops many.
struct branch : lastout::kref<branch> {
  ~branch() { ++here.ran; }
  void release() noexcept {
    here.depth++;
    here.deepest = std::max(here.deepest, here.depth);
    delete this;
    here.depth--;
  }
  std::vector<external<branch>> below;
};

verdict all_of_a_tree_is_released(std::size_t width) {
  verdict v;
  here = {};
  external<branch> root = lastout::make<branch>();
  for (std::size_t i = 0; i < width; ++i) {
    root->below.push_back(lastout::make<branch>());
    for (std::size_t k = 0; k < width; ++k) {
      root->below.back()->below.push_back(lastout::make<branch>());
    }
  }
  root.put();
  v.require(here.deepest == 1, "releases ran inside each other");
  v.require(here.ran == 1 + width + width * width,
            "released " + std::to_string(here.ran) + " of a tree, not all of it");
  return v;
}

TEST(rule_48_wide, a_tree_of_a_million_is_released_in_constant_stack) {
  const recorded_violations seen;
  verdict v;
  on_a_small_stack([&v] { v = all_of_a_tree_is_released(1000); });
  EXPECT_HELD(v);
  for (const std::size_t width :
       {0U, 1U, 15U, 16U, 17U, 33U}) {  // what is remembered on the stack, and on the heap
    EXPECT_HELD(all_of_a_tree_is_released(width));
  }
  EXPECT_TRUE(seen.none()) << seen.text();
}

}  // namespace
