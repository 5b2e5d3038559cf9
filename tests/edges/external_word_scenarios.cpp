// external_word_scenarios.cpp - the edge of external_word.hpp, and what its looks find.

#include <lastout/external.hpp>
#include <lastout/external_word.hpp>
#include <lastout/kref.hpp>

#include "edges/scenario.hpp"

namespace {

using interleave::check;
using interleave::plain;
using lastout::count_max;
using lastout::count_state;
using lastout::external;
using lastout::external_word;
using scenario::world;

struct handed_on : lastout::kref<handed_on, external_word>, scenario::watched {
  plain<int> wrote[2];
  int* released;
  explicit handed_on(int* count) : released(count) {}
  ~handed_on() {
    check(wrote[0].read() == 1 && wrote[1].read() == 1, "release sees what each holder wrote");
    ++*released;
  }
};

// (1) -> (2): each holder writes a field and puts; the last one's release reads all of them. A get
// in between does not break the chain.
const scenario::added put_last_put("external_word", "put -> last put, external_word", [](world& w) {
  auto released = std::make_shared<int>(0);
  auto first = std::make_shared<external<handed_on>>(lastout::make<handed_on>(released.get()));
  auto second = std::make_shared<external<handed_on>>(*first);
  w.thread([first] {
    (*first)->wrote[0] = 1;
    first->put();
  });
  w.thread([second] {
    (*second)->wrote[1] = 1;
    const external<handed_on> more = *second;
    second->put();
  });
  w.finally([released] { check(*released == 1, "released exactly once"); });
});

struct told {
  int times = 0;
  lastout::violation_handler before;
  static inline int* now = nullptr;
  told() {
    now = &times;
    before = lastout::on_violation([](const lastout::violation_report&) noexcept { ++*now; });
  }
  ~told() { lastout::on_violation(before); }
};

// Growth past the maximum, and puts that may make it live again before it is noticed.
const scenario::added grows(
    "external_word", "external_word: get past the maximum against put", [](world& w) {
      struct state {
        told t;
        external_word word{count_max};
      };
      auto s = std::make_shared<state>();
      for (int i = 0; i < 2; ++i) {
        w.thread([s] {
          s->word.get();
          check(!s->word.put(), "not the last one");
        });
      }
      w.finally([s] {
        check(s->t.times <= 1, "told once");
        check((s->word.state() == count_state::saturated) == (s->t.times == 1),
              "and told if it is so");
        check(s->t.times == 1 || s->word.references() == count_max, "else the count is exact");
      });
    });

// A put too many, beside the last one: whatever comes first, at most one of them releases, and it
// is told.
const scenario::added too_many("external_word", "external_word: two puts of one reference",
                               [](world& w) {
                                 struct state {
                                   told t;
                                   external_word word{1};
                                   int last = 0;
                                 };
                                 auto s = std::make_shared<state>();
                                 for (int i = 0; i < 2; ++i) {
                                   w.thread([s] {
                                     if (s->word.put()) ++s->last;
                                   });
                                 }
                                 w.finally([s] {
                                   check(s->last <= 1, "at most one is the last");
                                   check(s->t.times >= 1, "somebody is told");
                                 });
                               });

}  // namespace
