// rule_38.cpp - active and passive references are different counts and different types; active zero
// does not free.

#include <type_traits>

#include <lastout/dual.hpp>
#include <lastout/external.hpp>

#include "rules/support.hpp"

namespace {

using lastout::active;
using lastout::passive;
using rules::recorded_violations;
using rules::verdict;

/// How often the object ended its active life, and how often it was freed.
struct life {
  int ended = 0;
  int freed = 0;
};

struct superblock : lastout::dual<superblock> {
  explicit superblock(life& l) : seen(l) {}
  void deactivate() noexcept { ++seen.ended; }
  void release() noexcept {
    ++seen.freed;
    delete this;
  }
  life& seen;
};

/// One user, and one who only looks.
struct two_counts {
  explicit two_counts(life& l)
      : user(lastout::make_active<superblock>(l)), looker(user.get_passive()) {}
  void user_leaves() { user.put(); }
  void looker_leaves() { looker.put(); }
  bool used_again() { return bool(looker.get_active()); }

  active<superblock> user;
  passive<superblock> looker;
};

/// The twin: one test for both kinds.
struct active_zero_frees {
  explicit active_zero_frees(life& l) : seen(l) {}
  void user_leaves() {
    ++seen.ended;
    if (--users == 0) ++seen.freed;  // broken: the looker is not asked
  }
  void looker_leaves() {
    if (--lookers == 0 && users != 0) ++seen.freed;
  }
  bool used_again() { return users != 0; }

  life& seen;
  int users = 1, lookers = 1;
};

/// The twin: one count for both kinds, so that who looks keeps the object in use.
struct one_count {
  explicit one_count(life& l) : seen(l) {}
  void leave() {
    if (--references == 0) ++seen.ended, ++seen.freed;
  }
  void user_leaves() { leave(); }
  void looker_leaves() { leave(); }  // broken: a looker counts as a user
  bool used_again() { return references != 0; }

  life& seen;
  int references = 2;
};

template <class Pair>
verdict active_zero_ends_the_use_and_passive_zero_frees() {
  verdict v;
  life l;
  Pair pair(l);
  pair.user_leaves();
  v.require(l.ended == 1, "the last user left and the object's use did not end");
  v.require(l.freed == 0, "the last user left and the object was freed under who looks");
  v.require(!pair.used_again(), "a user was made after the last one had left");
  pair.looker_leaves();
  v.require(l.ended == 1 && l.freed == 1, "the last looker left and the object was not freed once");
  return v;
}

TEST(rule_38, active_zero_ends_the_use_and_passive_zero_frees) {
  const recorded_violations seen;
  EXPECT_HELD(active_zero_ends_the_use_and_passive_zero_frees<two_counts>());
  EXPECT_TRUE(seen.none()) << seen.text();
}

TEST(rule_38, twin_is_caught) {
  EXPECT_BROKEN(active_zero_ends_the_use_and_passive_zero_frees<active_zero_frees>());
  EXPECT_BROKEN(active_zero_ends_the_use_and_passive_zero_frees<one_count>());
}

TEST(rule_38, passive_references_come_and_go_without_ending_the_use) {
  life l;
  active<superblock> user = lastout::make_active<superblock>(l);
  {
    const passive<superblock> one = user.get_passive();
    const passive<superblock> two = one;
    EXPECT_EQ(user->active_references(), 1U);
    EXPECT_EQ(user->passive_references(), 3U);  // one is held by the active ones together
  }
  EXPECT_EQ(user->passive_references(), 1U);
  EXPECT_EQ(l.ended, 0);
  const active<superblock> other = user.share();
  EXPECT_EQ(user->passive_references(), 1U);
  EXPECT_EQ(user->active_references(), 2U);
}

TEST(rule_38, active_references_end_the_use_once_each_life) {
  life l;
  {
    active<superblock> user = lastout::make_active<superblock>(l);
    active<superblock> other = user.share();
    user.put();
    EXPECT_EQ(l.ended, 0);
  }
  EXPECT_EQ(l.ended, 1);
  EXPECT_EQ(l.freed, 1);
}

// The types: tests/compile/rule_38_*.cpp show what the compiler says.
static_assert(!std::is_copy_constructible_v<active<superblock>>);
static_assert(!std::is_convertible_v<active<superblock>, passive<superblock>>);
static_assert(!std::is_convertible_v<passive<superblock>, active<superblock>>);
static_assert(!lastout::counted<superblock>, "external<superblock> would be neither kind");

}  // namespace
