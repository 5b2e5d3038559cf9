// rule_43_test.cpp - the next life of a device starts after the last user of the previous one: in
// every interleaving.

#include <chrono>
#include <memory>

#include "rules/device_slot.hpp"
#include "rules/explored.hpp"

namespace {

using clock = std::chrono::steady_clock;
using interleave::check;
using interleave::plain;
using interleave::result;
using interleave::world;

/// The hardware: whoever touches it must be ordered with who did before.
struct port {
  plain<int> state{0};
};

struct life : lastout::dual<life, lastout::unnamed_holders>, rules::watched_memory {
  explicit life(port& p) : has(p) {
    check(has.state.read() == 0, "the port is free");
    has.state = 1;
  }
  void deactivate() noexcept { has.state = 0; }
  port& has;
};

using drained_slot = rules::device_slot<life, port>;

/// The twin: opens as soon as nobody can enter the previous life any more.
class closed_is_enough {
 public:
  explicit closed_is_enough(port& p) : port_(p) {}
  template <class Wait>
  lastout::active<life> open(clock::time_point, Wait) {
    while (latest_ && !latest_->closed()) lastout::relax();  // broken: who is inside may stay
    lastout::active<life> first = lastout::make_active<life>(port_);
    latest_ = first.get_passive();
    return first;
  }
  void tear_down() { latest_->close(); }

 private:
  port& port_;
  lastout::passive<life> latest_;
};

/// The twin: opens when the count is zero, which it is before deactivate() has run.
class zero_is_enough {
 public:
  explicit zero_is_enough(port& p) : port_(p) {}
  template <class Wait>
  lastout::active<life> open(clock::time_point, Wait) {
    while (latest_ && latest_->active_references() != 0) lastout::relax();  // broken
    lastout::active<life> first = lastout::make_active<life>(port_);
    latest_ = first.get_passive();
    return first;
  }
  void tear_down() { latest_->close(); }

 private:
  port& port_;
  lastout::passive<life> latest_;
};

template <class Slot>
result a_straggler_against_the_next_life() {
  const rules::violations_fail strict;
  return interleave::explore({}, [](world& w) {
    struct state {
      port hardware;
      Slot slot{hardware};
      lastout::active<life> straggler = slot.open(clock::time_point::max(), [] {});
    };
    const auto s = std::make_shared<state>();
    w.thread([s] {
      s->straggler->has.state = 2;
      s->straggler.put();
    });
    w.thread([s] {
      s->slot.tear_down();
      lastout::active<life> next = s->slot.open(clock::time_point::max(), [] { lastout::relax(); });
      check(bool(next), "opened");
    });
  });
}

TEST(rule_43, the_next_life_starts_after_the_last_straggler) {
  EXPECT_HOLDS(a_straggler_against_the_next_life<drained_slot>());
}

TEST(rule_43, twin_is_caught) {
  EXPECT_BREAKS("data race", a_straggler_against_the_next_life<closed_is_enough>());
  EXPECT_BREAKS("data race", a_straggler_against_the_next_life<zero_is_enough>());
}

}  // namespace
