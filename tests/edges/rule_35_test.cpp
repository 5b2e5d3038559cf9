// rule_35 - a name whose object is dying: look-up says absent; a creator never fails on the dying
// twin.
//
// Scenario: the last put of the old object, a creator of the same name, somebody who looks it up.
// Twins: a creator that finds the dying one and gives up; a release that takes the name from
// whoever has it now.

#include "edges/named.hpp"

namespace {

using lastout::external;
using named::guard;
using named::object;
using named::table;

// Broken: something has the name, but nothing can be got.
struct gives_up {
  template <class T>
  static external<T> create(table<T>& t) {
    const guard held(t.lock);
    if (t.name) return t.name.get_not_zero(held);
    return named::publish(t);
  }
};

// Broken: the name is no longer its own.
struct takes_any_name {
  template <class T>
  static void unlink(T& dying) {
    const guard held(dying.in.lock);
    dying.in.name = {};
  }
};

template <class Creator, class Release>
interleave::result created_while_dying() {
  using T = object<Release>;
  const rules::violations_fail strict;
  return interleave::explore({.preemption_bound = 4}, [](interleave::world& w) {
    auto t = std::make_shared<table<T>>();
    T* const old = named::publish(*t).leak();
    auto created = std::make_shared<external<T>>();
    w.thread([=] { (void)external<T>::adopt(old); });
    w.thread([=] {
      *created = Creator::create(*t);
      interleave::check(static_cast<bool>(*created), "a creator never fails on the dying twin");
      interleave::check((*created)->whole.read() == 42, "what was created is whole");
    });
    w.thread([=] {
      guard held(t->lock);
      const external<T> found = t->name.get_not_zero(held);
      held.unlock();
      if (found) interleave::check(found->whole.read() == 42, "what is found is whole");
    });
    w.finally([=] {
      {
        const guard held(t->lock);
        interleave::check(t->name.refers_to(**created), "what was created can be found");
      }
      created->put();
      interleave::check(!t->name && t->alive == 0, "nothing is left");
    });
  });
}

TEST(rule_35, a_creator_never_fails_on_the_dying) {
  EXPECT_HOLDS(created_while_dying<named::in_one_section, named::own_name_only>());
}
TEST(rule_35, twin_that_gives_up_is_caught) {
  EXPECT_BREAKS("wrong: a creator never fails on the dying twin",
                created_while_dying<gives_up, named::own_name_only>());
}
TEST(rule_35, twin_that_takes_any_name_is_caught) {
  EXPECT_BREAKS("wrong: what was created can be found",
                created_while_dying<named::in_one_section, takes_any_name>());
}

}  // namespace
