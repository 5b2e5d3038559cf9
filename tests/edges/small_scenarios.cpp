// small_scenarios.cpp - the edges of spin_lock.hpp and ledger_door.hpp, and words with three holders.

#include <lastout/external.hpp>
#include <lastout/external_word.hpp>
#include <lastout/kref.hpp>
#include <lastout/ledger_door.hpp>
#include <lastout/locked_word.hpp>
#include <lastout/spin_lock.hpp>

#include "edges/scenario.hpp"

namespace {

using interleave::check;
using interleave::plain;
using lastout::external;
using scenario::world;

// spin_lock (1) -> (2): what the last one wrote is there for the next one; one at a time.
void one_at_a_time(world& w, int threads) {
  struct state {
    lastout::spin_lock lock;
    plain<int> value{0};
  };
  auto s = std::make_shared<state>();
  for (int i = 0; i < threads; ++i) {
    w.thread([s] {
      const std::lock_guard held(s->lock);
      s->value = s->value.read() + 1;
    });
  }
  w.finally([s, threads] { check(s->value.read() == threads, "each of them has counted"); });
}
const scenario::added two_lock("spin_lock", "spin_lock: two threads",
                               [](world& w) { one_at_a_time(w, 2); });
const scenario::added three_lock("spin_lock", "spin_lock: three threads",
                                 [](world& w) { one_at_a_time(w, 3); });

// ledger_door (1) -> (2): who sees that its objects are not wanted any more comes after what was done
// to the books before that was said.
const scenario::added unwanted("ledger", "ledger: a type is switched off", [](world& w) {
  struct state {
    lastout::ledger::type_entry entry{};
    plain<int> books{0};
  };
  auto s = std::make_shared<state>();
  s->entry.want(lastout::ledger::type_entry::every_object);
  w.thread([s] {
    s->books = 1;
    s->entry.want(lastout::ledger::type_entry::none);
  });
  w.thread([s] {
    if (!s->entry.wants(s.get())) check(s->books.read() == 1, "the books are closed");
  });
});

// Three holders, each writes and puts; the last one's release reads all of it.
template <class Word>
struct written : lastout::kref<written<Word>, Word>, scenario::watched {
  plain<int> wrote[3];
  ~written() {
    for (const plain<int>& each : wrote) check(each.read() == 1, "release sees every write");
  }
};
template <class Word>
void three_puts(world& w) {
  using handle = external<written<Word>>;
  handle first = lastout::make<written<Word>>();
  for (int i = 0; i < 3; ++i) {
    const auto held = std::make_shared<handle>(first);
    w.thread([held, i] {
      (*held)->wrote[i] = 1;
      held->put();
    });
  }
}
const scenario::added three_refcount("refcount", "three puts", three_puts<lastout::refcount>);
const scenario::added three_locked("locked_word", "three puts, locked_word",
                                   three_puts<lastout::locked_word>);

const scenario::added three_external("external_word", "three puts, external_word",
                                     three_puts<lastout::external_word>);

// A word in memory that stays, and what who ends the object's life does: it sees what everybody wrote,
// and nobody uses it afterwards.
template <class Word>
struct shared {
  Word word{2};
  plain<int> wrote[2];
  plain<int> value{0};
  plain<bool> alive{true};
  int ended = 0;

  void end() {
    for (const plain<int>& each : wrote) check(each.read() == 1, "who ends it sees every write");
    alive = false;
    ++ended;
  }
  void put() {
    if (word.put()) end();
  }
  void write_and_put(int i) {
    wrote[i] = 1;
    put();
  }
  void look() {
    if (!word.get_not_zero()) return;
    check(alive.read(), "who gets a reference has it alive");
    const int seen = value.read();
    check(seen == 0 || seen == 2, "and whole");
    put();
  }
};

/// One holder puts, another one does `what`, a third thread has a pointer and looks.
template <class Word>
void put_and_look(world& w, void (*what)(shared<Word>& s)) {
  auto s = std::make_shared<shared<Word>>();
  w.thread([s] { s->write_and_put(0); });
  w.thread([s, what] { what(*s); });
  w.thread([s] { s->look(); });
  w.finally([s] { check(s->ended == 1 && s->word.dead(), "it has ended once"); });
}

template <class Word>
void two_puts_and_look(world& w) {
  put_and_look<Word>(w, [](shared<Word>& s) { s.write_and_put(1); });
}
const scenario::added looked_at("refcount", "get_not_zero against two puts",
                                two_puts_and_look<lastout::refcount>);
const scenario::added looked_at_locked("locked_word", "get_not_zero against two puts, locked_word",
                                       two_puts_and_look<lastout::locked_word>);

// Who is the only one left changes it, and goes on; or it was not, and puts.
template <class Word>
void freeze_and_look(world& w) {
  put_and_look<Word>(w, [](shared<Word>& s) {
    if (s.word.freeze(1)) {
      s.value = 1;
      s.value = 2;
      s.word.unfreeze(1);
    }
    s.write_and_put(1);
  });
}
const scenario::added frozen_word("refcount", "freeze against get_not_zero and put",
                                  freeze_and_look<lastout::refcount>);
const scenario::added frozen_locked("locked_word",
                                    "freeze against get_not_zero and put, locked_word",
                                    freeze_and_look<lastout::locked_word>);

// The same, and it ends its life.
template <class Word>
void bury_and_look(world& w) {
  put_and_look<Word>(w, [](shared<Word>& s) {
    s.wrote[1] = 1;
    if (!s.word.freeze(1)) return s.put();
    check(s.word.bury(), "nobody gets at what is frozen");
    s.end();
  });
}
const scenario::added buried_word("refcount", "freeze, bury against get_not_zero and put",
                                  bury_and_look<lastout::refcount>);
const scenario::added buried_locked("locked_word",
                                    "freeze, bury against get_not_zero and put, locked_word",
                                    bury_and_look<lastout::locked_word>);

// refcount (3) -> (4) by the get that counts no hit.
const scenario::added unnoticed("refcount", "birth -> get_not_zero_unnoticed", [](world& w) {
  struct state {
    lastout::refcount word;
    plain<int> value{0};
  };
  auto s = std::make_shared<state>();
  w.thread([s] {
    s->value = 1;
    s->word.birth(1);
  });
  w.thread([s] {
    if (!s->word.get_not_zero_unnoticed()) return;
    check(s->value.read() == 1, "who gets a reference sees the fields");
    (void)s->word.put();
  });
});

}  // namespace
