// rule_56.cpp - underflow is reported at the put that did it.
//
// Whose reference such a put consumed, when it was not the last, is the ledger's business: until
// then the put that finds nothing left is the one that can be told.

#include <cstdint>
#include <string>
#include <tuple>

#include <lastout/dual.hpp>
#include <lastout/external.hpp>
#include <lastout/kcref.hpp>
#include <lastout/kref.hpp>
#include <lastout/local_word.hpp>
#include <lastout/locked_word.hpp>
#include <lastout/plain.hpp>
#include <lastout/refcount.hpp>

#include "rules/support.hpp"

namespace {

using lastout::count_state;
using lastout::external;
using lastout::violation;
using rules::recorded_violations;
using rules::verdict;

/// The twin: a number that passes zero unnoticed.
class unnoticed {
 public:
  explicit unnoticed(std::uint32_t n) : n_(n) {}
  bool put(lastout::subject = {}) { return --n_ == 0; }  // broken: and 0 becomes 4294967295
  bool get_not_zero() { return n_ != 0; }

 private:
  std::uint32_t n_;
};

/// The twin: tells at the next look, not at the put.
class told_late : public unnoticed {
 public:
  using unnoticed::unnoticed;
  bool put(lastout::subject who = {}) {
    if (over_) lastout::report(violation::put_once_dead, who, "put");
    return unnoticed::put() && (over_ = true);  // broken: the one after the put that did it is told
  }

 private:
  bool over_ = false;
};

/// The twin: says last twice.
class last_twice : public unnoticed {
 public:
  using unnoticed::unnoticed;
  bool put(lastout::subject who = {}) {
    if (unnoticed::put()) over_ = true;
    if (over_ && told_) lastout::report(violation::put_once_dead, who, "put");
    told_ = over_;
    return over_;  // broken: whoever asked frees again
  }

