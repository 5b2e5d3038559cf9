// rule_08 - a put says whether this call was the last, so that the caller can do the rest of the
// release outside a lock.
//
// Twins: a put with the inverted result (Akaros, cons.c); a last put that releases before it
// unlocks. Tool: the answers of the puts; a lock that tells whether it was held.

#include <tuple>

#include <lastout/kcref.hpp>

#include "rules/support.hpp"
#include "rules/words.hpp"

namespace {

using lastout::external;
using rules::told_lock;
using rules::verdict;

template <class Word>
verdict only_the_last_put_says_so() {
  verdict v;
  for (std::uint32_t n = 1; n <= 5; ++n) {
    const rules::recorded_violations told;
    Word word;
    word.birth(n);
    for (std::uint32_t left = n - 1; left != 0; --left) {
      v.require(!word.put(), "said last with " + std::to_string(left) + " left");
    }
    v.require(word.put(), "the last put did not say so");
    v.require(word.dead(), "not dead after the last put");
    v.require(!word.put() && told.count() == 1, "a put too many said that it was the last");
  }
  return v;
}

// Broken: says the opposite.
struct inverted : lastout::refcount {
  bool put() noexcept { return !lastout::refcount::put(); }
};

/// Where an object was released.
struct seen {
  told_lock lock;
  int released = 0;
  int released_under_lock = 0;
  void release() {
    ++released;
    released_under_lock += lock.held() ? 1 : 0;
  }
};

struct inode : lastout::kcref<inode, told_lock> {
  explicit inode(seen& s) : in(s) {}
  std::tuple<told_lock&> locks() noexcept { return {in.lock}; }
  void unlink(const idle_proof&) noexcept {}
  lastout::fate idle(const idle_proof&) noexcept {
    return keep ? lastout::fate::keep : lastout::fate::kill;
  }
  void release() noexcept {
    in.release();
    delete this;
  }
  seen& in;
  bool keep = false;
};

// Broken: releases first, then unlocks.
struct releases_under_lock {
  using counted_root = releases_under_lock;
  explicit releases_under_lock(seen& s) : in(s) {}
  void birth_reference() noexcept { word.birth(); }
  void get_reference() const noexcept { word.get(); }
  void put_reference() const noexcept {
    seen& outlives = in;
    outlives.lock.lock();
    if (word.put()) {
      in.release();
      delete this;
    }
    outlives.lock.unlock();
  }
  seen& in;
  mutable lastout::refcount word;
};

template <class T>
verdict release_runs_outside_the_lock() {
  verdict v;
  seen by;
  {
    const external<T> only = lastout::make<T>(by);
  }
  v.require(by.released == 1, "not released once");
  v.require(by.released_under_lock == 0, "released under the lock");
  return v;
}

TEST(rule_08, only_the_last_put_says_so) { EXPECT_HELD_BY_EACH_WORD(only_the_last_put_says_so); }
TEST(rule_08, release_runs_outside_the_lock) {
  EXPECT_HELD(release_runs_outside_the_lock<inode>());
}
TEST(rule_08, what_is_killed_under_the_lock_is_released_outside_it) {
  seen by;
  external<inode> only = lastout::make<inode>(by);
  inode& object = *only;
  object.keep = true;
  only.put();
  ASSERT_TRUE(object.idle_now());
  {
    lastout::killed<inode> gone;
    {
      std::unique_lock<told_lock> held(by.lock);
      gone = object.kill_idle(held);
      EXPECT_EQ(by.released, 0);
    }
    EXPECT_TRUE(gone);
  }
  EXPECT_EQ(by.released, 1);
  EXPECT_EQ(by.released_under_lock, 0);
}
TEST(rule_08, twin_with_the_inverted_result_is_caught) {
  EXPECT_BROKEN(only_the_last_put_says_so<inverted>());
}
TEST(rule_08, twin_that_releases_under_the_lock_is_caught) {
  EXPECT_BROKEN(release_runs_outside_the_lock<releases_under_lock>());
}

}  // namespace
