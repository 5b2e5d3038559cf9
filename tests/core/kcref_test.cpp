// kcref_test.cpp - the object outlives its last external reference; killing it takes every lock.

#include <array>
#include <mutex>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <lastout/internal.hpp>
#include <lastout/kcref.hpp>

#include "core/violations_seen.hpp"

namespace {

using lastout::external;
using lastout::fate;
using lastout::killed;
using lastout::make;

// What happened, in order: "+a" a lock taken, "-a" given back, "idle", "unlink", "release".
std::string story;

void tell(const std::string& what) { story += story.empty() ? what : " " + what; }
std::string told() { return std::exchange(story, {}); }

/// A mutex that writes down when it is taken. The number makes types differ.
template <int Kind = 0>
class telling_lock {
 public:
  explicit telling_lock(const char* name) : name_(name) {}
  void lock() {
    mutex_.lock();
    held = true;
    if (name_ != nullptr) tell(std::string("+") + name_);
  }
  void unlock() {
    if (name_ != nullptr) tell(std::string("-") + name_);
    held = false;
    mutex_.unlock();
  }
  bool held = false;

 private:
  const char* name_;
  std::mutex mutex_;
};

using lock_a = telling_lock<0>;
using lock_b = telling_lock<1>;
lock_a a("a");
lock_a a2("a2");
lock_b b("b");
telling_lock<2> c("c");

/// What the three test objects have in common.
struct cached_state {
  fate wish = fate::keep;
  static inline int alive = 0;
  cached_state() { ++alive; }
  ~cached_state() { --alive; }
};

bool any_lock_held() { return a.held || a2.held || b.held || c.held; }
void on_release() {
  tell("release");
  EXPECT_FALSE(any_lock_held()) << "release runs with no lock held";
}

struct one_lock : cached_state, lastout::kcref<one_lock, lock_a> {
  std::tuple<lock_a&> locks() noexcept { return {a}; }
  fate idle(const idle_proof&) noexcept {
    tell("idle");
    EXPECT_TRUE(a.held);
    return wish;
  }
  void unlink(const idle_proof&) noexcept {
    tell("unlink");
    EXPECT_TRUE(a.held);
  }
  void release() noexcept {
    on_release();
    delete this;
  }
};

struct two_locks : cached_state, lastout::kcref<two_locks, lock_a, lock_b> {
  std::tuple<lock_a&, lock_b&> locks() noexcept { return {a, b}; }
  fate idle(const idle_proof&) noexcept {
    tell("idle");
    return wish;
  }
  void unlink(const idle_proof&) noexcept {
    tell("unlink");
    EXPECT_TRUE(a.held && b.held);
  }
  void release() noexcept {
    on_release();
    delete this;
  }
};

// Two of its three locks are of one type, and the order is the object's own.
struct three_locks : cached_state, lastout::kcref<three_locks, telling_lock<2>, lock_a, lock_a> {
  std::tuple<telling_lock<2>&, lock_a&, lock_a&> locks() noexcept { return {c, a2, a}; }
  fate idle(const idle_proof&) noexcept { return wish; }
  void unlink(const idle_proof&) noexcept { tell("unlink"); }
  void release() noexcept {
    on_release();
    delete this;
  }
};

class kcref_test : public testing::Test {
 protected:
  kcref_test() { story.clear(); }
  ~kcref_test() override { EXPECT_EQ(cached_state::alive, 0); }
  violations_seen seen;
};

// ---- the last put ----

TEST_F(kcref_test, a_put_that_is_not_the_last_takes_no_lock) {
  external<one_lock> object = make<one_lock>();
  object->wish = fate::kill;
  {
    const external<one_lock> copy = object;
  }
  EXPECT_EQ(told(), "");
  object.put();
  EXPECT_EQ(told(), "+a idle unlink -a release");
}

TEST_F(kcref_test, two_locks_are_taken_in_order_and_given_back_in_reverse) {
  external<two_locks> object = make<two_locks>();
  object->wish = fate::kill;
  object.put();
  EXPECT_EQ(told(), "+a +b idle unlink -b -a release");
}

TEST_F(kcref_test, three_locks_are_taken_in_the_order_of_the_object) {
  external<three_locks> object = make<three_locks>();
  object->wish = fate::kill;
  object.put();
  EXPECT_EQ(told(), "+c +a2 +a unlink -a -a2 -c release");
}

TEST_F(kcref_test, an_object_that_is_kept_is_idle_and_comes_back) {
  external<one_lock> object = make<one_lock>();
  one_lock* const listed = object.address();
  object.put();
  EXPECT_EQ(told(), "+a idle -a");
  EXPECT_TRUE(listed->idle_now());
  EXPECT_EQ(listed->references(), 0u);
  {
    const std::unique_lock lock(a);
    object = listed->resurrect(lock);
  }
  ASSERT_EQ(object, listed);
  EXPECT_EQ(object->references(), 1u);
  EXPECT_FALSE(listed->idle_now());
  object->wish = fate::kill;
}

TEST_F(kcref_test, resurrect_of_a_live_object_is_one_more_reference) {
  external<one_lock> object = make<one_lock>();
  object->wish = fate::kill;
  external<one_lock> second;
  {
    const std::unique_lock lock(a);
    second = object->resurrect(lock);
  }
  EXPECT_EQ(object->references(), 2u);
}

TEST_F(kcref_test, one_of_two_locks_is_proof_for_resurrect) {
  external<two_locks> object = make<two_locks>();
  two_locks* const listed = object.address();
  object.put();
  {
    const std::unique_lock lock(b);
    object = listed->resurrect(lock);
  }
  EXPECT_TRUE(object);
  object.put();
  {
    const std::unique_lock lock(a);
    object = listed->resurrect(lock);
  }
  EXPECT_TRUE(object);
  object->wish = fate::kill;
}

TEST_F(kcref_test, get_not_zero_refuses_an_idle_object_and_internal_resurrect_takes_it) {
  external<one_lock> object = make<one_lock>();
  const lastout::internal<one_lock, lock_a> listed(*object, a);
  object.put();
  {
    const std::unique_lock lock(a);
    EXPECT_FALSE(listed.get_not_zero(lock));
    object = listed.resurrect(lock);
  }
  ASSERT_TRUE(object);
  object->wish = fate::kill;
}

TEST_F(kcref_test, an_empty_internal_reference_resurrects_nothing) {
  const std::unique_lock lock(a);
  EXPECT_FALSE((lastout::internal<one_lock, lock_a>().resurrect(lock)));
}

// ---- kill ----

TEST_F(kcref_test, a_doomed_object_is_killed_without_asking) {
  external<one_lock> object = make<one_lock>();
  external<one_lock> other = object;
  object.kill_on_put();
  object.put();
  EXPECT_EQ(told(), "") << "somebody still uses it";
  other.put();
  EXPECT_EQ(told(), "+a unlink -a release") << "whoever puts the last one";
}

TEST_F(kcref_test, doom_is_said_once_and_repeated_in_vain) {
  external<one_lock> object = make<one_lock>();
  object.kill_on_put();
  object.kill_on_put();
  EXPECT_EQ(object->references(), 1u);
}

TEST_F(kcref_test, kill_idle_kills_under_the_locks_and_releases_outside_them) {
  external<two_locks> object = make<two_locks>();
  two_locks* const listed = object.address();
  object.put();
  (void)told();
  {
    killed<two_locks> gone;
    {
      const std::unique_lock first(a);
      const std::unique_lock second(b);
      gone = listed->kill_idle(first, second);
      ASSERT_TRUE(gone);
      EXPECT_TRUE((*gone).dead());
    }
    EXPECT_EQ(told(), "+a +b unlink -b -a");
  }
  EXPECT_EQ(told(), "release");
}

TEST_F(kcref_test, kill_idle_leaves_an_object_in_use_alone) {
  external<two_locks> object = make<two_locks>();
  object->wish = fate::kill;
  {
    const std::unique_lock first(a);
    const std::unique_lock second(b);
    EXPECT_FALSE(object->kill_idle(first, second));
  }
  EXPECT_FALSE(object->dead());
}

TEST_F(kcref_test, a_killed_object_that_is_still_linked_fails_to_come_back) {
  external<one_lock> object = make<one_lock>();
  one_lock* const forgotten = object.address();
  object.put();
  const std::unique_lock lock(a);
  {
    killed<one_lock> gone = forgotten->kill_idle(lock);
    EXPECT_FALSE(forgotten->resurrect(lock));
    const auto told = seen.take_all();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].what, lastout::violation::resurrect_once_dead);
    EXPECT_EQ(told[0].references, 0u);
    EXPECT_EQ(told[0].state, "dead");
    a.held = false;  // the release below is this test's own order of things
  }
}

