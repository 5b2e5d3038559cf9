// rule_60 - readers that rely on a grace period get one: release does not free directly.
//
// Each test is one function over a type, whose destructor tells. Twins: a release that frees, one
// that lets the grace period pass before it unlinks, a queue without grace.

#include <chrono>
#include <functional>
#include <thread>
#include <utility>

#include <lastout/grace.hpp>
#include <lastout/kref.hpp>
#include <lastout/release_queue.hpp>

#include "rules/support.hpp"

namespace {

using lastout::external;
using lastout::grace_guard;
using lastout::order::acquire;
using lastout::order::release;
using rules::verdict;
using namespace std::chrono_literals;

/// What is known of one object, by somebody who outlives it.
struct fate_of {
  lastout::atomic<bool> freed{false};
  bool found = false;  // by a reader who came while it was released
};

template <class T>
struct watched : lastout::kref<T> {
  explicit watched(fate_of& known) : is(known) {}
  ~watched() { is.freed.store(true, lastout::order::release); }
  fate_of& is;
};

struct good final : watched<good>, lastout::after_grace<good> {
  using watched::watched;
};

// Broken: what a release does that nobody wrote.
struct frees_directly final : watched<frees_directly> {
  using watched::watched;
};

/// The first half, in one thread: who holds a guard when the last reference goes still sees it.
template <class T>
verdict a_guard_outlasts_the_last_put() {
  verdict v;
  fate_of known;
  external<T> last = lastout::make<T>(known);
  {
    const grace_guard guard;
    last.put();
    v.require(!known.freed.load(acquire), "freed under the guard of the thread that put");
  }
  lastout::grace::drain();
  v.require(known.freed.load(acquire), "never freed");
  return v;
}

/// The same with the guard on another thread, which has all the time it wants.
template <class T>
verdict a_reader_elsewhere_outlasts_the_last_put() {
  verdict v;
  fate_of known;
  external<T> last = lastout::make<T>(known);
  lastout::atomic<bool> in{false};
  lastout::atomic<bool> out{false};
  bool freed_inside = false;
  std::thread reader([&] {
    const grace_guard guard;
    in.store(true, release);
    while (!out.load(acquire)) lastout::relax();
    freed_inside = known.freed.load(acquire);
  });
  while (!in.load(acquire)) lastout::relax();
  last.put();
  std::this_thread::sleep_for(50ms);  // for a thread that would free it; none of ours may
  out.store(true, release);
  reader.join();
  lastout::grace::drain();
  v.require(!freed_inside, "freed before the reader had left");
  v.require(known.freed.load(acquire), "never freed");
  return v;
}

// The other half: the grace period begins when nobody can find the object any more.

/// A list of one, and somebody who looks at the worst moment: just before it is unlinked.
struct list_of_one {
  lastout::atomic<fate_of*> first{nullptr};
  std::function<void()> before_unlink;

