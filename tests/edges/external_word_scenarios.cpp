// external_word_scenarios.cpp - the edge of external_word.hpp, and what its looks find.

#include <cstdint>
#include <memory>

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

// What misuse was told, and whether the object was safe from being freed when it was.
struct misuse_told {
  struct reports {
    const external_word* word = nullptr;
    int times = 0;
    int overflows = 0;
    int leaked = 0;   // and it was dead or saturated then: nobody frees it any more
    int of_live = 0;  // the look had found a count
  };
  reports seen;
  lastout::violation_handler before;
  static inline reports* now = nullptr;
  explicit misuse_told(const external_word& word) {
    seen.word = &word;
    now = &seen;
    before = lastout::on_violation([](const lastout::violation_report& report) noexcept {
      ++now->times;
      if (report.what == lastout::violation::get_overflow) ++now->overflows;
      const count_state left = now->word->state();
      if (left == count_state::saturated || left == count_state::dead) ++now->leaked;
      if (report.references != 0) ++now->of_live;
    });
  }
  ~misuse_told() { lastout::on_violation(before); }
};

// A word that is misused, and who is told.
struct misused {
  external_word word;
  misuse_told told{word};
  int last = 0;
  explicit misused(std::uint32_t n) : word(n) {}

  void put() {
    if (word.put()) ++last;
  }
};

// Growth past the maximum, and puts that may make it live again before it is noticed.
const scenario::added grows(
    "external_word", "external_word: get past the maximum against put", [](world& w) {
      auto s = std::make_shared<misused>(count_max);
      for (int i = 0; i < 2; ++i) {
        w.thread([s] {
          s->word.get();
          check(!s->word.put(), "not the last one");
        });
      }
      w.finally([s] {
        const int times = s->told.seen.times;
        check(times <= 1, "told once");
        check(times == s->told.seen.overflows, "of growth, and of nothing else");
        check((s->word.state() == count_state::saturated) == (times == 1), "and told if it is so");
        check(times == 1 || s->word.references() == count_max, "else the count is exact");
      });
    });

// A put too many, beside the last one: whatever comes first, at most one of them releases, and it
// is told.
const scenario::added too_many("external_word", "external_word: two puts of one reference",
                               [](world& w) {
                                 auto s = std::make_shared<misused>(1);
                                 for (int i = 0; i < 2; ++i) w.thread([s] { s->put(); });
                                 w.finally([s] {
                                   check(s->last <= 1, "at most one is the last");
                                   check(s->told.seen.times >= 1, "somebody is told");
                                   check(s->word.state() == (s->last == 1 ? count_state::dead
                                                                          : count_state::saturated),
                                         "without a last one it is leaked");
                                 });
                               });

// A get by somebody who has no reference. Before the last put it is a get like any other and after
// it, it is told; between that put's subtraction and its exchange, the put tells.
const scenario::added from_zero(
    "external_word", "external_word: a get without a reference against the last put", [](world& w) {
      auto s = std::make_shared<misused>(1);
      w.thread([s] { s->put(); });
      w.thread([s] { s->word.get(); });
      w.finally([s] {
        const misuse_told::reports& t = s->told.seen;
        if (t.times == 0) {
          check(s->last == 0 && s->word.references() == 1, "nobody is told of a get in time");
        } else {
          check(t.times == 1 && t.leaked == 1, "told once, of what nobody frees any more");
          check(s->word.state() == (s->last == 1 ? count_state::dead : count_state::saturated),
                "where the put was not the last one, the object is leaked");
        }
      });
    });

// The same, where a put too many has made it less than zero: the get may find what looks like the
// last put's zero.
const scenario::added from_below_zero(
    "external_word", "external_word: a get without a reference against two puts of one",
    [](world& w) {
      auto s = std::make_shared<misused>(1);
      for (int i = 0; i < 2; ++i) w.thread([s] { s->put(); });
      w.thread([s] { s->word.get(); });
      w.finally([s] {
        const misuse_told::reports& t = s->told.seen;
        check(s->last <= 1, "at most one is the last");
        check(t.leaked == t.times, "who tells has seen to it that nobody frees it any more");
        check(t.times != 0 || (s->last == 1 && s->word.state() == count_state::dead),
              "nobody is told only where the get came in time for both puts");
      });
    });

// A get or a put of the object that was there before, against the birth of the next one. What the
// birth overwrites is told, and so is what is looked at only after it.
constexpr std::uint32_t many = count_max / 2;  // the most that a look takes for another life's

void another_life(world& w, std::uint32_t n, bool gets) {
  auto s = std::make_shared<misused>(1);
  check(s->word.put(), "dead");
  w.thread([s, n] { s->word.birth(n); });
  w.thread([s, gets] { gets ? s->word.get() : s->put(); });
  w.finally([s, n, gets] {
    const misuse_told::reports& t = s->told.seen;
    check(s->last == (t.times == 0 && !gets && n == 1 ? 1 : 0), "a last put is the new object's");
    if (t.times == 0) {
      check(s->word.references() == (gets ? n + 1 : n - 1), "untold: counted as the new object's");
    } else {
      check(t.times == 1, "told once");
      check(s->word.state() == (t.of_live == 1 ? count_state::saturated : count_state::live),
            "who looked after the birth leaks the new object");
    }
  });
}
const scenario::added get_of_the_dead("external_word", "external_word: get against the next birth",
                                      [](world& w) { another_life(w, 1, true); });
const scenario::added get_of_many("external_word", "external_word: get against a birth with many",
                                  [](world& w) { another_life(w, many, true); });
const scenario::added put_of_the_dead("external_word", "external_word: put against the next birth",
                                      [](world& w) { another_life(w, 1, false); });
const scenario::added put_of_many("external_word", "external_word: put against a birth with many",
                                  [](world& w) { another_life(w, many, false); });

}  // namespace