// ---- misuse of locks ----

TEST_F(kcref_test, misuse_resurrect_under_the_wrong_lock_is_reported_in_a_checked_build) {
  if constexpr (lastout::checked_build) {
    external<one_lock> object = make<one_lock>();
    object->wish = fate::kill;
    {
      const std::unique_lock lock(a2);
      EXPECT_FALSE(object->resurrect(lock));
    }
    EXPECT_EQ(seen.take(), "wrong_lock");
    const std::unique_lock lock(a, std::defer_lock);
    EXPECT_FALSE(object->resurrect(lock));
    EXPECT_EQ(seen.take(), "lock_not_held");
  }
}

TEST_F(kcref_test, misuse_kill_idle_without_both_locks_is_reported_in_a_checked_build) {
  if constexpr (lastout::checked_build) {
    external<two_locks> object = make<two_locks>();
    two_locks* const listed = object.address();
    object.put();
    {
      const std::unique_lock first(a);
      const std::unique_lock second(b, std::defer_lock);
      EXPECT_FALSE(listed->kill_idle(first, second));
    }
    EXPECT_EQ(seen.take(), "lock_not_held");
    {
      const std::unique_lock first(a);
      lock_b another("another");
      const std::unique_lock second(another);
      EXPECT_FALSE(listed->kill_idle(first, second));
    }
    EXPECT_EQ(seen.take(), "wrong_lock");
    {
      const std::unique_lock first(a);
      object = listed->resurrect(first);
    }
    object.kill_on_put();
  }
}

