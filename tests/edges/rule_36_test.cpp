// rule_36 - two creators of one name get one object.
//
// Twins: a creator that looks, unlocks, and inserts without a second look; one that looks again and
// returns its own.

#include "edges/named.hpp"

namespace {

using lastout::external;
using named::guard;
using named::table;
using object = named::object<named::own_name_only>;

/// Right too: makes its object without the lock, and looks again before it inserts.
struct looks_twice {
  static external<object> create(table<object>& t) {
    {
      const guard held(t.lock);
      if (external<object> found = t.name.get_not_zero(held)) return found;
    }
    external<object> made = lastout::make<object>(t);
    guard held(t.lock);
    if (external<object> found = t.name.get_not_zero(held)) {
      held.unlock();  // before our own goes, whose release locks
      return found;
    }
    t.name = lastout::internal<object, interleave::mutex>(*made, t.lock);
    return made;
  }
};

// Broken: somebody else may have inserted meanwhile.
struct looks_once {
  static external<object> create(table<object>& t) {
    {
      const guard held(t.lock);
      if (external<object> found = t.name.get_not_zero(held)) return found;
    }
    external<object> made = lastout::make<object>(t);
    const guard held(t.lock);
    t.name = lastout::internal<object, interleave::mutex>(*made, t.lock);
    return made;
  }
};

// Broken: keeps the other's in the table, and its own in hand.
struct keeps_its_own {
  static external<object> create(table<object>& t) {
    external<object> made = lastout::make<object>(t);
    const guard held(t.lock);
    const external<object> found = t.name.get_not_zero(held);
    if (!found) t.name = lastout::internal<object, interleave::mutex>(*made, t.lock);
    return made;
  }
};

template <class Creator>
interleave::result two_creators() {
  const rules::violations_fail strict;
  return interleave::explore({}, [](interleave::world& w) {
    auto t = std::make_shared<table<object>>();
    struct pair {
      external<object> of[2];
    };
    auto created = std::make_shared<pair>();
    for (int i = 0; i < 2; ++i) {
      w.thread([=] { created->of[i] = Creator::create(*t); });
    }
    w.finally([=] {
      interleave::check(created->of[0] && created->of[1], "both creators have an object");
      interleave::check(created->of[0] == created->of[1], "two creators get one object");
      *created = {};
      interleave::check(!t->name && t->alive == 0, "nothing is left");
    });
  });
}

TEST(rule_36, two_creators_get_one_object) {
  EXPECT_HOLDS(two_creators<named::in_one_section>());
  EXPECT_HOLDS(two_creators<looks_twice>());
}
TEST(rule_36, twin_that_looks_once_is_caught) {
  EXPECT_BREAKS("wrong: two creators get one object", two_creators<looks_once>());
}
TEST(rule_36, twin_that_keeps_its_own_is_caught) {
  EXPECT_BREAKS("wrong: two creators get one object", two_creators<keeps_its_own>());
}

}  // namespace
