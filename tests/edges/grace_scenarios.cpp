// grace_scenarios.cpp - what waits for a grace period, over a model of liburcu (liburcu/urcu).
//
// liburcu's own thread is one of the scenario's. grace::drain() sleeps between its looks; here who
// drains looks again when something has changed.

#include <new>

#include <lastout/grace.hpp>

#include "edges/scenario.hpp"

namespace {

using interleave::check;
using interleave::plain;
using scenario::world;

struct dead final : lastout::after_grace<dead>, scenario::watched {
  explicit dead(plain<int>& told) : gone(told) {}
  ~dead() {
    check(wrote.read() == 1, "the destructor sees what was written before the release");
    gone = 1;
  }
  plain<int> wrote{0};
  plain<int>& gone;
};

struct state {
  state() {
    urcu_model::now = &liburcu;
    new (&lastout::grace_detail::room) lastout::grace_detail::waiting_room;
  }
  static void drain() {
    while (!lastout::grace_detail::room.idle()) lastout::relax();
  }

  urcu_model::state liburcu;
  plain<int> gone[2];
};

/// Each releases an object of his own; liburcu's thread works until both are gone.
void releases(world& w, int threads) {
  auto s = std::make_shared<state>();
  for (int i = 0; i < threads; ++i) {
    w.thread([s, i] {
      dead* const one = new (std::nothrow) dead(s->gone[i]);
      one->wrote = 1;
      lastout::release_after_grace(*one);
      state::drain();
      check(s->gone[i].read() == 1, "who has drained sees what the destructor did");
    });
  }
  w.thread([s, threads] {
    for (int left = threads; left > 0;) {
      if (!urcu_model::work()) lastout::relax();
      left = threads;
      for (const plain<int>& each : s->gone) left -= each.read();  // which it has written itself
    }
  });
}
const scenario::added one_release("grace", "grace: release, drain",
                                  [](world& w) { releases(w, 1); });
// (3) -> (1): the queue's head is used again.
const scenario::added two_releases("grace", "grace: two releases, drains",
                                   [](world& w) { releases(w, 2); });

// One walks a list without a lock; another takes the object off and releases it.
const scenario::added reader("grace", "grace: a reader against a release", [](world& w) {
  struct list : state {
    lastout::atomic<dead*> first{nullptr};
  };
  auto s = std::make_shared<list>();
  dead* const made = new (std::nothrow) dead(s->gone[0]);
  made->wrote = 1;
  s->first.store(made, lastout::order::release);
  w.thread([s] {
    const lastout::grace_guard guard;
    if (dead* const seen = s->first.load(lastout::order::acquire))
      check(seen->wrote.read() == 1, "what is seen is there");
  });
  w.thread([s] {
    dead* const off = s->first.exchange(nullptr, lastout::order::acquire);
    lastout::release_after_grace(*off);
  });
  w.thread([s] {
    while (!urcu_model::work()) lastout::relax();
  });
});

}  // namespace