TEST_F(kcref_test, misuse_a_get_of_an_idle_object_saturates_it_and_it_leaks) {
  external<one_lock> object = make<one_lock>();
  one_lock* const leaked = object.address();
  object.put();
  lastout::reference_access::get(*leaked);
  EXPECT_EQ(seen.take(), "get_at_zero");
  {
    const std::unique_lock lock(a);
    EXPECT_FALSE(leaked->kill_idle(lock));
  }
  EXPECT_EQ(cached_state::alive, 1);
  delete leaked;
  EXPECT_EQ(seen.take(), "destroyed_in_use");
}

template <class T, class... Proof>
concept resurrects = requires(T& object, const Proof&... proof) { object.resurrect(proof...); };
template <class T, class... Proof>
concept kills = requires(T& object, const Proof&... proof) { object.kill_idle(proof...); };
using held_a = std::unique_lock<lock_a>;
using held_b = std::unique_lock<lock_b>;

static_assert(resurrects<one_lock, held_a> && !resurrects<one_lock, held_b>);
static_assert(!resurrects<one_lock> && !resurrects<one_lock, std::lock_guard<lock_a>>);
static_assert(resurrects<two_locks, held_a> && resurrects<two_locks, held_b>);
static_assert(kills<two_locks, held_a, held_b>);
static_assert(!kills<two_locks, held_b, held_a>, "in the order of locks()");
static_assert(!kills<two_locks, held_a>, "killing needs all");
static_assert(!std::is_default_constructible_v<one_lock::idle_proof>, "only the style makes one");

// ---- a lock inside the object ----

struct own_lock : lastout::kcref<own_lock, std::mutex> {
  std::mutex lock;
  static inline int alive = 0;
  own_lock() { ++alive; }
  ~own_lock() { --alive; }
  std::tuple<std::mutex&> locks() noexcept { return {lock}; }
  void unlink(const idle_proof&) noexcept {}
  static fate idle(const idle_proof&) noexcept { return fate::kill; }
};

TEST_F(kcref_test, a_lock_may_live_inside_the_object) {
  external<own_lock> object = make<own_lock>();
  object.put();
  EXPECT_EQ(own_lock::alive, 0);
}

