// rule_26 - an internal reference becomes an external one only (kref) by get_not_zero, (kcref)
// under the subsystem's lock, (plain) by the parent's rule.
//
// Twins: styles that open another way in. Tool: the type system (also compile/rule_26_*.cpp), and
// what each way answers.

#include <mutex>
#include <tuple>

#include <lastout/internal.hpp>
#include <lastout/kcref.hpp>
#include <lastout/kref.hpp>
#include <lastout/plain.hpp>

#include "rules/support.hpp"

namespace {

using lastout::external;
using lastout::internal;
using lastout::violation;
using rules::verdict;

struct lock_of_the_list : std::mutex {};
struct another_lock : std::mutex {};
using held = std::unique_lock<lock_of_the_list>;
using held_another = std::unique_lock<another_lock>;

/// The ways from an internal reference to an external one that compile.
template <class T>
struct ways {
  using reference = internal<T, lock_of_the_list>;
  template <class... Proof>
  static constexpr bool get_not_zero =
      requires(const reference& r, const Proof&... proof) { r.get_not_zero(proof...); };
  template <class... Proof>
  static constexpr bool resurrect =
      requires(const reference& r, const Proof&... proof) { r.resurrect(proof...); };
  template <class... Proof>
  static constexpr bool resurrect_object =
      requires(T& object, const Proof&... proof) { object.resurrect(proof...); };
  static constexpr bool convert = std::is_convertible_v<reference, external<T>> ||
                                  std::is_constructible_v<external<T>, reference> ||
                                  requires(const reference& r) { *r; } ||
                                  requires(const reference& r) { r.operator->(); };
  static constexpr bool without_the_lock =
      get_not_zero<> || resurrect<> || resurrect_object<> || get_not_zero<held_another> ||
      resurrect<held_another> || resurrect_object<held_another> || get_not_zero<lock_of_the_list> ||
      resurrect<lock_of_the_list> || resurrect_object<lock_of_the_list> ||
      get_not_zero<std::lock_guard<lock_of_the_list>> ||
      resurrect<std::lock_guard<lock_of_the_list>> ||
      resurrect_object<std::lock_guard<lock_of_the_list>>;
};

/// Which ways are open: under the list's lock, and no other.
template <class T>
verdict only(bool get_not_zero, bool resurrect) {
  verdict v;
  v.require(ways<T>::template get_not_zero<held> == get_not_zero, "get_not_zero");
  v.require(ways<T>::template resurrect<held> == resurrect, "resurrect");
  v.require(ways<T>::template resurrect_object<held> == resurrect, "the object's own resurrect");
  v.require(!ways<T>::convert, "conversion");
  v.require(!ways<T>::without_the_lock, "a way without the lock");
  return v;
}

struct session : lastout::kref<session> {};

struct inode : lastout::kcref<inode, lock_of_the_list> {
  explicit inode(lock_of_the_list& l) : lock(l) {}
  std::tuple<lock_of_the_list&> locks() noexcept { return {lock}; }
  void unlink(const idle_proof&) noexcept {}
  lastout::fate idle(const idle_proof&) noexcept { return lastout::fate::keep; }
  lock_of_the_list& lock;
};

struct page;
struct buffer : lastout::plain<buffer, page> {};
struct page : lastout::plain_parent<page, buffer> {};

// Broken as kref: what has died comes back.
struct resurrects : lastout::kref<resurrects> {
  template <lastout::proves<lock_of_the_list> Proof>
  external<resurrects> resurrect(const Proof&) noexcept;
};

// Broken as kcref: the lock is not in the signature.
struct resurrects_unlocked : lastout::kcref<resurrects_unlocked, lock_of_the_list> {
  explicit resurrects_unlocked(lock_of_the_list& l) : lock(l) {}
  std::tuple<lock_of_the_list&> locks() noexcept { return {lock}; }
  void unlink(const idle_proof&) noexcept {}
  lastout::fate idle(const idle_proof&) noexcept { return lastout::fate::keep; }
  external<resurrects_unlocked> resurrect() noexcept;
  using kcref::resurrect;
  lock_of_the_list& lock;
};

// Broken as plain: needs no parent.
struct orphan : lastout::plain<orphan, page> {
  bool get_reference_not_zero() noexcept { return false; }
};

TEST(rule_26, a_kref_is_promoted_by_get_not_zero_only) { EXPECT_HELD(only<session>(true, false)); }
TEST(rule_26, a_kcref_is_promoted_under_the_lock_only) { EXPECT_HELD(only<inode>(true, true)); }
TEST(rule_26, a_plain_is_promoted_by_its_parent_only) { EXPECT_HELD(only<buffer>(false, false)); }
TEST(rule_26, twins_with_another_way_in_are_caught) {
  EXPECT_BROKEN(only<resurrects>(true, false));
  EXPECT_BROKEN(only<resurrects_unlocked>(true, true));
  EXPECT_BROKEN(only<orphan>(false, false));
}

/// A parent's rule: its own children, while it has not purged them.
template <class Parent>
verdict the_parent_decides() {
  verdict v;
  rules::recorded_violations told;
  page mine, other;
  buffer* const child = mine.add();
  external<buffer> user = Parent::get(mine, *child);
  v.require(user && child->references() == 1, "a parent cannot give out its child");
  v.require(told.none(), told.text());
  const external<buffer> wrong = Parent::get(other, *child);
  v.require(!wrong, "another parent gave out the child");
  v.require(told.only(violation::wrong_parent), "another parent told " + told.text());
  v.require(!mine.purge(), "purged a child in use");
  return v;
}

struct real_parent {
  static external<buffer> get(page& parent, buffer& child) { return parent.get(child); }
};

// Broken: does not ask whose child it is.
struct any_parent {
  static external<buffer> get(page&, buffer& child) { return child.parent().get(child); }
};

TEST(rule_26, a_parent_gives_out_its_own_children) {
  EXPECT_HELD(the_parent_decides<real_parent>());
}
TEST(rule_26, twin_parent_that_does_not_ask_is_caught) {
  EXPECT_BROKEN(the_parent_decides<any_parent>());
}

TEST(rule_26, resurrect_brings_back_the_idle_and_not_the_dead) {
  lock_of_the_list lock;
  external<inode> first = lastout::make<inode>(lock);
  inode& object = *first;
  const internal<inode, lock_of_the_list> listed(object, lock);
  first.put();
  ASSERT_TRUE(object.idle_now());
  {
    const held proof(lock);
    EXPECT_FALSE(listed.get_not_zero(proof));
    first = listed.resurrect(proof);
    EXPECT_TRUE(first);
  }
  EXPECT_EQ(object.references(), 1u);
  first.put();
  lastout::killed<inode> gone;
  rules::recorded_violations told;
  {
    const held proof(lock);
    gone = object.kill_idle(proof);
    ASSERT_TRUE(gone);
    EXPECT_FALSE(listed.resurrect(proof));
  }
  EXPECT_TRUE(told.only(violation::resurrect_once_dead)) << told.text();
}

TEST(rule_26, another_mutex_of_the_same_type_is_a_violation_in_checked_builds) {
  if (!lastout::checked_build)
    GTEST_SKIP()
        << "unchecked builds do not look at the guard; the sanitizers' presets are checked";
  lock_of_the_list lock, wrong;
  external<inode> user = lastout::make<inode>(lock);
  const internal<inode, lock_of_the_list> listed(*user, lock);
  for (const bool idle : {false, true}) {
    rules::recorded_violations told;
    const held other(wrong);
    const held open(lock, std::defer_lock);
    if (idle) user.put();
    EXPECT_FALSE(listed.get_not_zero(other));
    EXPECT_FALSE(listed.resurrect(other));
    EXPECT_EQ(told.count(violation::wrong_lock), 2u) << told.text();
    EXPECT_FALSE(listed.get_not_zero(open));
    EXPECT_FALSE(listed.resurrect(open));
    EXPECT_EQ(told.count(violation::lock_not_held), 2u) << told.text();
  }
  const held proof(lock);
  user = listed.resurrect(proof);
  user.kill_on_put();
  EXPECT_TRUE(user);
}

}  // namespace
