// rule_41.cpp - after close() no new active reference is ever made; drain returns exactly when the
// last one is put, or at its deadline with the holders' names.

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <lastout/dual.hpp>
#include <lastout/internal.hpp>

#include "rules/support.hpp"

namespace {

using clock = std::chrono::steady_clock;
using rules::recorded_violations;
using rules::verdict;

struct volume : lastout::dual<volume, lastout::named_holders> {
  void deactivate() noexcept { ended = true; }
  bool ended = false;
};

/// A volume with users "reader" and "writer", and one who closes and drains.
class closing {
 public:
  closing() : reader_(lastout::make_active<volume>()), writer_(reader_.share("writer")) {
    owner_ = reader_.get_passive();
    // The maker's reference is given back under its own name.
    lastout::active<volume> named = reader_.share("reader");
    std::swap(reader_, named);
  }

  void close() { owner_->close(); }
  /// One more user by each of the ways there are. Returns how many were made.
  int users_made() {
    std::mutex lock;
    const std::unique_lock<std::mutex> guard(lock);
    int made = 0;
    made += reader_.share() ? 1 : 0;
    made += owner_.get_active() ? 1 : 0;
    made += lastout::internal<volume>(*owner_, lock).get_not_zero(guard) ? 1 : 0;
    return made;
  }
  void reader_leaves() { reader_.put(); }
  void writer_leaves() { writer_.put(); }
  lastout::drained drain(const std::function<void()>& wait) {
    return owner_->drain(clock::time_point::max(), wait);
  }
  lastout::drained drain_no_longer() { return owner_->drain(clock::time_point::min()); }
  bool ended() { return owner_->ended; }
  std::multiset<std::string> holders() {
    std::multiset<std::string> names;
    owner_->for_each_holder([&names](const lastout::holder& each) { names.insert(each.name); });
    return names;
  }

 private:
  lastout::passive<volume> owner_;
  lastout::active<volume> reader_, writer_;
};

/// What the twins have in common: the same from a number and a flag, right but for what they
/// override.
class by_hand {
 public:
  virtual ~by_hand() = default;
  void close() { closed = true; }
  virtual int users_made() { return closed ? 0 : 3; }
  void reader_leaves() { leave(); }
  void writer_leaves() { leave(); }
  virtual bool drained() { return users == 0; }
  lastout::drained drain(const std::function<void()>& wait) {
    while (!drained()) wait();
    return {true, 0};
  }
  virtual lastout::drained drain_no_longer() {
    return drained() ? lastout::drained{true, 0} : lastout::drained{false, users};
  }
  bool ended() { return users == 0; }
  virtual std::multiset<std::string> holders() {
    if (users == 0) return {};
    return users == 1 ? std::multiset<std::string>{"writer"}
                      : std::multiset<std::string>{"reader", "writer"};
  }

  bool closed = false;
  std::uint32_t users = 2;

 private:
  void leave() { --users; }
};

/// The twin: a user who has the volume open may still share it.
struct lets_one_in : by_hand {
  int users_made() override { return closed ? 1 : 3; }  // broken
};

/// The twin: looks whether it is closed, and not who is inside.
struct drains_early : by_hand {
  bool drained() override { return closed && users <= 1; }  // broken: the last one is inside
};

/// The twin: is content with the deadline.
struct drains_late : by_hand {
  lastout::drained drain_no_longer() override { return {true, 0}; }  // broken: somebody is inside
};

/// The twin: knows how many, not who.
struct drains_dumb : by_hand {
  std::multiset<std::string> holders() override { return {}; }  // broken: nobody to go and ask
};

template <class Volume>
verdict closed_is_closed_and_drained_is_empty() {
  using names = std::multiset<std::string>;
  verdict v;
  Volume of;
  v.require(of.users_made() == 3, "no user could be made of an open volume");
  of.close();
  v.require(of.users_made() == 0, "a user was made after the close");
  of.close();  // idempotent
  const lastout::drained late = of.drain_no_longer();
  v.require(!late.complete && late.holding == 2, "the deadline passed and drain counts wrong");
  v.require(of.holders() == names{"reader", "writer"}, "the holders' names are not told");

  int waits = 0;
  bool early = false;
  const lastout::drained done = of.drain([&] {
    ++waits;
    early = early || of.ended();
    if (waits == 2) of.reader_leaves();
    if (waits == 3) v.require(of.holders() == names{"writer"}, "who left is still named");
    if (waits == 4) of.writer_leaves();
  });
  v.require(waits >= 4, "drain returned with a user inside");
  v.require(waits == 4 && !early, "drain did not return when the last user left");
  v.require(done.complete && done.holding == 0 && of.ended(), "drain came to nothing");
  v.require(of.holders().empty(), "somebody is named who has left");
  v.require(of.drain_no_longer().complete, "drained twice, and differently");
  return v;
}

TEST(rule_41, closed_is_closed_and_drained_is_empty) {
  const recorded_violations seen;
  EXPECT_HELD(closed_is_closed_and_drained_is_empty<closing>());
  EXPECT_TRUE(seen.none()) << seen.text();
}

TEST(rule_41, twin_is_caught) {
  EXPECT_HELD(closed_is_closed_and_drained_is_empty<by_hand>());
  EXPECT_BROKEN(closed_is_closed_and_drained_is_empty<lets_one_in>());
  EXPECT_BROKEN(closed_is_closed_and_drained_is_empty<drains_early>());
  EXPECT_BROKEN(closed_is_closed_and_drained_is_empty<drains_late>());
  EXPECT_BROKEN(closed_is_closed_and_drained_is_empty<drains_dumb>());
}

TEST(rule_41, a_drain_that_waits_by_itself_returns_when_the_last_thread_leaves) {
  lastout::active<volume> user = lastout::make_active<volume>();
  const lastout::passive<volume> owner = user.get_passive();
  owner->close();
  std::thread leaving([held = std::move(user)]() mutable { held.put(); });
  const lastout::drained done = owner->drain(clock::now() + std::chrono::minutes(5));
  EXPECT_TRUE(done.complete);
  EXPECT_TRUE(owner->ended);
  leaving.join();
}

TEST(rule_41, holders_are_named_with_their_thread_and_since_when) {
  const clock::time_point before = clock::now();
  const lastout::active<volume> user = lastout::make_active<volume>();
  int seen = 0;
  user->for_each_holder([&](const lastout::holder& each) {
    ++seen;
    EXPECT_EQ(each.thread, std::this_thread::get_id());
    EXPECT_GE(each.since, before);
    EXPECT_LE(each.since, clock::now());
  });
  EXPECT_EQ(seen, 1);
}

TEST(rule_41, a_moved_reference_keeps_its_holder_and_an_assigned_one_loses_it) {
  lastout::active<volume> first = lastout::make_active<volume>();
  const lastout::passive<volume> owner = first.get_passive();
  const auto names = [&owner] {
    std::multiset<std::string> all;
    owner->for_each_holder([&all](const lastout::holder& each) { all.insert(each.name); });
    return all;
  };
  lastout::active<volume> second = first.share("second");
  lastout::active<volume> moved = std::move(second);
  EXPECT_EQ(names(), (std::multiset<std::string>{"maker", "second"}));
  first = std::move(moved);
  EXPECT_EQ(names(), (std::multiset<std::string>{"second"}));
  first = {};
  EXPECT_TRUE(names().empty());
}

}  // namespace