// ---- the variant without a lock ----

struct frozen_out : cached_state, lastout::kcref<frozen_out> {
  fate idle(const idle_proof&) noexcept {
    tell("idle");
    return wish;
  }
  static void unlink(const idle_proof&) noexcept { tell("unlink"); }
  void release() noexcept {
    tell("release");
    delete this;
  }
};

TEST_F(kcref_test, without_a_lock_the_last_put_decides_nothing) {
  external<frozen_out> object = make<frozen_out>();
  frozen_out* const listed = object.address();
  EXPECT_EQ(listed->references(), 1u) << "the structure's own is not told";
  object.put();
  EXPECT_EQ(told(), "");
  EXPECT_EQ(listed->references(), 0u);
  listed->wish = fate::kill;
  EXPECT_TRUE(listed->reclaim());
  EXPECT_EQ(told(), "idle unlink release");
}

TEST_F(kcref_test, reclaim_of_an_object_in_use_asks_nobody) {
  external<frozen_out> object = make<frozen_out>();
  EXPECT_FALSE(object->reclaim());
  EXPECT_EQ(told(), "");
  object.kill_on_put();
}

struct asks_which_way : lastout::kcref<asks_which_way> {
  static inline int reclaimed = 0, last_put = 0;
  static fate idle(const idle_proof&) noexcept { return fate::kill; }
  void unlink(const idle_proof& proof) noexcept { ++(proof.reclaimed() ? reclaimed : last_put); }
};

TEST_F(kcref_test, a_proof_says_whether_the_object_was_reclaimed) {
  external<asks_which_way> first = make<asks_which_way>();
  asks_which_way* const listed = first.address();
  first.put();
  EXPECT_TRUE(listed->reclaim());
  EXPECT_EQ(asks_which_way::reclaimed, 1);
  external<asks_which_way> second = make<asks_which_way>();
  second.kill_on_put();
  second.put();
  EXPECT_EQ(asks_which_way::last_put, 1);
}

struct observed : lastout::kcref<observed> {
  static inline std::uint32_t killed_so_far = 0;
  static fate idle(const idle_proof&) noexcept { return fate::kill; }
  static void observe(lastout::event what, std::uint32_t n) noexcept {
    if (what == lastout::event::killed) killed_so_far += n;
  }
};

TEST_F(kcref_test, who_observes_is_told_that_reclaim_killed) {
  external<observed> object = make<observed>();
  observed* const listed = object.address();
  object.put();
  EXPECT_EQ(observed::killed_so_far, 0u);
  EXPECT_TRUE(listed->reclaim());
  EXPECT_EQ(observed::killed_so_far, 1u);
}

/// Counts what it is told, by event.
template <class T>
struct counting {
  static void observe(lastout::event what, std::uint32_t n) {
    heard[static_cast<std::size_t>(what)] += n;
  }
  static std::uint32_t of(lastout::event what) { return heard[static_cast<std::size_t>(what)]; }
  static inline std::array<std::uint32_t, 7> heard{};
};
struct watched_under_a_lock : counting<watched_under_a_lock>,
                              lastout::kcref<watched_under_a_lock, lock_a> {
  std::tuple<lock_a&> locks() noexcept { return {a}; }
  fate idle(const idle_proof&) noexcept { return wish; }
  void unlink(const idle_proof&) noexcept {}
  fate wish = fate::keep;
};
TEST_F(kcref_test, who_observes_hears_of_resurrection_and_end) {
  using lastout::event;
  using object = watched_under_a_lock;
  external<object> held = make<object>();
  object& it = *held;
  held.put();
  {
    const std::unique_lock<lock_a> guard(a);
    held = it.resurrect(guard);
  }
  EXPECT_EQ(object::of(event::resurrected), 1u);
  EXPECT_EQ(object::of(event::killed), 0u);
  it.wish = fate::kill;
  held.put();
  EXPECT_EQ(object::of(event::killed), 1u);
  EXPECT_EQ(object::of(event::released), 1u);
}

