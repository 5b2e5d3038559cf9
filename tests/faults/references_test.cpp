// references_test.cpp - who comes by a reference, or gives the last one back, asks for no memory:
// with all of it refused each call does what it does otherwise.

#include <array>
#include <mutex>
#include <span>
#include <tuple>
#include <utility>

#include <lastout/existence_ref.hpp>
#include <lastout/external.hpp>
#include <lastout/holder_tag.hpp>
#include <lastout/in_slab.hpp>
#include <lastout/internal.hpp>
#include <lastout/kcref.hpp>
#include <lastout/kref.hpp>
#include <lastout/lock_watch.hpp>
#include <lastout/plain.hpp>

#include "faults/counted_objects.hpp"
#include "faults/failing_memory.hpp"

namespace {

using faults::named;
using lastout::external;
using lastout::fate;
using lastout::internal;
using lastout::killed;
using lastout::make;
using lastout::slab;

using references_test = faults::faults_test;

/// How often that asks for memory, which it does not get.
template <class Call>
std::size_t asked_by(Call call) {
  const faults::armed here(1, faults::how_long::for_good);
  call();
  return here.asked();
}

struct listed : lastout::kref<listed>, named {};
struct on_slab : lastout::kref<on_slab>, lastout::in_slab<on_slab>, named {};

struct with_lock : lastout::kcref<with_lock, std::mutex>, named {
  static std::tuple<std::mutex&> locks() noexcept { return one; }
  static fate idle(const idle_proof&) noexcept { return fate::keep; }
  static void unlink(const idle_proof&) noexcept {}
  static inline std::mutex one;
};

struct without_lock : lastout::kcref<without_lock>, named {
  fate idle(const idle_proof&) noexcept { return when_idle; }
  static void unlink(const idle_proof&) noexcept {}
  fate when_idle = fate::keep;
};

struct page;
struct buffer : lastout::plain<buffer, page>, named {};
struct page : lastout::plain_parent<page, buffer> {};

TEST_F(references_test, what_is_counted_here_is_counted) {
  EXPECT_NE(asked_by([] { EXPECT_FALSE(make<listed>()); }), 0u) << "the twin: it asks";
}

TEST_F(references_test, get_not_zero_under_a_lock_asks_for_nothing) {
  std::mutex lock;
  const auto first = make<listed>();
  const internal<listed> known(*first, lock);
  external<listed> got;
  EXPECT_EQ(asked_by([&] {
              std::unique_lock held(lock);
              got = known.get_not_zero(held);
            }),
            0u);
  EXPECT_EQ(got, first);
}

TEST_F(references_test,
       get_not_zero_from_a_mark_asks_for_nothing_and_is_refused_without_memory_too) {
  auto first = make<on_slab>();
  const internal<on_slab, slab<on_slab>> mark(*first);
  external<on_slab> got, none;
  EXPECT_EQ(asked_by([&] { got = mark.get_not_zero(); }), 0u);
  EXPECT_EQ(got, first);
  first.put();
  EXPECT_EQ(asked_by([&] {
              got.put();
              none = mark.get_not_zero();
            }),
            0u);
  EXPECT_FALSE(none);
}

TEST_F(references_test, get_each_asks_for_nothing) {
  const auto first = make<listed>();
  std::array<external<listed>, 10> more;
  EXPECT_EQ(asked_by([&] { external<listed>::get_each(*first, std::span(more)); }), 0u);
  EXPECT_EQ(first->references(), 11u);
}

TEST_F(references_test, resurrect_and_kill_idle_ask_for_nothing) {
  auto only = make<with_lock>();
  with_lock& it = *only;
  external<with_lock> again;
  EXPECT_EQ(asked_by([&] {
              only.put();
              std::unique_lock held(with_lock::one);
              again = it.resurrect(held);
            }),
            0u);
  EXPECT_EQ(again, &it);
  bool in_use = false;
  EXPECT_EQ(asked_by([&] {
              killed<with_lock> gone;
              {
                std::unique_lock held(with_lock::one);
                in_use = !it.kill_idle(held);
              }
              again.put();
              std::unique_lock held(with_lock::one);
              gone = it.kill_idle(held);
              held.unlock();
            }),
            0u);
  EXPECT_TRUE(in_use);
  EXPECT_EQ(named::alive, 0);
}

TEST_F(references_test, reclaim_asks_for_nothing) {
  auto user = make<without_lock>();
  without_lock& it = *user;
  bool in_use = false, kept = false, killed_now = false;
  EXPECT_EQ(asked_by([&] {
              in_use = !it.reclaim();
              user.put();
              kept = !it.reclaim();
              it.when_idle = fate::kill;
              killed_now = bool(it.reclaim());
            }),
            0u);
  EXPECT_TRUE(in_use && kept && killed_now);
  EXPECT_EQ(named::alive, 0);
}

TEST_F(references_test, what_is_noted_of_a_holder_and_of_an_existence_asks_for_nothing) {
  auto first = make<listed>();
  const auto keeper = make<listed>();
  EXPECT_EQ(asked_by([&] {
              const lastout::holder_tag here("somebody");
              external<listed> again = first;
              again.note_holder("somebody else");
              again.note_owner(*keeper);
              lastout::existence_ref<listed> exists(std::move(again));
              lastout::existence_ref<listed> moved(std::move(exists));
              exists = std::move(moved);
              EXPECT_EQ(first->references(), 2u);
              exists.end().put();
            }),
            0u);
  EXPECT_EQ(first->references(), 1u);
}

TEST_F(references_test, locks_that_are_watched_and_declared_ask_for_nothing) {
  EXPECT_EQ(asked_by([&] {
              lastout::watched<std::mutex> lock;
              lastout::release_takes<listed>(lock);
              const lastout::no_blocking here("a test");
              lock.lock();
              lock.unlock();
              EXPECT_TRUE(lock.try_lock());
              lock.unlock();
            }),
            0u);
}

TEST_F(references_test, a_parents_walk_asks_for_nothing) {
  page of;
  for (int i = 0; i < 20; ++i) ASSERT_NE(of.add(), nullptr);
  int children = 0;
  EXPECT_EQ(asked_by([&] { of.for_each([&](buffer&) { ++children; }); }), 0u);
  EXPECT_EQ(children, 20);
}

TEST_F(references_test, purge_asks_for_nothing) {
  page of;
  buffer* const one = of.add();
  ASSERT_NE(of.add(), nullptr);
  auto user = of.get(*one);
  bool refused = false, purged = false;
  EXPECT_EQ(asked_by([&] {
              refused = !of.purge();
              user.put();
              purged = of.purge();
            }),
            0u);
  EXPECT_TRUE(refused && purged);
}

}  // namespace
