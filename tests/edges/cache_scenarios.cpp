// cache_scenarios.cpp - the orders that the cache relies on in its word: hit_count over hit_cell.

#include <lastout/hit_count.hpp>

#include "edges/scenario.hpp"

namespace {

using interleave::check;
using interleave::plain;
using lastout::hit_count;
using scenario::world;

// A word and what it guards, in memory that stays.
struct guarded {
  explicit guarded(std::uint32_t n) : word(n) {}
  hit_count word;
  plain<int> value{0};
};

// A holder writes and puts; the hand that finds the cache's reference the only one ends its life.
const scenario::added put_bury("cache", "cache: put -> end of its life", [](world& w) {
  auto s = std::make_shared<guarded>(2);
  w.thread([s] {
    s->value = 1;
    check(!s->word.put_to_zero(), "the cache has one");
  });
  w.thread([s] {
    while (!s->word.bury_sole(1)) lastout::relax();
    check(s->value.read() == 1, "release sees what the last holder wrote");
  });
});

// The same when the entry was parked: the last of two holders brings it back, under the lock, and a
// hand finds it idle. It sees what the other holder wrote.
const scenario::added put_back_bury("cache", "cache: put -> back to its queue -> end of its life",
                                    [](world& w) {
                                      struct parked : guarded {
                                        parked() : guarded(2) {}
                                        interleave::mutex lock;
                                        bool queued = false;
                                      };
                                      auto s = std::make_shared<parked>();
                                      const auto put = [](parked& of) {
                                        if (!of.word.put_to_zero()) return;
                                        const std::lock_guard held(of.lock);
                                        check(of.word.take_back(), "nobody else has it");
                                        of.queued = true;
                                      };
                                      w.thread([s, put] {
                                        s->value = 1;
                                        put(*s);
                                      });
                                      w.thread([s, put] { put(*s); });
                                      w.thread([s] {
                                        const std::lock_guard held(s->lock);
                                        if (!s->queued) return;
                                        check(s->word.bury_sole(1), "nobody uses it");
                                        check(s->value.read() == 1, "release sees every write");
                                      });
                                    });

// A hit: who gets a reference sees what the last holder wrote, and the hit is noted with it.
const scenario::added put_hit("cache", "cache: put -> hit", [](world& w) {
  auto s = std::make_shared<guarded>(2);
  w.thread([s] {
    s->value = 1;
    check(!s->word.put_to_zero(), "the cache has one");
  });
  w.thread([s] {
    while (s->word.references() != 1) lastout::relax();
    if (!s->word.get_not_zero()) return;
    check(s->value.read() == 1, "the next holder sees what the last one wrote");
    check(s->word.hits() == 1, "and it was a hit");
  });
});

}  // namespace