struct watched_without : counting<watched_without>, lastout::kcref<watched_without> {
  fate idle(const idle_proof&) noexcept { return fate::kill; }
  void release() noexcept { ++released; }
  static inline int released = 0;
};
TEST_F(kcref_test, without_a_lock_who_observes_hears_of_the_end_in_a_last_put) {
  external<watched_without> object = make<watched_without>();
  watched_without* const it = object.address();
  object.kill_on_put();
  EXPECT_EQ(watched_without::of(lastout::event::killed), 0u);
  object.put();
  EXPECT_EQ(watched_without::of(lastout::event::killed), 1u);
  EXPECT_EQ(watched_without::released, 1);
  delete it;
}

TEST_F(kcref_test, misuse_without_a_lock_a_put_of_the_structures_reference_is_reported) {
  watched_without::released = 0;
  external<watched_without> object = make<watched_without>();
  watched_without* const it = object.address();
  object.put();
  external<watched_without>::adopt(it).put();  // there is none but the structure's
  const auto told = seen.take_all();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].what, lastout::violation::put_at_zero);
  EXPECT_EQ(told[0].references, 0u);
  EXPECT_EQ(told[0].state, "dead");
  EXPECT_EQ(watched_without::released, 0) << "the structure still finds it";
  delete it;
}

TEST_F(kcref_test, references_are_taken_many_at_once_too) {
  external<one_lock> object = make<one_lock>();
  lastout::reference_access::get(*object, 2);
  EXPECT_EQ(object->references(), 3u);
  external<one_lock>::adopt(object.address()).put();
  external<one_lock>::adopt(object.address()).put();
  EXPECT_EQ(object->references(), 1u);
  object.kill_on_put();
}

TEST_F(kcref_test, without_a_lock_references_are_taken_many_at_once_too) {
  external<frozen_out> object = make<frozen_out>();
  lastout::reference_access::get(*object, 2);
  EXPECT_EQ(object->references(), 3u);
  external<frozen_out>::adopt(object.address()).put();
  external<frozen_out>::adopt(object.address()).put();
  EXPECT_EQ(object->references(), 1u);
  object.kill_on_put();
}

TEST_F(kcref_test, reclaim_that_hears_keep_unfreezes_the_object) {
  external<frozen_out> object = make<frozen_out>();
  frozen_out* const listed = object.address();
  object.put();
  EXPECT_FALSE(listed->reclaim());
  EXPECT_EQ(told(), "idle");
  EXPECT_EQ(listed->references(), 0u);
  std::mutex lock;
  const lastout::internal<frozen_out> in(*listed, lock);
  const std::unique_lock held(lock);
  object = in.get_not_zero(held);
  EXPECT_TRUE(object) << "one atomic add brings it back";
  object.kill_on_put();
}

struct looks_back : lastout::kcref<looks_back> {
  static inline bool found_while_frozen = true;
  fate idle(const idle_proof&) noexcept {
    std::mutex lock;
    const lastout::internal<looks_back> in(*this, lock);
    const std::unique_lock held(lock);
    found_while_frozen = static_cast<bool>(in.get_not_zero(held));
    return fate::kill;
  }
};

TEST_F(kcref_test, while_frozen_every_get_not_zero_fails) {
  external<looks_back> object = make<looks_back>();
  looks_back* const listed = object.address();
  object.put();
  EXPECT_TRUE(listed->reclaim());
  EXPECT_FALSE(looks_back::found_while_frozen);
}

TEST_F(kcref_test, without_a_lock_a_doomed_object_dies_with_its_last_put) {
  external<frozen_out> object = make<frozen_out>();
  external<frozen_out> other = object;
  object.kill_on_put();
  object.kill_on_put();
  EXPECT_EQ(other->references(), 2u) << "the structure's own reference went with the dooming";
  object.put();
  EXPECT_EQ(told(), "");
  other.put();
  EXPECT_EQ(told(), "unlink release");
}

TEST_F(kcref_test, misuse_destruction_of_a_live_or_idle_object_is_reported) {
  external<one_lock> object = make<one_lock>();
  one_lock* const idle = object.address();
  object.put();
  delete idle;
  EXPECT_EQ(seen.take(), "destroyed_in_use");
}

}  // namespace
