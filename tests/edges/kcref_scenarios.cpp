// kcref_scenarios.cpp - kcref with one lock, with two (one of them inside the object), and without:
// every interleaving.

#include <array>

#include <lastout/internal.hpp>
#include <lastout/kcref.hpp>

#include "edges/scenario.hpp"

namespace {

using interleave::check;
using interleave::mutex;
using interleave::plain;
using lastout::external;
using lastout::fate;
using lastout::killed;
using scenario::world;

// One lock. The slot is the cache; `keep` says what idle() answers.
struct cached : lastout::kcref<cached, mutex>, scenario::watched {
  struct cache {
    mutex lock;
    cached* slot = nullptr;
    bool keep = true;
    int released = 0;
  };
  std::shared_ptr<cache> in;
  plain<int> uses{0};

  explicit cached(std::shared_ptr<cache> c) : in(std::move(c)) { in->slot = this; }
  ~cached() { ++in->released; }
  std::tuple<mutex&> locks() noexcept { return std::tie(in->lock); }
  fate idle(const idle_proof&) noexcept { return in->keep ? fate::keep : fate::kill; }
  void unlink(const idle_proof&) noexcept { in->slot = nullptr; }
};

external<cached> find(const std::shared_ptr<cached::cache>& c) {
  std::unique_lock guard(c->lock);
  return c->slot == nullptr ? nullptr : c->slot->resurrect(guard);
}

void evict(const std::shared_ptr<cached::cache>& c) {
  killed<cached> gone;
  std::unique_lock guard(c->lock);
  if (c->slot != nullptr) gone = c->slot->kill_idle(guard);
  guard.unlock();
}

void one_lock(world& w, bool keep, bool doom, int finders, bool evictor) {
  auto c = std::make_shared<cached::cache>();
  c->keep = keep;
  auto held = std::make_shared<external<cached>>(lastout::make<cached>(c));
  w.thread([held, doom] {
    if (doom) held->kill_on_put();
    held->put();
  });
  for (int i = 0; i < finders; ++i) {
    w.thread([c] {
      external<cached> found = find(c);
      if (found) check(!found->dead(), "what was found is alive");
    });
  }
  if (evictor) w.thread([c] { evict(c); });
  w.finally([c, keep, doom, evictor] {
    if (!keep || doom) check(c->slot == nullptr, "killed and unlinked");
    if (keep && !doom && !evictor)
      check(c->slot != nullptr && c->slot->idle_now(), "kept, and idle");
    evict(c);
    check(c->released == 1, "released once");
  });
}
const scenario::added keeps("kcref, one lock", "kcref keeps: last put against resurrect",
                            [](world& w) { one_lock(w, true, false, 1, false); });
const scenario::added kills("kcref, one lock", "kcref kills: last put against resurrect",
                            [](world& w) { one_lock(w, false, false, 1, false); });
const scenario::added dooms("kcref, one lock", "kcref doomed: last put against resurrect",
                            [](world& w) { one_lock(w, true, true, 1, false); });
const scenario::added evicts("kcref, one lock", "kcref evicted: last put, resurrect, evict",
                             [](world& w) { one_lock(w, true, false, 1, true); });
const scenario::added two_finders(
    "kcref, one lock", "kcref kills: last put against two finders",
    [](world& w) { one_lock(w, false, false, 2, false); }, scenario::in_order_when_verifying);

// A finder without the lock: get_not_zero in memory that stays, against the last put's decision.
const scenario::added speculative(
    "kcref, one lock", "kcref: get_not_zero without the lock against the last put", [](world& w) {
      auto c = std::make_shared<cached::cache>();
      auto held = std::make_shared<external<cached>>(lastout::make<cached>(c));
      w.thread([held] { held->put(); });
      w.thread([c] {
        if (!lastout::reference_access::get_not_zero(*c->slot))
          return;  // keeps, so the memory stays
        external<cached>::adopt(c->slot).put();
      });
      w.finally([c] {
        check(c->slot->idle_now(), "idle whoever was last");
        evict(c);
        check(c->released == 1, "released once");
      });
    });

// Two locks, the second inside the object; finders under either of them.
struct entry : lastout::kcref<entry, mutex, mutex>, scenario::watched {
  struct table {
    mutex lock;
    entry* slot = nullptr;
    int released = 0;
  };
  std::shared_ptr<table> in;
  mutex own;

