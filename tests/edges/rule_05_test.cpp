// rule_05 - a get_not_zero that succeeds proves that an external reference existed; that it fails
// is a normal answer.
//
// Scenario: the last put against a get_not_zero on memory that stays. Whoever succeeded has a live
// object, and then puts the last reference of it in his turn: exactly one put is the last. Twins:
// asks, then adds; adds, then asks.

#include <memory>

#include <lastout/locked_word.hpp>
#include <lastout/refcount.hpp>

#include "rules/explored.hpp"

namespace {

namespace order = lastout::order;

// Broken: the question and the addition are two steps.
class asks_then_adds {
 public:
  explicit asks_then_adds(std::uint32_t n) : count_(n) {}
  bool get_not_zero() noexcept {
    if (count_.load(order::acquire) == 0) return false;
    count_.fetch_add(1, order::acquire);
    return true;
  }
  bool put() noexcept { return count_.fetch_sub(1, order::acq_rel) == 1; }
  bool dead() const noexcept { return count_.load(order::relaxed) == 0; }

 private:
  lastout::atomic<std::uint32_t> count_;
};

// Broken: adds, and takes it back at zero. In between it looks as if a reference existed.
class adds_then_asks {
 public:
  explicit adds_then_asks(std::uint32_t n) : count_(n) {}
  bool get_not_zero() noexcept {
    if (count_.fetch_add(1, order::acquire) != 0) return true;
    count_.fetch_sub(1, order::relaxed);
    return false;
  }
  bool put() noexcept { return count_.fetch_sub(1, order::acq_rel) == 1; }
  bool dead() const noexcept { return count_.load(order::relaxed) == 0; }

 private:
  lastout::atomic<std::uint32_t> count_;
};

/// One holder who puts; `readers` who try to get, and put what they got.
template <class Word>
interleave::result the_last_put_against(int readers, interleave::options o = {}) {
  const rules::violations_fail strict;
  return interleave::explore(o, [=](interleave::world& w) {
    struct state {
      Word word{1};
      interleave::plain<int> released{0};
    };
    auto s = std::make_shared<state>();
    const auto put = [=] {
      if (!s->word.put()) return;
      interleave::check(s->released.read() == 0, "released once");
      s->released = 1;
    };
    w.thread(put);
    for (int i = 0; i < readers; ++i) {
      w.thread([=] {
        if (!s->word.get_not_zero()) return;
        interleave::check(!s->word.dead(), "who got a reference has a live object");
        interleave::check(s->released.read() == 0, "and it is not released");
        put();
      });
    }
    w.finally([=] { interleave::check(s->released.read() == 1, "released in the end"); });
  });
}

TEST(rule_05, who_got_a_reference_has_a_live_object) {
  EXPECT_HOLDS(the_last_put_against<lastout::refcount>(1));
  EXPECT_HOLDS(the_last_put_against<lastout::refcount>(2, {.preemption_bound = 3}));
  EXPECT_HOLDS(the_last_put_against<lastout::locked_word>(1));
}
TEST(rule_05, twin_that_asks_then_adds_is_caught) {
  EXPECT_BREAKS("", the_last_put_against<asks_then_adds>(1));
}
TEST(rule_05, twin_that_adds_then_asks_is_caught) {
  EXPECT_BREAKS("", the_last_put_against<adds_then_asks>(2));
}

}  // namespace
