// cache_refusal_scenarios.cpp - a newcomer for whom there is no room, or whose name is taken, while
// others find it, erase it, rename it, or the cache goes.

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include <lastout/cache.hpp>

#include "edges/cache_item.hpp"
#include "edges/scenario.hpp"

namespace {

using interleave::check;
using lastout::external;
using scenario::added;
using scenario::born;
using scenario::cache;
using scenario::item;
using scenario::number;
using scenario::three_changes;
using scenario::two_changes;
using scenario::world;

// A cache that is full: `other` is in use and has all of its room, so `mine` is refused, or waits.
struct full {
  explicit full(lastout::at_limit then = lastout::at_limit::refuse) {
    all = std::make_unique<cache>(cache::options{.idle_charge_max = 1,
                                                 .charge_max = 1,
                                                 .when_full = then,
                                                 .wait_max = std::chrono::nanoseconds::max()});
    other = all->insert(born(a));
  }
  item a{0, 2}, one{1, 1};
  std::unique_ptr<cache> all;
  std::unique_ptr<cache> second = std::make_unique<cache>(cache::options{.idle_charge_max = 4});
  external<item> other, mine = born(one), again;
};

// Who is refused is nobody's again, and the cache may go: a last put that was overtaken is done with
// it.
const added put_refused(
    "cache", "cache: last put against who gets the object, is refused and ends the cache",
    [](world& w) {
      const auto s = std::make_shared<full>();
      w.thread([s] { s->mine.put(); });
      w.thread([s] {
        if (!lastout::reference_access::get_not_zero(s->one)) return;
        s->again = s->all->insert(external<item>::adopt(&s->one));
        check(!s->again, "there is no room");
        s->other.put();
        s->all.reset();
      });
      w.finally([s] {
        s->other.put();
        s->all.reset();
        check(s->a.released == 1 && s->one.released == 1, "both have gone");
      });
    },
    three_changes);

// Who was refused is put in again, or into another cache, while the first is still about to do
// something with whom it had found.
const added refused_inserted_again_erase(
    "cache", "cache: refused, inserted again when there is room, against erase",
    [](world& w) {
      const auto s = std::make_shared<full>();
      w.thread([s] {
        s->again = s->all->insert(s->mine);
        if (s->again) return;
        s->other.put();
        s->again = s->all->insert(s->mine);
      });
      w.thread([s] { (void)s->all->erase(number{1}); });
      w.finally([s] {
        for (external<item>* const each : {&s->other, &s->again, &s->mine}) each->put();
        (void)s->all->shrink(10);
        check(s->one.released == 1, "it has gone");
        check(s->all->size() == 0, "and left");
        s->all.reset();
      });
    },
    scenario::whole_when_verifying);
const added refused_elsewhere_walk(
    "cache", "cache: refused, inserted into another, against a walk that evicts",
    [](world& w) {
      const auto s = std::make_shared<full>();
      w.thread([s] {
        s->again = s->all->insert(s->mine);
        if (!s->again) s->again = s->second->insert(s->mine);
        s->mine.put();
        s->again.put();
      });
      w.thread([s] { (void)s->all->evict_if([](const item&) { return true; }); });
      w.finally([s] {
        s->other.put();
        check(s->second->size() == (s->one.released == 0 ? 1U : 0U), "who is kept is there");
        check(s->second->statistics().idle_entries == s->second->size(), "and idle");
        s->all.reset();
        s->second.reset();
        check(s->one.released == 1, "it has gone");
      });
    },
    two_changes);
const added two_caches_charge(
    "cache", "cache: two caches ask for one object",
    [](world& w) {
      const auto s = std::make_shared<full>();
      s->again = s->mine;
      w.thread([s] { s->mine = s->all->insert(std::move(s->mine)); });
      // Misuse, unless the one comes when the other has refused it: told.
      lastout::on_violation([](const lastout::violation_report&) noexcept {});
      w.thread([s] { s->again = s->second->insert(std::move(s->again)); });
      w.finally([s] {
        lastout::on_violation(scenario::fails_on_violation());
        if (s->again) check(s->second->statistics().pinned_charge == 1, "it weighs what it weighs");
        for (external<item>* const each : {&s->other, &s->mine, &s->again}) each->put();
        s->all.reset();
        s->second.reset();
        check(s->one.released == 1, "it has gone");
      });
    },
    three_changes);

// Put in once more where its name is taken, and then elsewhere: an erase of the first cache that
// comes late does nothing to the other's entry.
const added taken_elsewhere_erase(
    "cache", "cache: refused, its name taken, inserted into another, against erase",
    [](world& w) {
      struct state : full {
        item namesake{2, 1};
        external<item> third;
      };
      const auto s = std::make_shared<state>();
      s->third = s->mine;
      w.thread([s] {
        s->again = s->all->insert(s->mine);
        if (s->again) return;
        s->other.put();
        const external<item> there = s->all->insert(born(s->namesake));
        check(bool(there), "there is room, and the name is free");
        check(s->all->insert(s->mine) != s->mine, "its name is taken");
        s->again = s->second->insert(s->mine);
        check(s->again == s->mine, "the other one has room");
      });
      w.thread([s] { (void)s->all->erase(*s->third); });
      w.finally([s] {
        for (external<item>* const each : {&s->other, &s->again, &s->mine, &s->third}) each->put();
        if (s->second->size() == 1)
          check(s->second->statistics().idle_entries == 1, "who is kept is idle");
        check(s->one.released == (s->second->size() == 1 ? 0 : 1), "who is not has gone");
        s->all.reset();
        s->second.reset();
        check(s->one.released == 1, "it has gone");
      });
    },
    scenario::whole_when_verifying);
// The same with a walk that evicts, and has found the object where it was refused.
const added taken_elsewhere_walk(
    "cache", "cache: refused, its name taken, inserted into another, against a walk that evicts",
    [](world& w) {
      struct state : full {
        item namesake{2, 1};
        lastout::atomic<bool> refused{false};
      };
      const auto s = std::make_shared<state>();
      w.thread([s] {
        s->again = s->all->insert(s->mine);
        s->refused.store(true, lastout::order::release);
        if (s->again) return;
        s->other.put();
        if (const external<item> there = s->all->insert(born(s->namesake)))
          check(s->all->insert(s->mine) == there, "its name is taken");
        s->again = s->second->insert(s->mine);
        s->mine.put();
        s->again.put();
      });
      w.thread([s] {
        (void)s->all->evict_if([s](const item& each) {
          if (&each != &s->one) return false;
          while (!s->refused.load(lastout::order::acquire)) lastout::relax();
          return true;
        });
      });
      w.finally([s] {
        for (external<item>* const each : {&s->other, &s->again, &s->mine}) each->put();
        check(s->second->size() == 0 || s->one.released == 0, "who is in the other one is alive");
        s->all.reset();
        s->second.reset();
        check(s->one.released == 1, "it has gone");
      });
    },
    two_changes);
// An object gets another name while it is being inserted and refused: afterwards nobody finds it.
const added refused_rename("cache", "cache: refused insert against rename", [](world& w) {
  const auto s = std::make_shared<full>();
  s->again = s->mine;
  w.thread([s] {
    external<item> in = s->all->insert(s->mine);
    in.put();
    s->mine.put();
  });
  w.thread([s] {
    (void)s->all->rename(s->one, [s] { s->one.name = 3; });
    s->again.put();
  });
  w.finally([s] {
    check(s->one.released == 1, "nobody kept it");
    check(s->all->size() == 1, "it is not in the table: only `a` is");
    check(s->all->statistics().pinned_entries == 1, "nor counted");
    s->other.put();
    s->all.reset();
  });
});
// Whose name is taken is nobody's again. A kill_on_put that has just seen whose it
// was is on its way to that one's keeper, which must not go before it is done: the cache may.
const added taken_end_kill(
    "cache", "cache: name taken, and the end of the cache, against kill_on_put", [](world& w) {
      struct state {
        item one{0, 1}, two{1, 1};
        std::unique_ptr<cache> all = std::make_unique<cache>(cache::options{.idle_charge_max = 4});
        external<item> first, second, other;
      };
      const auto s = std::make_shared<state>();
      s->first = s->all->insert(born(s->one));
      s->second = born(s->two);
      s->other = s->second;
      w.thread([s] {
        s->second = s->all->insert(std::move(s->second));
        check(s->second == s->first, "one has the name");
        s->first.put();
        s->second.put();
        s->all.reset();
      });
      w.thread([s] {
        s->other.kill_on_put();
        s->other.put();
      });
      w.finally([s] { check(s->one.released == 1 && s->two.released == 1, "both have gone"); });
    });

// kill_on_put of who is being inserted, and finds its name taken: it is nobody's entry.
const added taken_kill("cache", "cache: name taken against kill_on_put", [](world& w) {
  const auto s = std::make_shared<full>();
  s->one.name = 2;  // as `a` is called
  s->again = s->mine;
  w.thread([s] { check(s->all->insert(std::move(s->mine)) == s->other, "its name is taken"); });
  w.thread([s] {
    s->again.kill_on_put();
    s->again.put();
  });
  w.finally([s] {
    check(s->one.released == 1, "it has gone");
    const lastout::cache_statistics now = s->all->statistics();
    check(now.evicted(lastout::eviction::killed) == 0, "it has not been evicted: it was never in");
    s->other.put();
    s->all.reset();
  });
});

// Who waits for room is renamed by who has that room.
const added waits_rename(
    "cache", "cache: insert that waits for room against rename by who has it",
    [](world& w) {
      const auto s = std::make_shared<full>(lastout::at_limit::wait);
      s->again = s->mine;
      w.thread([s] { s->mine = s->all->insert(std::move(s->mine)); });
      w.thread([s] {
        (void)s->all->rename(s->one, [s] { s->one.name = 3; });
        s->other.put();
        s->again.put();
      });
      w.finally([s] {
        check(bool(s->mine), "there was room in the end");
        s->mine.put();
        s->all.reset();
        check(s->one.released == 1, "it has gone");
      });
    },
    two_changes);

// The other holder knows of the cache through the object only: it sees the cache as it was made.
const added new_cache_kill("cache", "cache: a cache's first insert against kill_on_put",
                           [](world& w) {
                             struct state {
                               item one{1, 1};
                               std::unique_ptr<cache> all;
                               external<item> mine = born(one), again = mine;
                             };
                             const auto s = std::make_shared<state>();
                             w.thread([s] {
                               s->all =
                                   std::make_unique<cache>(cache::options{.idle_charge_max = 4});
                               s->mine = s->all->insert(std::move(s->mine));
                             });
                             w.thread([s] {
                               s->again.kill_on_put();
                               s->again.put();
                             });
                             w.finally([s] {
                               s->mine.put();
                               check(s->one.released == 1, "it is not kept");
                               s->all.reset();
                             });
                           });
// The same of a last put that was overtaken by who has put the object into a new cache.
const added new_cache_put(
    "cache", "cache: a cache's first insert against the last put that it has overtaken",
    [](world& w) {
      struct state {
        item one{1, 1};
        std::unique_ptr<cache> all;
        external<item> first = born(one);
      };
      const auto s = std::make_shared<state>();
      w.thread([s] { s->first.put(); });
      w.thread([s] {
        if (!lastout::reference_access::get_not_zero(s->one)) return;
        s->all = std::make_unique<cache>(cache::options{.idle_charge_max = 4});
        (void)s->all->insert(external<item>::adopt(&s->one));
      });
      w.finally([s] {
        s->all.reset();
        check(s->one.released == 1, "it has gone");
      });
    });

}  // namespace
