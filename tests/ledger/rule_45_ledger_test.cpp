// rule_45 - a put under a lock that release takes is a deadlock on the rare last put only, so it is
// reported at every put.
//
// Twin: a put after unlocking, which is silent.

#include <mutex>
#include <tuple>

#include <lastout/external.hpp>
#include <lastout/kcref.hpp>
#include <lastout/kref.hpp>
#include <lastout/lock_watch.hpp>

#include "ledger/explained.hpp"
#include "ledger/tracked.hpp"

namespace {

using lastout::external;
using lastout::fate;
using lastout::make;
using watched_mutex = lastout::watched<std::mutex>;

class rule_45_ledger : public ledger_test {
 protected:
  rule_45_ledger() : ledger_test("all,stacks=4,socket=off,checks") {}
  explained told;
};

// One type for each test: what the ledger has learnt of a type it keeps.
template <int Test>
struct listed : lastout::kref<listed<Test>> {
  explicit listed(watched_mutex& of) : list(of) {}
  void release() noexcept {
    {
      const std::lock_guard guard(list);
    }
    delete this;
  }
  watched_mutex& list;
};

TEST_F(rule_45_ledger, a_put_that_is_not_the_last_is_told_under_a_lock_that_release_has_taken) {
  watched_mutex list;
  {
    auto a = make<listed<1>>(list);
  }  // from now on it is known what release takes
  auto a = make<listed<1>>(list);
  auto b = a;
  {
    const std::lock_guard guard(list);
    b.put();
  }
  const auto all = explained::take_all();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].what, lastout::violation::put_under_its_lock);
  EXPECT_EQ(all[0].object, a.address());
  EXPECT_NE(all[0].text.find("release took it"), std::string::npos) << all[0].text;
}

TEST_F(rule_45_ledger, the_same_place_is_told_once_and_another_one_by_itself) {
  watched_mutex list;
  {
    auto a = make<listed<9>>(list);
  }
  auto a = make<listed<9>>(list);
  for (int i = 0; i < 10; ++i) {
    auto b = a;
    const std::lock_guard guard(list);
    b.put();
  }
  EXPECT_EQ(explained::take(), "put_under_its_lock");
  auto c = a;
  {
    const std::lock_guard guard(list);
    c.put();
  }
  EXPECT_EQ(explained::take(), "put_under_its_lock");
}

TEST_F(rule_45_ledger, a_lock_that_release_is_declared_to_take_is_known_before_any_release) {
  watched_mutex list, other;
  lastout::release_takes<listed<20>>(list);
  const auto a = make<listed<20>>(list);
  const auto put_under = [&](watched_mutex& lock) {
    auto b = a;
    const std::lock_guard guard(lock);
    b.put();
  };
  put_under(list);
  const auto all = explained::take_all();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].what, lastout::violation::put_under_its_lock);
  EXPECT_NE(all[0].text.find("release is declared to take it"), std::string::npos) << all[0].text;
  put_under(other);
  EXPECT_EQ(explained::take(), "");
}

TEST_F(rule_45_ledger, twin_that_declares_nothing_is_not_told_before_a_release_has_run) {
  watched_mutex list;
  const auto a = make<listed<21>>(list);
  auto b = a;
  const std::lock_guard guard(list);
  b.put();
  EXPECT_EQ(explained::take(), "");
}

TEST_F(rule_45_ledger, twin_that_unlocks_first_is_not_told) {
  watched_mutex list;
  {
    auto a = make<listed<2>>(list);
  }
  auto a = make<listed<2>>(list);
  auto b = a;
  {
    const std::lock_guard guard(list);
  }
  b.put();
  EXPECT_EQ(explained::take(), "");
}

TEST_F(rule_45_ledger, another_lock_is_no_matter) {
  watched_mutex list, other;
  {
    auto a = make<listed<3>>(list);
  }
  auto a = make<listed<3>>(list);
  auto b = a;
  {
    const std::lock_guard guard(other);
    b.put();
  }
  EXPECT_EQ(explained::take(), "");
}