  explicit entry(std::shared_ptr<table> t) : in(std::move(t)) { in->slot = this; }
  ~entry() { ++in->released; }
  std::tuple<mutex&, mutex&> locks() noexcept { return std::tie(in->lock, own); }
  fate idle(const idle_proof&) noexcept { return fate::kill; }
  void unlink(const idle_proof&) noexcept { in->slot = nullptr; }
};

// So many have it, and one finds it.
void locked_twice(world& w, int holders) {
  auto t = std::make_shared<entry::table>();
  external<entry> first = lastout::make<entry>(t);
  for (int i = 0; i < holders; ++i)
    w.thread([held = std::make_shared<external<entry>>(first)] { held->put(); });
  first.put();
  w.thread([t] {
    external<entry> found;
    std::unique_lock guard(t->lock);
    if (t->slot != nullptr) found = t->slot->resurrect(guard);
    guard.unlock();
  });
  w.finally([t] { check(t->slot == nullptr && t->released == 1, "released once"); });
}
const scenario::added two_locks("kcref, two locks",
                                "kcref with two locks, one of them in the object",
                                [](world& w) { locked_twice(w, 1); });
const scenario::added two_locks_two_holders("kcref, two locks",
                                            "kcref with two locks: two holders and a finder",
                                            [](world& w) { locked_twice(w, 2); });

// Two locks, a list under each: a finder under either of them against the last put, which takes both.
struct twice : lastout::kcref<twice, mutex, mutex>, scenario::watched {
  struct lists {
    mutex table_lock, lru_lock;
    twice* named = nullptr;   // under table_lock
    twice* in_lru = nullptr;  // under lru_lock
    int released = 0;
  };
  std::shared_ptr<lists> in;
  plain<int> wrote{0};

