// refcount_scenarios.cpp - the edges of refcount.hpp, locked_word.hpp and violation.hpp, and the
// stalled releaser.

#include <lastout/internal.hpp>
#include <lastout/kref.hpp>
#include <lastout/locked_word.hpp>

#include "edges/scenario.hpp"

namespace {

using interleave::check;
using interleave::plain;
using lastout::count_state;
using lastout::external;
using lastout::internal;
using lastout::refcount;
using lastout::settled;
using scenario::world;

template <class Word>
struct counted_notes : lastout::kref<counted_notes<Word>, Word>, scenario::watched {
  plain<int> wrote[2];
  ~counted_notes() {
    check(wrote[0].read() == 1 && wrote[1].read() == 1, "release sees what each holder wrote");
  }
};

// (1) -> (2): each holder writes a field and puts; the last one's release reads all of them.
template <class Word>
void put_then_release(world& w) {
  auto first =
      std::make_shared<external<counted_notes<Word>>>(lastout::make<counted_notes<Word>>());
  auto second = std::make_shared<external<counted_notes<Word>>>(*first);
  w.thread([first] {
    (*first)->wrote[0] = 1;
    first->put();
  });
  w.thread([second] {
    (*second)->wrote[1] = 1;
    second->put();
  });
}
const scenario::added put_settle("refcount", "put -> settle", put_then_release<refcount>);
const scenario::added put_settle_locked("locked_word", "put -> settle, locked_word",
                                        put_then_release<lastout::locked_word>);

// A word and what it guards, in memory that stays.
struct guarded {
  refcount word;
  plain<int> value{0};

  explicit guarded(std::uint32_t n) : word(n) {}
  guarded() = default;
};

// (1) -> (5): a holder writes and puts; the sole owner freezes and reads.
const scenario::added put_freeze("refcount", "put -> freeze", [](world& w) {
  auto s = std::make_shared<guarded>(2);
  w.thread([s] {
    s->value = 1;
    (void)s->word.put();
  });
  w.thread([s] {
    while (!s->word.freeze(1)) lastout::relax();
    check(s->value.read() == 1, "the owner sees the last holder's write");
    s->word.unfreeze(1);
  });
});

// (1) -> (2) by put_not_last: whoever turns out to be last reads both.
const scenario::added put_not_last_settle("refcount", "put_not_last -> settle", [](world& w) {
  struct state {
    refcount word{2};
    plain<int> wrote[2];
  };
  auto s = std::make_shared<state>();
  for (int i = 0; i < 2; ++i) {
    w.thread([s, i] {
      s->wrote[i] = 1;
      if (s->word.put_not_last()) return;
      if (s->word.put()) check(s->wrote[1 - i].read() == 1, "the last one sees the other's write");
    });
  }
});

// (3) -> (4): memory that is reused; the reader has a pointer to it already.
const scenario::added birth_get("refcount", "birth -> get_not_zero", [](world& w) {
  auto s = std::make_shared<guarded>();
  w.thread([s] {
    s->value = 1;
    s->word.birth(1);
  });
  w.thread([s] {
    if (!s->word.get_not_zero()) return;
    check(s->value.read() == 1, "who gets a reference sees the fields");
    (void)s->word.put();
  });
});

// (6) -> (4): the sole owner changes the object while it is frozen.
const scenario::added unfreeze_get("refcount", "unfreeze -> get_not_zero", [](world& w) {
  auto s = std::make_shared<guarded>(1);
  w.thread([s] {
    if (!s->word.freeze(1)) return;
    s->value = 1;
    s->word.unfreeze(1);
  });
  w.thread([s] {
    if (!s->word.get_not_zero()) return;
    const int seen = s->value.read();
    check(seen == 0 || seen == 1, "a value that was written");
    (void)s->word.put();
  });
});

// (1) -> (4) by resurrect: what the last holder wrote is visible to who resurrects, without a lock.
const scenario::added put_resurrect("refcount", "put -> resurrect", [](world& w) {
  auto s = std::make_shared<guarded>(1);
  w.thread([s] {
    s->value = 1;
    if (s->word.put_to_zero())
      check(s->word.settle(count_state::idle) == settled::ours, "nobody revives a zero here");
  });
  w.thread([s] {
    while (s->word.state() != count_state::idle) lastout::relax();
    check(s->word.resurrect(), "idle can be resurrected");
    check(s->value.read() == 1, "who resurrects sees the last holder's write");
  });
});

// (7) -> (2), and the stalled releaser: a put that reached zero is overtaken by somebody who finds
// the object under the list's lock, drops it and frees it. Freeing is a write to all of it, so it
// must wait for the first one's last touch.
struct listed : lastout::kref<listed>, scenario::watched {
  struct list {
    interleave::mutex lock;
    internal<listed, interleave::mutex> only;
  };
  std::shared_ptr<list> in;

  explicit listed(std::shared_ptr<list> l) : in(std::move(l)) {
    std::unique_lock guard(in->lock);
    in->only = {*this, in->lock};
  }
  void release() noexcept {
    {
      std::unique_lock guard(in->lock);
      in->only = {};
    }
    delete this;
  }
};

void find_and_drop(const std::shared_ptr<listed::list>& l) {
  external<listed> found;
  {
    std::unique_lock guard(l->lock);
    found = l->only.get_not_zero(guard);
  }
}

void stalled_releaser(world& w, int finders) {
  auto l = std::make_shared<listed::list>();
  auto held = std::make_shared<external<listed>>(lastout::make<listed>(l));
  w.thread([held] { held->put(); });
  for (int i = 0; i < finders; ++i) w.thread([l] { find_and_drop(l); });
  w.finally([l] { check(!l->only, "released exactly once"); });
}
const scenario::added stalled("kref", "leave -> settle: a stalled releaser",
                              [](world& w) { stalled_releaser(w, 1); });
const scenario::added stalled_two(
    "kref", "two finders and a stalled releaser", [](world& w) { stalled_releaser(w, 2); },
    scenario::in_order_when_verifying);
// Who finds it may be its last holder, too.
const scenario::added found_late("kref", "two holders and a finder", [](world& w) {
  auto l = std::make_shared<listed::list>();
  auto a = std::make_shared<external<listed>>(lastout::make<listed>(l));
  auto b = std::make_shared<external<listed>>(*a);
  for (const auto& each : {a, b}) w.thread([each] { each->put(); });
  w.thread([l] { find_and_drop(l); });
  w.finally([l] { check(!l->only, "released exactly once"); });
});

// (20) -> (21) of violation.hpp.
plain<int>* handled = nullptr;

const scenario::added violation_handler("violation", "on_violation -> handler", [](world& w) {
  struct state {
    plain<int> told{0};
    lastout::violation_handler before =
        lastout::on_violation([](const lastout::violation_report&) noexcept {});
    ~state() { lastout::on_violation(before); }
  };
  auto s = std::make_shared<state>();
  w.thread([s] {
    s->told = 1;
    handled = &s->told;
    lastout::on_violation([](const lastout::violation_report&) noexcept {
      check(handled->read() == 1, "the handler sees what its owner wrote");
    });
  });
  w.thread([] { lastout::report(lastout::violation::get_at_zero, {}, "get"); });
});

}  // namespace
