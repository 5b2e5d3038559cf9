// dual_scenarios.cpp - the edges of dual.hpp, plain.hpp and release_queue.hpp.

#include <chrono>
#include <initializer_list>
#include <memory>

#include <lastout/dual.hpp>
#include <lastout/kref.hpp>
#include <lastout/plain.hpp>
#include <lastout/release_queue.hpp>

#include "edges/scenario.hpp"

namespace {

using interleave::check;
using interleave::mutex;
using interleave::plain;
using lastout::active;
using lastout::passive;
using scenario::world;

struct super : lastout::dual<super, lastout::unnamed_holders>, scenario::watched {
  plain<int> used[2];
  plain<int> looked{0};
  plain<int> deactivated{0};
  int* released = nullptr;

  void deactivate() noexcept {
    check(used[0].read() + used[1].read() == 2, "deactivate sees what each user wrote");
    deactivated = 1;
  }
  ~super() {
    check(deactivated.read() == 1, "deactivate ran before release");
    (void)looked.read();
    if (released != nullptr) ++*released;
  }
};

void each_uses_it_and_puts(world& w, std::initializer_list<std::shared_ptr<active<super>>> users) {
  int i = 0;
  for (const auto& each : users) {
    w.thread([each, i] {
      (*each)->used[i] = 1;
      each->put();
    });
    ++i;
  }
}

// (1) -> (2): two users write, the last one's deactivate reads.
const scenario::added users("dual", "dual: put of an active -> deactivate", [](world& w) {
  auto a = std::make_shared<active<super>>(lastout::make_active<super>());
  auto b = std::make_shared<active<super>>(a->share());
  each_uses_it_and_puts(w, {a, b});
});

// (3) -> (4): a holder of a passive reference writes; release reads.
const scenario::added lookers("dual", "dual: put of a passive -> release", [](world& w) {
  auto a = std::make_shared<active<super>>(lastout::make_active<super>());
  auto p = std::make_shared<passive<super>>(a->get_passive());
  w.thread([a] {
    (*a)->used[0] = 1;
    (*a)->used[1] = 1;
    a->put();
  });
  w.thread([p] {
    (*p)->looked = 1;
    p->put();
  });
});

// Both at once, three threads.
const scenario::added all_go("dual", "dual: two actives and a passive are put", [](world& w) {
  auto a = std::make_shared<active<super>>(lastout::make_active<super>());
  auto b = std::make_shared<active<super>>(a->share());
  auto p = std::make_shared<passive<super>>(a->get_passive());
  each_uses_it_and_puts(w, {a, b});
  w.thread([p] {
    (*p)->looked = 1;
    p->put();
  });
});

// (5) -> (6): who drained sees what deactivate did; and nothing active is made after close() has
// returned.
const scenario::added drains("dual", "dual: close, drain against share and put", [](world& w) {
  auto a = std::make_shared<active<super>>(lastout::make_active<super>());
  (*a)->used[0] = 1;
  (*a)->used[1] = 1;
  auto p = std::make_shared<passive<super>>(a->get_passive());
  w.thread([a] {
    active<super> more = a->share();
    more.put();
    a->put();
  });
  w.thread([p] {
    (*p)->close();
    check(!p->get_active(), "none is made once closed");
    const auto never = std::chrono::steady_clock::time_point::max();
    check((*p)->drain(never, [] { lastout::relax(); }).complete, "drained");
    check((*p)->deactivated.read() == 1, "who drained sees what deactivate did");
    p->put();
  });
});
// The same with two who have it already, and nobody who comes.
const scenario::added drains_two("dual", "dual: close, drain against two puts", [](world& w) {
  auto a = std::make_shared<active<super>>(lastout::make_active<super>());
  auto b = std::make_shared<active<super>>(a->share());
  auto p = std::make_shared<passive<super>>(a->get_passive());
  each_uses_it_and_puts(w, {a, b});
  w.thread([p] {
    (*p)->close();
    const auto never = std::chrono::steady_clock::time_point::max();
    check((*p)->drain(never, [] { lastout::relax(); }).complete, "drained");
    check((*p)->deactivated.read() == 1, "who drained sees what deactivate did");
    p->put();
  });
});

// (7) -> (8): memory that is reused; the reader has a pointer to it already.
struct slot : lastout::dual<slot, lastout::unnamed_holders> {
  plain<int> value{0};
  void release() noexcept {}
};

const scenario::added births("dual", "dual: birth -> get_active", [](world& w) {
  auto s = std::make_shared<slot>();
  w.thread([s] {
    s->value = 1;
    lastout::reference_access::birth(*s);
    (void)active<slot>::adopt(s.get());
  });
  w.thread([s] {
    if (!lastout::reference_access::get_not_zero(*s)) return;
    check(s->value.read() == 1, "who gets an active reference sees the fields");
    (void)active<slot>::adopt(s.get());
  });
});
const scenario::added births_passive("dual", "dual: birth -> get_passive", [](world& w) {
  auto s = std::make_shared<slot>();
  w.thread([s] {
    s->value = 1;
    lastout::reference_access::birth(*s);
    (void)active<slot>::adopt(s.get());
  });
  w.thread([s] {
    if (const auto p = passive<slot>::get_not_zero(*s))
      check(p->value.read() == 1, "and a passive one");
  });
});

struct page;
struct buffer : lastout::plain<buffer, page>, scenario::watched {
  interleave::plain<int> dirty{0};
};
struct page : lastout::plain_parent<page, buffer> {};

// All or none, against a user of one child.
const scenario::added purges("plain", "plain: purge against get and put", [](world& w) {
  auto p = std::make_shared<page>();
  buffer* const b = p->add();
  p->add();
  auto held = std::make_shared<lastout::external<buffer>>(p->get(*b));
  auto purged = std::make_shared<bool>(false);
  w.thread([held] {
    (*held)->dirty = 1;
    auto more = *held;
    held->put();
  });
  w.thread([p, purged] { *purged = p->purge(); });
  w.finally([p, purged] {
    int left = 0;
    p->for_each([&left](buffer&) { ++left; });
    check(left == (*purged ? 0 : 2), "all or none");
  });
});

// Two users of two children, and the parent.
const scenario::added two_used("plain", "plain: purge against two users", [](world& w) {
  struct state {
    page all;
    lastout::external<buffer> held[2];
    bool purged = false;
  };
  auto s = std::make_shared<state>();
  for (lastout::external<buffer>& each : s->held) each = s->all.get(*s->all.add());
  for (int i = 0; i < 2; ++i) {
    w.thread([s, i] {
      s->held[i]->dirty = 1;
      s->held[i].put();
    });
  }
  w.thread([s] { s->purged = s->all.purge(); });
  w.finally([s] { check(s->all.empty() == s->purged, "all or none"); });
});

// Two threads let go, the owner drains.
struct queued;
using queue = lastout::release_queue<queued, lastout::no_grace, mutex>;
struct queued : lastout::kref<queued>, scenario::watched {
  std::shared_ptr<queue> into;
  int* released;
  queued(std::shared_ptr<queue> q, int* r) : into(std::move(q)), released(r) {}
  ~queued() { ++*released; }
  void release() noexcept {
    const std::shared_ptr<queue> keeps_the_queue = into;
    keeps_the_queue->push(*this);
  }
};

const scenario::added queues("release_queue", "release_queue: two pushers and a drain",
                             [](world& w) {
                               struct state {
                                 int released = 0;
                                 std::shared_ptr<queue> q =
                                     std::make_shared<queue>(1, lastout::when_full::wait);
                               };
                               auto s = std::make_shared<state>();
                               for (int i = 0; i < 2; ++i) {
                                 auto held = std::make_shared<lastout::external<queued>>(
                                     lastout::make<queued>(s->q, &s->released));
                                 w.thread([held] { held->put(); });
                               }
                               w.thread([s] {
                                 while (s->q->drain() == 0) lastout::relax();
                               });
                               w.finally([s] {
                                 s->q->drain();
                                 check(s->released == 2, "each is released once");
                               });
                             });

}  // namespace
