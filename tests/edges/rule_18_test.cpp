// rule_18 - a counted list reference has the same race: reading it and getting is atomic against
// removing and putting it.
//
// Scenario: a list of another subsystem holds an external reference; one thread looks up, one
// removes. Twins: a look-up that gets after unlocking; one that never locks.

#include <memory>
#include <mutex>
#include <utility>

#include <lastout/kref.hpp>
#include <lastout/external.hpp>

#include "rules/explored.hpp"

namespace {

using lastout::external;

struct item : rules::watched_memory, lastout::kref<item> {
  interleave::plain<int> value{42};
};

struct list {
  interleave::mutex lock;
  interleave::plain<item*> seen{nullptr};  // what `counted` refers to, for races to be found
  external<item> counted;
};

struct gets_inside {
  static external<item> look_up(list& l) {
    const std::lock_guard held(l.lock);
    return l.seen.read() != nullptr ? l.counted : external<item>();
  }
};

// Broken: the list's reference is gone before it is got.
struct gets_after_unlocking {
  static external<item> look_up(list& l) {
    l.lock.lock();
    item* const found = l.seen.read();
    l.lock.unlock();
    return found != nullptr ? external<item>::get(*found) : external<item>();
  }
};

// Broken: a counted pointer needs no lock, it was thought.
struct never_locks {
  static external<item> look_up(list& l) {
    item* const found = l.seen.read();
    return found != nullptr ? external<item>::get(*found) : external<item>();
  }
};

template <class Reader>
interleave::result look_up_against_removal() {
  const rules::violations_fail strict;
  return interleave::explore({}, [](interleave::world& w) {
    auto l = std::make_shared<list>();
    l->counted = lastout::make<item>();
    l->seen = l->counted.address();
    w.thread([=] {
      if (const external<item> found = Reader::look_up(*l)) {
        interleave::check(found->value.read() == 42, "the object is whole");
      }
    });
    w.thread([=] {
      external<item> removed;
      {
        const std::lock_guard held(l->lock);
        l->seen = nullptr;
        removed = std::move(l->counted);
      }
    });
  });
}

TEST(rule_18, a_counted_reference_is_read_and_got_in_one_section) {
  EXPECT_HOLDS(look_up_against_removal<gets_inside>());
}
TEST(rule_18, twin_that_gets_after_unlocking_is_caught) {
  EXPECT_BREAKS("use after|data race", look_up_against_removal<gets_after_unlocking>());
}
TEST(rule_18, twin_that_never_locks_is_caught) {
  EXPECT_BREAKS("data race", look_up_against_removal<never_locks>());
}

}  // namespace
