// rule_42.cpp - destroy is idempotent; death is a state change plus the drop of the existence
// reference; the last one out frees.

#include <utility>

#include <lastout/dual.hpp>
#include <lastout/external.hpp>
#include <lastout/kcref.hpp>
#include <lastout/kref.hpp>
#include <lastout/plain.hpp>

#include "rules/support.hpp"

namespace {

using lastout::external;
using rules::recorded_violations;
using rules::verdict;

/// What a user of a process sees of its end.
struct seen_end {
  int ended = 0;  // the state changed so often
  int freed = 0;
};

/// A process as Akaros has it: it holds its own existence reference until destroy().
struct process : lastout::kref<process> {
  explicit process(seen_end& s) : seen(s) {}
  ~process() { ++seen.freed; }
  void destroy() {
    external<process> existence_ref;
    {
      const std::lock_guard<std::mutex> guard(lock);
      if (std::exchange(dying, true)) return;
      ++seen.ended;
      existence_ref = std::move(existence);
    }
  }
  seen_end& seen;
  std::mutex lock;
  bool dying = false;
  external<process> existence;
};

struct by_existence_reference {
  explicit by_existence_reference(seen_end& s) : user(lastout::make<process>(s)) {
    user->existence = user;
  }
  void destroy() { user->destroy(); }
  void user_leaves() { user.put(); }
  external<process> user;
};

/// The same by dual: the state change is close(), the existence reference an active one.
struct device : lastout::dual<device> {
  explicit device(seen_end& s) : seen(s) {}
  ~device() { ++seen.freed; }
  void deactivate() noexcept { ++seen.ended; }
  seen_end& seen;
};

struct by_close {
  explicit by_close(seen_end& s)
      : existence(lastout::make_active<device>(s)), user(existence.get_passive()) {}
  void destroy() {
    user->close();
    existence.put();  // an empty handle puts nothing
  }
  void user_leaves() { user.put(); }
  lastout::active<device> existence;
  lastout::passive<device> user;
};

/// The twin: each destroy drops a reference.
struct puts_each_time {
  explicit puts_each_time(seen_end& s) : seen(s) {}
  void destroy() {
    if (references == 2) ++seen.ended;
    put();  // broken: the second one drops the user's
  }
  void user_leaves() { put(); }
  void put() {
    if (--references == 0) ++seen.freed;
  }
  seen_end& seen;
  int references = 2;
};

/// The twin: frees there and then.
struct frees_at_once {
  explicit frees_at_once(seen_end& s) : seen(s) {}
  void destroy() {
    if (std::exchange(dying, true)) return;
    ++seen.ended;
    ++seen.freed;  // broken: the user is not the last one out, destroy is
  }
  void user_leaves() {}
  seen_end& seen;
  bool dying = false;
};

/// The twin: changes the state each time.
struct ends_twice {
  explicit ends_twice(seen_end& s) : seen(s) {}
  void destroy() { ++seen.ended; }  // broken: not idempotent
  void user_leaves() { ++seen.freed; }
  seen_end& seen;
};

/// The twin: changes the state, and forgets the existence reference.
struct never_freed {
  explicit never_freed(seen_end& s) : seen(s) {}
  void destroy() { seen.ended = 1; }  // broken: the existence reference stays
  void user_leaves() {}
  seen_end& seen;
};

template <class Object>
verdict the_last_one_out_frees_whatever_is_destroyed_twice() {
  verdict v;
  seen_end seen;
  Object object(seen);
  object.destroy();
  v.require(seen.ended == 1, "destroyed, and the state did not change");
  object.destroy();
  v.require(seen.ended == 1, "the second destroy changed the state again");
  v.require(seen.freed == 0, "freed under a user");
  object.user_leaves();
  v.require(seen.freed == 1, "the last one out did not free, once");
  return v;
}

TEST(rule_42, the_last_one_out_frees_whatever_is_destroyed_twice) {
  const recorded_violations seen;
  EXPECT_HELD(the_last_one_out_frees_whatever_is_destroyed_twice<by_existence_reference>());
  EXPECT_HELD(the_last_one_out_frees_whatever_is_destroyed_twice<by_close>());
  EXPECT_TRUE(seen.none()) << seen.text();
}

TEST(rule_42, twin_is_caught) {
  EXPECT_BROKEN(the_last_one_out_frees_whatever_is_destroyed_twice<puts_each_time>());
  EXPECT_BROKEN(the_last_one_out_frees_whatever_is_destroyed_twice<frees_at_once>());
  EXPECT_BROKEN(the_last_one_out_frees_whatever_is_destroyed_twice<ends_twice>());
  EXPECT_BROKEN(the_last_one_out_frees_whatever_is_destroyed_twice<never_freed>());
}

// The core's own ways of saying "end this" can each be said twice.

struct page;
struct buffer : lastout::plain<buffer, page> {
  explicit buffer(int& f) : freed(f) {}
  ~buffer() { ++freed; }
  int& freed;
};
struct page : lastout::plain_parent<page, buffer> {};

TEST(rule_42, purge_twice_frees_once) {
  const recorded_violations seen;
  int freed = 0;
  page parent;
  ASSERT_NE(parent.add(freed), nullptr);
  EXPECT_TRUE(parent.purge());
  EXPECT_TRUE(parent.purge());
  EXPECT_EQ(freed, 1);
  EXPECT_TRUE(seen.none()) << seen.text();
}

std::mutex cache_lock;
struct inode : lastout::kcref<inode, std::mutex> {
  explicit inode(int& u, int& f) : unlinked(u), freed(f) {}
  ~inode() { ++freed; }
  std::tuple<std::mutex&> locks() noexcept { return {cache_lock}; }
  lastout::fate idle(const idle_proof&) noexcept { return lastout::fate::keep; }
  void unlink(const idle_proof&) noexcept { ++unlinked; }
  int& unlinked;
  int& freed;
};

TEST(rule_42, kill_on_put_twice_kills_once) {
  const recorded_violations seen;
  int unlinked = 0, freed = 0;
  external<inode> one = lastout::make<inode>(unlinked, freed);
  external<inode> other = one;
  one.kill_on_put();
  other.kill_on_put();
  one.put();
  EXPECT_EQ(unlinked + freed, 0);
  other.put();
  EXPECT_EQ(unlinked, 1);
  EXPECT_EQ(freed, 1);
  EXPECT_TRUE(seen.none()) << seen.text();
}

TEST(rule_42, kill_idle_twice_kills_once) {
  const recorded_violations seen;
  int unlinked = 0, freed = 0;
  external<inode> user = lastout::make<inode>(unlinked, freed);
  inode& cached = *user;
  {
    std::unique_lock<std::mutex> guard(cache_lock);
    EXPECT_FALSE(cached.kill_idle(guard)) << "killed while in use";
  }
  user.put();
  {
    lastout::killed<inode> gone;
    std::unique_lock<std::mutex> guard(cache_lock);
    gone = cached.kill_idle(guard);
    EXPECT_TRUE(gone);
    EXPECT_FALSE(cached.kill_idle(guard));
    EXPECT_EQ(unlinked, 1);
    EXPECT_EQ(freed, 0);
    guard.unlock();
  }
  EXPECT_EQ(freed, 1);
  EXPECT_TRUE(seen.none()) << seen.text();
}

}  // namespace