TEST_F(rule_45_ledger, locks_are_given_in_any_order) {
  watched_mutex list, other;
  {
    auto a = make<listed<4>>(list);
  }
  auto a = make<listed<4>>(list);
  auto b = a;
  list.lock();
  ASSERT_TRUE(other.try_lock());
  list.unlock();
  b.put();
  EXPECT_EQ(explained::take(), "");
  b = a;
  list.lock();
  other.unlock();
  b.put();
  list.unlock();
  EXPECT_EQ(explained::take(), "put_under_its_lock");
}

struct entry : lastout::kcref<entry, watched_mutex> {
  explicit entry(watched_mutex& by) : guard(by) {}
  fate idle(const idle_proof&) noexcept { return fate::kill; }
  void unlink(const idle_proof&) noexcept {}
  std::tuple<watched_mutex&> locks() noexcept { return guard; }
  watched_mutex& guard;
};

// dput under dcache_lock: the last put takes the style's own locks.
TEST_F(rule_45_ledger, a_put_under_the_lock_that_the_style_s_last_put_takes_is_told) {
  watched_mutex guard;
  {
    auto a = make<entry>(guard);
  }
  auto a = make<entry>(guard);
  auto b = a;
  {
    const std::lock_guard held(guard);
    b.put();
  }
  EXPECT_EQ(explained::take(), "put_under_its_lock");
}

// What the last put takes is known; what its thread takes afterwards is another matter.
struct idler : lastout::kcref<idler, watched_mutex> {
  explicit idler(watched_mutex& by) : guard(by) {}
  fate idle(const idle_proof&) noexcept { return stays; }
  void unlink(const idle_proof&) noexcept {}
  std::tuple<watched_mutex&> locks() noexcept { return guard; }
  watched_mutex& guard;
  fate stays = fate::keep;
};

TEST_F(rule_45_ledger, a_lock_that_is_taken_after_a_last_put_is_not_one_of_its_own) {
  watched_mutex guard, other;
  idler* const it = make<idler>(guard).address();  // idle now
  {
    const std::lock_guard held(other);
  }
  std::unique_lock held(guard);
  external<idler> a = it->resurrect(held);
  held.unlock();
  external<idler> b = a;
  {
    const std::lock_guard under(other);
    b.put();
  }
  EXPECT_EQ(explained::take(), "");
  b = a;
  {
    const std::lock_guard under(guard);
    b.put();
  }
  EXPECT_EQ(explained::take(), "put_under_its_lock");
  it->stays = fate::kill;
}

struct parent : lastout::kref<parent> {
  void release() noexcept {
    {
      const std::lock_guard guard(own);
    }
    delete this;
  }
  watched_mutex own;
};

TEST_F(rule_45_ledger, a_lock_of_the_object_s_own_accuses_no_later_object_in_its_place) {
  for (int i = 0; i < 20; ++i) {
    auto a = make<parent>();
    auto b = a;
    a->own.lock();
    b.put();
    a->own.unlock();
  }
  EXPECT_EQ(explained::take(), "");
}

TEST_F(rule_45_ledger, a_lock_that_was_destroyed_accuses_none_that_lies_there_later) {
  alignas(watched_mutex) unsigned char room[sizeof(watched_mutex)];
  auto* first = new (room) watched_mutex;
  {
    auto a = make<listed<7>>(*first);
  }
  first->~watched_mutex();
  struct unrelated_owner {
    watched_mutex lock;
  };
  watched_mutex list;
  auto* second = new (room) unrelated_owner;
  auto a = make<listed<7>>(list);
  auto b = a;
  {
    const std::lock_guard guard(second->lock);
    b.put();
  }
  second->~unrelated_owner();
  EXPECT_EQ(explained::take(), "");
}

TEST_F(rule_45_ledger, without_checks_nothing_is_told) {
  watched_mutex list;
  {
    auto a = make<listed<8>>(list);
  }
  ASSERT_EQ(lastout::ledger::apply("all,stacks=0,socket=off"), "");
  auto a = make<listed<8>>(list);
  auto b = a;
  const std::lock_guard guard(list);
  b.put();
  EXPECT_EQ(explained::take(), "");
  external<listed<8>> last = std::move(a);
  list.unlock();
  last.put();
  list.lock();
}

}  // namespace