  void unlink() {
    before_unlink();
    first.store(nullptr, release);
  }
};

struct listed final : lastout::kref<listed>, lastout::after_grace<listed> {
  listed(fate_of& known, list_of_one& its) : is(known), list(its) {}
  ~listed() { is.freed.store(true, lastout::order::release); }
  void release() noexcept {
    list.unlink();
    lastout::release_after_grace(*this);
  }
  fate_of& is;
  list_of_one& list;
};

// Broken: the grace period is over when the reader finds the object.
struct unlinks_too_late final : lastout::kref<unlinks_too_late> {
  unlinks_too_late(fate_of& known, list_of_one& its) : is(known), list(its) {}
  ~unlinks_too_late() { is.freed.store(true, lastout::order::release); }
  void release() noexcept {
    lastout::grace::wait();
    list.unlink();
    delete this;
  }
  fate_of& is;
  list_of_one& list;
};

template <class T>
verdict who_finds_it_in_time_may_look() {
  verdict v;
  fate_of known;
  list_of_one list;
  lastout::atomic<bool> out{false};
  bool freed_inside = false;
  std::thread reader;
  list.before_unlink = [&] {
    lastout::atomic<bool> in{false};
    reader = std::thread([&] {
      const grace_guard guard;
      const fate_of* const seen = list.first.load(acquire);
      known.found = seen != nullptr;
      in.store(true, release);
      while (!out.load(acquire)) lastout::relax();
      freed_inside = seen != nullptr && seen->freed.load(acquire);
    });
    while (!in.load(acquire)) lastout::relax();
  };
  external<T> last = lastout::make<T>(known, list);
  list.first.store(&known, release);
  last.put();
  out.store(true, release);
  reader.join();
  lastout::grace::drain();
  v.require(known.found, "the reader did not find it: the test shows nothing");
  v.require(!freed_inside, "freed before the reader who had found it left");
  v.require(known.freed.load(acquire), "never freed");
  return v;
}

// What a deletion releases in turn is found until then, and so needs a grace period of its own.

template <class Child>
struct parent_of final : lastout::kref<parent_of<Child>>, lastout::after_grace<parent_of<Child>> {
  parent_of(external<Child> its, std::function<void()> call)
      : child(std::move(its)), in_destructor(std::move(call)) {}
  ~parent_of() {
    in_destructor();
    child.put();
  }
  external<Child> child;
  std::function<void()> in_destructor;
};

template <class Child>
verdict what_a_deletion_releases_is_waited_for_too() {
  verdict v;
  fate_of known;
  lastout::atomic<bool> in{false};
  bool freed_inside = false;
  std::thread reader;
  const auto let_a_reader_in = [&] {
    reader = std::thread([&] {
      const grace_guard guard;
      in.store(true, release);
      const auto end = std::chrono::steady_clock::now() + 50ms;
      while (!known.freed.load(acquire) && std::chrono::steady_clock::now() < end) lastout::relax();
      freed_inside = known.freed.load(acquire);
    });
    while (!in.load(acquire)) lastout::relax();
  };
  lastout::make<parent_of<Child>>(lastout::make<Child>(known), let_a_reader_in).put();
  lastout::grace::drain();
  reader.join();
  v.require(!freed_inside, "freed before the reader who came before the release had left");
  v.require(known.freed.load(acquire), "never freed");
  return v;
}

// The queue, drained by another thread than the reader's.

template <class Grace>
struct queued final : watched<queued<Grace>> {
  using watched<queued<Grace>>::watched;
  void release() noexcept { queue.push(*this); }
  static inline lastout::release_queue<queued, Grace> queue{8};
};

template <class Grace>
verdict a_drain_waits_for_the_reader(std::chrono::milliseconds patience) {
  verdict v;
  fate_of known;
  external<queued<Grace>> last = lastout::make<queued<Grace>>(known);
  std::thread drainer;
  {
    const grace_guard guard;
    last.put();
    drainer = std::thread([] { queued<Grace>::queue.drain(); });
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!known.freed.load(acquire) && std::chrono::steady_clock::now() < end) lastout::relax();
    v.require(!known.freed.load(acquire), "the drain did not wait for the reader");
  }
  drainer.join();
  v.require(known.freed.load(acquire), "never freed");
  return v;
}

TEST(rule_60, a_guard_outlasts_the_last_put) { EXPECT_HELD(a_guard_outlasts_the_last_put<good>()); }
TEST(rule_60, a_reader_elsewhere_outlasts_the_last_put) {
  EXPECT_HELD(a_reader_elsewhere_outlasts_the_last_put<good>());
}
TEST(rule_60, who_finds_it_in_time_may_look) {
  EXPECT_HELD(who_finds_it_in_time_may_look<listed>());
}
TEST(rule_60, what_a_deletion_releases_is_waited_for_too) {
  EXPECT_HELD(what_a_deletion_releases_is_waited_for_too<good>());
}
TEST(rule_60, a_drain_waits_for_the_reader) {
  EXPECT_HELD(a_drain_waits_for_the_reader<lastout::grace_period>(50ms));
}

TEST(rule_60, twin_that_frees_directly_is_caught) {
  EXPECT_BROKEN(a_guard_outlasts_the_last_put<frees_directly>());
  EXPECT_BROKEN(a_reader_elsewhere_outlasts_the_last_put<frees_directly>());
  EXPECT_BROKEN(what_a_deletion_releases_is_waited_for_too<frees_directly>());
}
TEST(rule_60, twin_that_unlinks_too_late_is_caught) {
  EXPECT_BROKEN(who_finds_it_in_time_may_look<unlinks_too_late>());
}
TEST(rule_60, twin_whose_queue_has_no_grace_is_caught) {
  EXPECT_BROKEN(a_drain_waits_for_the_reader<lastout::no_grace>(60s));  // as soon as it has freed
}

}  // namespace
