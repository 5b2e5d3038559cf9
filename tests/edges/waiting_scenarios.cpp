// waiting_scenarios.cpp - who waits for somebody else: creations.hpp, turnstile.hpp, release_queue.hpp.
//
// The locks and conditions behind lock.hpp are explored too (lock_door.hpp).

#include <functional>
#include <memory>

#include <lastout/creations.hpp>
#include <lastout/kref.hpp>
#include <lastout/release_queue.hpp>
#include <lastout/turnstile.hpp>

#include "edges/scenario.hpp"

namespace {

using interleave::check;
using interleave::plain;
using lastout::external;
using scenario::world;

// turnstile: who took a ticket before what he waits for was done goes on after it.
void passes(world& w, int waiters) {
  struct state {
    interleave::mutex lock;
    plain<bool> done{false};  // under the lock
    lastout::turnstile gate;
  };
  auto s = std::make_shared<state>();
  for (int i = 0; i < waiters; ++i) {
    w.thread([s] {
      for (;;) {
        const auto ticket = s->gate.ticket();
        {
          const std::lock_guard held(s->lock);
          if (s->done.read()) return;
        }
        s->gate.wait(ticket);
      }
    });
  }
  w.thread([s] {
    {
      const std::lock_guard held(s->lock);
      s->done = true;
    }
    s->gate.advance();
  });
}
const scenario::added one_waits("turnstile", "turnstile: one waits",
                                [](world& w) { passes(w, 1); });
const scenario::added two_wait("turnstile", "turnstile: two wait", [](world& w) { passes(w, 2); });

// creations: one name, created once, whoever comes first.
struct thing : lastout::kref<thing>, scenario::watched {
  plain<int> whole{42};
};

struct table {
  interleave::mutex lock;
  external<thing> there;  // under the lock
  int created = 0;
  lastout::creations<int, thing, std::equal_to<>> creations;

  external<thing> find() {
    const std::lock_guard held(lock);
    return there;
  }
  external<thing> create() {
    ++created;
    external<thing> made = lastout::make<thing>();
    const std::lock_guard held(lock);
    there = made;
    return made;
  }
  external<thing> get_or_create(bool fails) {
    const lastout::hash_bits hash(1);
    return creations.run(
        1, hash, [this] { return find(); },
        [this, fails]() -> external<thing> {
          if (fails) return {};
          return create();
        });
  }
};

void creators(world& w, int threads) {
  auto t = std::make_shared<table>();
  for (int i = 0; i < threads; ++i) {
    w.thread([t] {
      const external<thing> got = t->get_or_create(false);
      check(bool(got) && got->whole.read() == 42, "each gets the object, whole");
      check(got == t->find(), "the one that is there");
    });
  }
  w.finally([t] { check(t->created == 1, "it was created once"); });
}
const scenario::added two_create("creations", "creations: two ask for one name",
                                 [](world& w) { creators(w, 2); });
const scenario::added three_create(
    "creations", "creations: three ask for one name", [](world& w) { creators(w, 3); },
    scenario::two_changes);

// The same where nothing but creations has a lock: who looks meanwhile finds it whole, or nothing.
struct place {
  lastout::atomic<thing*> there{nullptr};
  external<thing> kept;    // by who has created it
  external<thing> got[3];  // each is one thread's
  int created = 0;
  lastout::creations<int, thing, std::equal_to<>> creations;

  external<thing> find() {
    thing* const found = there.load(lastout::order::acquire);
    if (found == nullptr || !lastout::reference_access::get_not_zero(*found)) return {};
    return external<thing>::adopt(found);
  }
  external<thing> get_or_create() {
    return creations.run(
        1, lastout::hash_bits(1), [this] { return find(); },
        [this] {
          ++created;
          kept = lastout::make<thing>();
          there.store(kept.address(), lastout::order::release);
          return kept;
        });
  }
};
const scenario::added two_create_one_looks(
    "creations", "creations: two ask for one name, a third looks", [](world& w) {
      auto p = std::make_shared<place>();
      for (int i = 0; i < 3; ++i) {
        w.thread([p, i] {
          p->got[i] = i < 2 ? p->get_or_create() : p->find();
          if (p->got[i]) check(p->got[i]->whole.read() == 42, "it is whole");
        });
      }
      w.finally([p] {
        check(p->created == 1, "it was created once");
        for (int i = 0; i < 3; ++i)
          check(p->got[i] == p->kept || (i == 2 && !p->got[i]), "each gets that one");
      });
    });

// One creator answers that there is nothing: who waited for it takes that, who comes later creates.
const scenario::added one_fails("creations", "creations: one creator fails", [](world& w) {
  auto t = std::make_shared<table>();
  auto answered = std::make_shared<bool>(false);
  w.thread([t] { check(!t->get_or_create(true) || t->created == 1, "nothing, or the other's"); });
  w.thread([t, answered] { *answered = bool(t->get_or_create(false)); });
  w.finally(
      [t, answered] { check(t->created == (*answered ? 1 : 0), "created if it was answered"); });
});

// A bounded queue of dead objects: who pushes into a full one waits for the drain.
struct queued;
using queue = lastout::release_queue<queued, lastout::no_grace, interleave::mutex>;
struct queued : lastout::kref<queued>, scenario::watched {
  std::shared_ptr<queue> into;
  plain<int> wrote{0};
  int* released;
  queued(std::shared_ptr<queue> q, int* r) : into(std::move(q)), released(r) {}
  ~queued() {
    check(wrote.read() == 1, "who deletes sees what the last holder wrote");
    ++*released;
  }
  void release() noexcept {
    const std::shared_ptr<queue> keeps_the_queue = into;
    keeps_the_queue->push(*this);
  }
};

struct graveyard {
  int released = 0;
  std::shared_ptr<queue> q = std::make_shared<queue>(1, lastout::when_full::wait);
};
void lets_go(world& w, const std::shared_ptr<graveyard>& s) {
  auto held = std::make_shared<external<queued>>(lastout::make<queued>(s->q, &s->released));
  w.thread([held] {
    (*held)->wrote = 1;
    held->put();
  });
}
const scenario::added one_pusher("release_queue", "release_queue: a pusher and a drain",
                                 [](world& w) {
                                   auto s = std::make_shared<graveyard>();
                                   lets_go(w, s);
                                   w.thread([s] {
                                     while (s->q->drain() == 0) lastout::relax();
                                   });
                                   w.finally([s] { check(s->released == 1, "released once"); });
                                 });
const scenario::added two_drains("release_queue", "release_queue: a pusher and two drains",
                                 [](world& w) {
                                   auto s = std::make_shared<graveyard>();
                                   lets_go(w, s);
                                   for (int i = 0; i < 2; ++i)
                                     w.thread([s] { (void)s->q->drain(); });
                                   w.finally([s] {
                                     s->q->drain();
                                     check(s->released == 1, "released once");
                                   });
                                 });

}  // namespace
