// dual_stress_test.cpp - active and passive references from every thread, against close and drain.

#include "stress/stress.hpp"

#include <chrono>
#include <mutex>
#include <utility>

#include <lastout/dual.hpp>
#include <lastout/internal.hpp>

namespace {

using namespace stress;
using lastout::active;
using lastout::make_active;
using lastout::passive;

template <class Holders>
struct super : lastout::dual<super<Holders>, Holders> {
  super() { ++born; }
  ~super() {
    if (deactivated != 1) ADD_FAILURE() << "freed without deactivate, or after two";
    ++freed;
  }
  void deactivate() noexcept {
    point();
    ++left_by_deactivate;
    if (deactivated++ != 0) ADD_FAILURE() << "deactivated twice";
  }
  void use() const {
    alive.check();
    if (deactivated != 0) ADD_FAILURE() << "deactivated while somebody uses it";
  }
  canary alive;
  std::atomic<int> deactivated = 0;
  std::atomic<bool> close_returned = false;
  int left_by_deactivate = 0;  // plain: drain orders it
  static inline std::atomic<long> born = 0;
  static inline std::atomic<long> freed = 0;
};

template <class Holders>
class dual_stress_test : public stress_test {};
using kinds = testing::Types<lastout::unnamed_holders, lastout::named_holders>;
TYPED_TEST_SUITE(dual_stress_test, kinds);

TYPED_TEST(dual_stress_test, nothing_active_begins_after_close_and_drain_sees_the_end) {
  using object = super<TypeParam>;
  object::born = object::freed = 0;
  const int n = threads();
  for (int round = 0; round < rounds(400); ++round) {
    std::vector<active<object>> actives;
    std::vector<passive<object>> passives;
    actives.push_back(make_active<object>());
    for (int i = 0; i < n; ++i) {
      passives.push_back(actives[0].get_passive());
      if (i != 0) actives.push_back(actives[0].share("worker"));
    }
    std::mutex list_lock;
    const lastout::internal<object> listed(*actives[0], list_lock);
    run_on_threads(n, static_cast<std::uint64_t>(round), [&](int i, chance& c) {
      const auto mine_is = static_cast<std::size_t>(i);
      active<object> a = std::move(actives[mine_is]);
      const passive<object> p = std::move(passives[mine_is]);
      const auto again = [&] {
        const bool too_late = p->close_returned;
        active<object> other;
        switch (c.below(3)) {
          case 0:
            if (a) other = a.share("again");
            break;
          case 1: other = p.get_active("from a passive one"); break;
          default: {
            const std::unique_lock guard(list_lock);
            other = listed.get_not_zero(guard);
          }
        }
        if (!other) return;
        if (too_late) ADD_FAILURE() << "made after close() had returned";
        other->use();
        if (c.one_in(2)) a = std::move(other);
      };
      for (int step = 0; step < 25; ++step) {
        again();
        const passive<object> copy = p;
        copy->alive.check();
        if (a) a->use();
      }
      if (i == 0) {
        p->close();
        p->close_returned = true;
        a.put();
        const auto d = p->drain(std::chrono::steady_clock::now() + std::chrono::minutes(1),
                                []() noexcept { std::this_thread::yield(); });
        if (!d.complete) ADD_FAILURE() << d.holding << " never put";
        if (p->left_by_deactivate != 1) ADD_FAILURE() << "drained before deactivate was done";
        if (p.get_active()) ADD_FAILURE() << "active after the end";
      } else {
        for (int step = 0; step < 5; ++step) again();
        a.put();
        again();
        a.put();
      }
    });
    ASSERT_EQ(object::freed, round + 1);
  }
  EXPECT_EQ(object::born, object::freed);
}

// Who asks for the holders, while others come and go, is told of whole ones.
class holders_stress_test : public stress_test {};

TEST_F(holders_stress_test, holders_are_visited_while_others_come_and_go) {
  active<super<lastout::named_holders>> first = make_active<super<lastout::named_holders>>();
  const int steps = rounds(5'000);
  run_on_threads(threads(), 0, [&](int i, chance&) {
    for (int step = 0; step < steps; ++step) {
      if (i != 0) {
        const auto one = first.share("worker");
        continue;
      }
      int named = 0;
      first->for_each_holder([&named](const lastout::holder& each) {
        named += each.name != nullptr && each.thread != std::thread::id() ? 1 : 0;
      });
      EXPECT_GE(named, 1) << "the first one";
    }
  });
}

}  // namespace