 private:
  bool over_ = false, told_ = false;
};

template <class Word>
verdict a_put_too_many_is_reported_there_and_then() {
  recorded_violations seen;
  verdict v;
  Word word(2);
  int object = 0;
  const lastout::subject who{"session", &object};
  v.require(!word.put(who), "the first of two puts says last");
  v.require(word.put(who), "the last put does not say so");
  v.require(seen.none(), "reported a put that was right: " + seen.text());
  v.require(!word.put(who), "a put too many says last");
  if (!v.require(seen.only(violation::put_once_dead), "not reported at the put: " + seen.text())) {
    return v;
  }
  v.require(seen.last().operation == "put", "the operation is not named");
  v.require(seen.last().who.object == &object, "the object is not named");
  v.require(std::string(seen.last().who.type) == "session", "the type is not named");
  v.require(seen.last().references == 0, "references are told where there are none");
  v.require(seen.last().stack_depth != 0, "there is no stack");
  v.require(!word.get_not_zero(), "a put too many revived the object");
  v.require(!word.put(who) && seen.count() == 2, "the next put too many is not reported");
  return v;
}

template <class Word>
class rule_56 : public testing::Test {};
using words = testing::Types<lastout::refcount, lastout::locked_word, lastout::local_word>;
TYPED_TEST_SUITE(rule_56, words);

TYPED_TEST(rule_56, a_put_too_many_is_reported_there_and_then) {
  EXPECT_HELD(a_put_too_many_is_reported_there_and_then<TypeParam>());
}

TYPED_TEST(rule_56, twin_is_caught) {
  EXPECT_BROKEN(a_put_too_many_is_reported_there_and_then<unnoticed>());
  EXPECT_BROKEN(a_put_too_many_is_reported_there_and_then<told_late>());
  EXPECT_BROKEN(a_put_too_many_is_reported_there_and_then<last_twice>());
}

TYPED_TEST(rule_56, misuse_put_at_idle_is_reported_and_leaks) {
  recorded_violations seen;
  TypeParam word(1);
  ASSERT_TRUE(word.put_to_zero());
  ASSERT_EQ(word.settle(count_state::idle), lastout::settled::ours);
  EXPECT_FALSE(word.put());
  EXPECT_TRUE(seen.only(violation::put_at_zero)) << seen.text();
  EXPECT_EQ(seen.last().state, "idle");
  EXPECT_FALSE(word.bury());
}

TYPED_TEST(rule_56, misuse_put_before_the_first_half_is_settled_is_reported_and_leaks) {
  recorded_violations seen;
  TypeParam word(1);
  ASSERT_TRUE(word.put_to_zero());
  EXPECT_FALSE(word.put());
  EXPECT_TRUE(seen.only(violation::put_at_zero)) << seen.text();
  EXPECT_EQ(word.settle(count_state::dead), lastout::settled::not_ours);
  EXPECT_TRUE(word.leave());
}

// The styles name type and object, and run no hook again.

struct session : lastout::kref<session> {
  void release() noexcept { ++released; }  // the memory stays
  int released = 0;
};

template <class T>
void put_too_many(T& object) {
  external<T>::adopt(&object).put();
}

TEST(rule_56_styles, misuse_kref_is_released_once) {
  recorded_violations seen;
  session object;
  lastout::reference_access::birth(object);
  put_too_many(object);
  EXPECT_EQ(object.released, 1);
  EXPECT_TRUE(seen.none()) << seen.text();
  put_too_many(object);
  EXPECT_EQ(object.released, 1);
  // A checked build notices when the reference is taken over that the put would give back.
  ASSERT_TRUE(
      seen.only(lastout::checked_build ? violation::adopt_once_dead : violation::put_once_dead))
      << seen.text();
  EXPECT_EQ(seen.last().who.object, &object);
  EXPECT_NE(std::string(seen.last().who.type).find("session"), std::string::npos);
}

struct inode : lastout::kcref<inode, rules::told_lock> {
  std::tuple<rules::told_lock&> locks() noexcept { return {lock}; }
  void unlink(const idle_proof&) noexcept {}
  lastout::fate idle(const idle_proof&) noexcept {
    ++asked;
    return lastout::fate::keep;
  }
  void release() noexcept { ++released; }
  rules::told_lock lock;
  int asked = 0, released = 0;
};

TEST(rule_56_styles, misuse_kcref_that_is_idle_is_not_asked_again) {
  recorded_violations seen;
  static inode& object = *new inode;  // leaked on purpose, by the word
  lastout::reference_access::birth(object);
  put_too_many(object);
  EXPECT_EQ(object.asked, 1);
  put_too_many(object);
  ASSERT_TRUE(seen.only(violation::put_at_zero)) << seen.text();
  EXPECT_EQ(seen.last().who.object, &object);
  EXPECT_EQ(object.asked, 1);
  EXPECT_EQ(object.lock.times(), 1);
  EXPECT_EQ(object.released, 0);
}

struct page;
struct buffer : lastout::plain<buffer, page> {
  void release() noexcept { ++released; }
  int released = 0;
};
struct page : lastout::plain_parent<page, buffer> {};

TEST(rule_56_styles, misuse_plain_put_of_the_parents_own_is_reported) {
  recorded_violations seen;
  static buffer* child;  // not freed by its release
  page parent;
  child = parent.add();
  put_too_many(*child);
  EXPECT_TRUE(seen.only(violation::put_at_zero)) << seen.text();
  EXPECT_EQ(seen.last().who.object, child);
  EXPECT_EQ(child->released, 0);
  EXPECT_FALSE(parent.purge()) << "freed, and somebody may hold the reference that was put";
}

struct super : lastout::dual<super, lastout::unnamed_holders> {
  void deactivate() noexcept { ++ended; }
  void release() noexcept { ++freed; }
  int ended = 0, freed = 0;
};

TEST(rule_56_styles, misuse_dual_active_put_too_many_is_reported_and_leaks) {
  recorded_violations seen;
  static super& object = *new super;
  lastout::reference_access::birth(object);
  lastout::active<super> user = lastout::active<super>::adopt(&object);
  lastout::passive<super> looker = user.get_passive();
  user.put();
  EXPECT_EQ(object.ended, 1);
  lastout::active<super>::adopt(&object).put();
  ASSERT_TRUE(seen.only(violation::put_at_zero)) << seen.text();
  EXPECT_EQ(seen.last().who.object, &object);
  EXPECT_EQ(seen.last().operation, "put of an active reference");
  EXPECT_EQ(object.ended, 1);
  looker.put();
  EXPECT_EQ(object.freed, 0);
  EXPECT_EQ(seen.count(), 1U) << seen.text();
}

TEST(rule_56_styles, misuse_dual_get_of_a_freed_one_is_reported_and_frees_nothing_again) {
  recorded_violations seen;
  static super& object = *new super;
  lastout::reference_access::birth(object);
  lastout::active<super> user = lastout::active<super>::adopt(&object);
  lastout::passive<super> looker = user.get_passive();
  user.put();
  looker.put();
  EXPECT_EQ(object.freed, 1);
  EXPECT_TRUE(seen.none()) << seen.text();
  lastout::passive<super>::get(object).put();
  EXPECT_TRUE(seen.only(violation::get_at_zero)) << seen.text();
  EXPECT_EQ(object.freed, 1);
}

}  // namespace
