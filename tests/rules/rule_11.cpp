// rule_11 - release belongs to the object, not to the place that puts.
//
// Twin: a place that brings a release of its own (kref_put(&o->kref, my_free)).
// Tool: the last put from every place that can make one; each runs the one hook of the object.

#include <optional>
#include <thread>
#include <utility>

#include <lastout/kref.hpp>
#include <lastout/external.hpp>

#include "rules/support.hpp"

namespace {

using lastout::external;
using rules::verdict;

struct node : lastout::kref<node> {
  explicit node(int& r, int& o) : by_hook(r), otherwise(o) {}
  virtual ~node() { ++otherwise; }
  void release() noexcept {
    ++by_hook;
    --otherwise;  // the hook's own delete
    delete this;
  }
  int& by_hook;
  int& otherwise;
  external<node> parent;
};
struct leaf final : node {
  using node::node;
};

struct by_the_destructor {
  static void put(external<leaf> last) { const external<leaf> here = std::move(last); }
};
struct by_hand {
  static void put(external<leaf> last) { last.put(); }
};
struct by_assignment {
  static void put(external<leaf> last) { last = nullptr; }
};
struct through_the_base {
  static void put(external<leaf> last) { const external<node> base = std::move(last); }
};
struct on_another_thread {
  static void put(external<leaf> last) {
    std::thread([&last] { last.put(); }).join();
  }
};
struct inside_another_release {
  static void put(external<leaf> last) {
    int hooks = 0, others = 0;
    lastout::make<node>(hooks, others)->parent = std::move(last);
  }
};

// Broken: this place frees as it thinks right.
struct with_a_release_of_its_own {
  static void put(external<leaf> last) { delete last.leak(); }
};

template <class Place>
verdict the_hook_of_the_object_runs() {
  verdict v;
  const rules::recorded_violations told;
  int by_hook = 0, otherwise = 0;
  Place::put(lastout::make<leaf>(by_hook, otherwise));
  v.require(by_hook == 1, "the hook ran " + std::to_string(by_hook) + " times");
  v.require(otherwise == 0, "released otherwise than by the hook");
  v.require(told.none(), told.text());
  return v;
}

TEST(rule_11, each_place_runs_the_hook_of_the_object) {
  EXPECT_HELD(the_hook_of_the_object_runs<by_the_destructor>());
  EXPECT_HELD(the_hook_of_the_object_runs<by_hand>());
  EXPECT_HELD(the_hook_of_the_object_runs<by_assignment>());
  EXPECT_HELD(the_hook_of_the_object_runs<through_the_base>());
  EXPECT_HELD(the_hook_of_the_object_runs<on_another_thread>());
  EXPECT_HELD(the_hook_of_the_object_runs<inside_another_release>());
}
TEST(rule_11, twin_with_a_release_of_its_own_is_caught) {
  EXPECT_BROKEN(the_hook_of_the_object_runs<with_a_release_of_its_own>());
}

}  // namespace