  explicit twice(std::shared_ptr<lists> l) : in(std::move(l)) { in->named = in->in_lru = this; }
  ~twice() {
    check(wrote.read() == 1, "release sees what the last holder wrote");
    ++in->released;
  }
  std::tuple<mutex&, mutex&> locks() noexcept { return {in->table_lock, in->lru_lock}; }
  fate idle(const idle_proof&) noexcept { return fate::kill; }
  void unlink(const idle_proof&) noexcept { in->named = in->in_lru = nullptr; }
};

/// What the finders keep: the first one's, the second one's.
using found_twice = std::array<external<twice>, 2>;

void two_lists(world& w, bool by_name, bool by_age, bool finders_keep) {
  auto l = std::make_shared<twice::lists>();
  auto kept = std::make_shared<found_twice>();
  auto held = std::make_shared<external<twice>>(lastout::make<twice>(l));
  w.thread([held] {
    (*held)->wrote = 1;
    held->put();
  });
  const auto find = [&](mutex twice::lists::* lock, twice* twice::lists::* list, int place) {
    w.thread([=] {
      external<twice> found;
      std::unique_lock guard((*l).*lock);
      if ((*l).*list != nullptr) found = ((*l).*list)->resurrect(guard);
      guard.unlock();
      if (found) check(!found->dead(), "what was found is alive");
      if (finders_keep) (*kept)[place] = std::move(found);
    });
  };
  if (by_name) find(&twice::lists::table_lock, &twice::lists::named, 0);
  if (by_age) find(&twice::lists::lru_lock, &twice::lists::in_lru, 1);
  w.finally([l, kept] {
    for (external<twice>& each : *kept) {
      if (!each) continue;
      check(l->released == 0 && each->wrote.read() == 1, "whoever was found stays");
      each.put();
    }
    check(l->named == nullptr && l->in_lru == nullptr && l->released == 1, "released once");
  });
}
const scenario::added first_lock("kcref, two locks",
                                 "kcref with two locks: last put, find under the first",
                                 [](world& w) { two_lists(w, true, false, false); });
const scenario::added second_lock("kcref, two locks",
                                  "kcref with two locks: last put, find under the second",
                                  [](world& w) { two_lists(w, false, true, false); });
const scenario::added either_lock("kcref, two locks",
                                  "kcref with two locks: last put, find under each",
                                  [](world& w) { two_lists(w, true, true, false); },
                                  {.changes_max = 3, .samples = 1'000, .whole_verified = true});
const scenario::added either_lock_kept("kcref, two locks",
                                       "kcref with two locks: last put, find under each and keep",
                                       [](world& w) { two_lists(w, true, true, true); });

// No lock: the cache owns a reference. Look-ups and the evictor meet under the table's lock, which
// the puts do not take.
struct frozen : lastout::kcref<frozen>, scenario::watched {
  struct table {
    mutex lock;
    lastout::internal<frozen, mutex> slot;
    frozen* raw = nullptr;
    int released = 0;
  };
  std::shared_ptr<table> in;
  plain<int> wrote{0};

  explicit frozen(std::shared_ptr<table> t) : in(std::move(t)) {
    in->slot = {*this, in->lock};
    in->raw = this;
  }
  ~frozen() {
    (void)wrote.read();
    ++in->released;
  }
  fate idle(const idle_proof&) noexcept { return fate::kill; }
};

void no_lock(world& w, bool doom) {
  auto t = std::make_shared<frozen::table>();
  auto held = std::make_shared<external<frozen>>(lastout::make<frozen>(t));
  const auto take_off = [](frozen::table& from) {
    from.slot = {};
    from.raw = nullptr;
  };
  w.thread([held, doom, t, take_off] {
    (*held)->wrote = 1;
    if (doom) {
      std::unique_lock guard(t->lock);
      held->kill_on_put();
      take_off(*t);
    }
    held->put();
  });
  w.thread([t] {
    external<frozen> found;
    std::unique_lock guard(t->lock);
    found = t->slot.get_not_zero(guard);
    guard.unlock();
  });
  w.thread([t, take_off] {
    killed<frozen> gone;
    std::unique_lock guard(t->lock);
    if (t->raw != nullptr) gone = t->raw->reclaim();
    if (gone) take_off(*t);
    guard.unlock();
  });
  w.finally([t] {
    if (t->raw != nullptr) check(bool(t->raw->reclaim()), "nobody is left");
    check(t->released == 1, "released once");
  });
}
const scenario::added freezes("kcref, no lock", "kcref without a lock: put, find, reclaim",
                              [](world& w) { no_lock(w, false); });
// The same with two threads.
const scenario::added reclaims("kcref, no lock", "kcref without a lock: put, reclaim",
                               [](world& w) {
                                 auto t = std::make_shared<frozen::table>();
                                 auto held =
                                     std::make_shared<external<frozen>>(lastout::make<frozen>(t));
                                 w.thread([held] {
                                   (*held)->wrote = 1;
                                   held->put();
                                 });
                                 w.thread([t] {
                                   if (t->raw->reclaim()) t->raw = nullptr;
                                 });
                                 w.finally([t] {
                                   if (t->raw != nullptr)
                                     check(bool(t->raw->reclaim()), "nobody is left");
                                   check(t->released == 1, "released once");
                                 });
                               });
const scenario::added freezes_doomed("kcref, no lock", "kcref without a lock, doomed",
                                     [](world& w) { no_lock(w, true); });

// A holder says kill, and the object is found until its last put takes it off: which may be
// overtaken by who has found it, and then that one's put is the last.
struct found_late : lastout::kcref<found_late>, scenario::watched {
  struct table {
    mutex lock;
    lastout::internal<found_late, mutex> slot;
    int released = 0;
  };
  std::shared_ptr<table> in;

  explicit found_late(std::shared_ptr<table> t) : in(std::move(t)) { in->slot = {*this, in->lock}; }
  ~found_late() { ++in->released; }
  fate idle(const idle_proof&) noexcept { return fate::kill; }
  void unlink(const idle_proof& proof) noexcept {
    check(!proof.reclaimed(), "nobody reclaims here");
    std::unique_lock guard(in->lock);
    in->slot = {};
  }
};

const scenario::added overtaken(
    "kcref, no lock", "kcref without a lock, doomed: last put against a look-up", [](world& w) {
      auto t = std::make_shared<found_late::table>();
      auto held = std::make_shared<external<found_late>>(lastout::make<found_late>(t));
      held->kill_on_put();
      w.thread([held] { held->put(); });
      w.thread([t] {
        std::unique_lock guard(t->lock);
        external<found_late> found = t->slot.get_not_zero(guard);
        guard.unlock();
      });
      w.finally([t] { check(!t->slot && t->released == 1, "taken off, and released once"); });
    });

}  // namespace
