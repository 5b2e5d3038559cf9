// litmus_test.cpp - the explorer shows exactly the outcomes that C++20 allows, but for the limits that
// docs/explore.md names, on the programs that memory models are compared by.
//
// An outcome is what the loads returned, in the order in which they are written here.
//
// Source: the C++20 standard, [intro.races] and [atomics.order]; for the programs Alglave, Maranget
// and Tautschnig, "Herding cats", and Lahav and others, "Repairing sequential consistency in C/C++11"
// (PLDI 2017), whose RC11 this is.

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <lastout/atomic.hpp>

#include "explore/interleave.hpp"

namespace {

namespace order = lastout::order;
using interleave::world;

constexpr std::memory_order seq_cst = std::memory_order_seq_cst;

struct words {
  lastout::atomic<int> x, y, z;
  int read[4] = {};
};
using body = std::function<void(words&)>;
using outcomes = std::set<std::string>;

/// What a program's loads can return; `last`: the words' last values too.
outcomes of(std::vector<body> threads, int loads, bool last = false, bool reduce = true) {
  outcomes seen;
  const interleave::result r = interleave::explore({.reduce = reduce}, [&](world& w) {
    auto s = std::make_shared<words>();
    for (const body& each : threads) w.thread([s, &each] { each(*s); });
    w.finally([s, &seen, loads, last] {
      std::string all;
      for (int i = 0; i < loads; ++i) all += std::to_string(s->read[i]);
      if (last) {
        all += "|" + std::to_string(s->x.load(order::relaxed));
        all += std::to_string(s->y.load(order::relaxed));
      }
      seen.insert(all);
    });
  });
  EXPECT_FALSE(r.failed) << r.message;
  EXPECT_TRUE(r.complete);
  return seen;
}

/// The same, and that the reduction loses nothing.
void expect(const std::vector<body>& threads, int loads, const outcomes& allowed,
            bool last = false) {
  EXPECT_EQ(of(threads, loads, last), allowed);
  EXPECT_EQ(of(threads, loads, last, false), allowed);
}

TEST(litmus, message_passing) {
  const auto program = [](order::which send, order::which receive) {
    return std::vector<body>{
        [=](words& s) { s.x.store(1, order::relaxed), s.y.store(1, send); },
        [=](words& s) { s.read[0] = s.y.load(receive), s.read[1] = s.x.load(order::relaxed); }};
  };
  const outcomes all = {"00", "01", "10", "11"};
  const outcomes ordered = {"00", "01", "11"};
  expect(program(order::release, order::acquire), 2, ordered);
  expect(program(order::relaxed, order::acquire), 2, all);
  expect(program(order::release, order::relaxed), 2, all);
  expect(program(order::relaxed, order::relaxed), 2, all);
}

TEST(litmus, message_passing_by_fences) {
  const auto program = [](bool sends, bool receives) {
    return std::vector<body>{[=](words& s) {
                               s.x.store(1, order::relaxed);
                               if (sends) interleave::fence(order::release);
                               s.y.store(1, order::relaxed);
                             },
                             [=](words& s) {
                               s.read[0] = s.y.load(order::relaxed);
                               if (receives) interleave::fence(order::acquire);
                               s.read[1] = s.x.load(order::relaxed);
                             }};
  };
  const outcomes all = {"00", "01", "10", "11"};
  expect(program(true, true), 2, {"00", "01", "11"});
  expect(program(false, true), 2, all);
  expect(program(true, false), 2, all);
}

TEST(litmus, store_buffering) {
  const auto program = [](order::which store, order::which load, bool fences) {
    return std::vector<body>{[=](words& s) {
                               s.x.store(1, store);
                               if (fences) interleave::fence(seq_cst);
                               s.read[0] = s.y.load(load);
                             },
                             [=](words& s) {
                               s.y.store(1, store);
                               if (fences) interleave::fence(seq_cst);
                               s.read[1] = s.x.load(load);
                             }};
  };
  const outcomes all = {"00", "01", "10", "11"};
  const outcomes ordered = {"01", "10", "11"};
  expect(program(order::relaxed, order::relaxed, false), 2, all);
  expect(program(order::release, order::acquire, false), 2, all);
  expect(program(seq_cst, seq_cst, false), 2, ordered);
  expect(program(order::relaxed, order::relaxed, true), 2, ordered);
}

// One side pays for both.
TEST(litmus, store_buffering_with_membarrier) {
  const auto program = [](bool barrier) {
    return std::vector<body>{
        [](words& s) { s.x.store(1, order::relaxed), s.read[0] = s.y.load(order::relaxed); },
        [=](words& s) {
          s.y.store(1, order::relaxed);
          if (barrier) interleave::membarrier();
          s.read[1] = s.x.load(order::relaxed);
        }};
  };
  expect(program(true), 2, {"01", "10", "11"});
  expect(program(false), 2, {"00", "01", "10", "11"});
}

// Who has read before a barrier is as free as ever, whatever a third sees of what comes after it.
TEST(litmus, a_barrier_that_comes_late_orders_nothing) {
  const auto program = [](const std::function<void()>& late, const std::function<void()>& between) {
    return std::vector<body>{[=](words& s) {
                               s.x.store(1, order::relaxed), s.y.store(1, order::relaxed);
                               late();
                               s.z.store(1, order::relaxed);
                             },
                             [=](words& s) {
                               s.read[0] = s.y.load(order::relaxed);
                               between();
                               s.read[1] = s.x.load(order::relaxed);
                             },
                             [](words& s) { s.read[2] = s.z.load(order::relaxed); }};
  };
  const auto fence = [] { interleave::fence(seq_cst); };
  const outcomes all = {"000", "001", "010", "011", "100", "101", "110", "111"};
  expect(program(fence, fence), 3, all);
  expect(program([] { interleave::membarrier(); }, [] {}), 3, all);
}

// 11 is allowed by C++20 for relaxed loads; no compiler and no machine may take a value out of thin
// air, and neither does this: what a thread does, it does in its program's order.
TEST(litmus, load_buffering) {
  expect({[](words& s) { s.read[0] = s.x.load(order::relaxed), s.y.store(1, order::relaxed); },
          [](words& s) { s.read[1] = s.y.load(order::relaxed), s.x.store(1, order::relaxed); }},
         2, {"00", "01", "10"});
}

// 00 is forbidden by C++20, which orders seq_cst fences and operations among each other: the one limit
// of this memory that shows more than there is.
TEST(litmus, store_buffering_with_a_fence_and_operations_shows_too_much) {
  expect({[](words& s) {
            s.x.store(1, order::relaxed);
            interleave::fence(seq_cst);
            s.read[0] = s.y.load(order::relaxed);
          },
          [](words& s) { s.y.store(1, seq_cst), s.read[1] = s.x.load(seq_cst); }},
         2, {"00", "01", "10", "11"});
}

// 130 is allowed by C++20: a release store and a seq_cst read-modify-write order nothing "strongly", so
// x's store may come last of the four in the order of seq_cst operations (P0668's example). Here that
// order is the one of the execution.
TEST(litmus, the_order_of_seq_cst_never_runs_against_happens_before) {
  const std::vector<body> program = {
      [](words& s) { s.x.store(1, seq_cst), s.y.store(1, order::release); },
      [](words& s) {
        s.read[0] = s.y.fetch_add(1, seq_cst);
        s.read[1] = s.y.load(order::relaxed);
      },
      [](words& s) { s.y.store(3, seq_cst), s.read[2] = s.x.load(seq_cst); }};
  EXPECT_FALSE(of(program, 3).contains("130"));
}

TEST(litmus, independent_reads_of_independent_writes) {
  const auto program = [](order::which store, order::which load) {
    return std::vector<body>{
        [=](words& s) { s.x.store(1, store); }, [=](words& s) { s.y.store(1, store); },
        [=](words& s) { s.read[0] = s.x.load(load), s.read[1] = s.y.load(load); },
        [=](words& s) { s.read[2] = s.y.load(load), s.read[3] = s.x.load(load); }};
  };
  outcomes all, ordered;
  for (int i = 0; i < 16; ++i) {
    const std::string text = {char('0' + (i >> 3 & 1)), char('0' + (i >> 2 & 1)),
                              char('0' + (i >> 1 & 1)), char('0' + (i & 1))};
    all.insert(text);
    if (text != "1010") ordered.insert(text);
  }
  expect(program(order::release, order::acquire), 4, all);
  expect(program(seq_cst, seq_cst), 4, ordered);
}

TEST(litmus, two_plus_two_writes) {
  const auto program = [](order::which o) {
    return std::vector<body>{[=](words& s) { s.x.store(1, o), s.y.store(2, o); },
                             [=](words& s) { s.y.store(1, o), s.x.store(2, o); }};
  };
  expect(program(order::relaxed), 0, {"|11", "|12", "|21", "|22"}, true);
  expect(program(order::release), 0, {"|11", "|12", "|21", "|22"}, true);
  expect(program(seq_cst), 0, {"|12", "|21", "|22"}, true);
}

TEST(litmus, coherence) {
  const auto store = [](int value) { return [=](words& s) { s.x.store(value, order::relaxed); }; };
  const body two_reads = [](words& s) {
    s.read[0] = s.x.load(order::relaxed), s.read[1] = s.x.load(order::relaxed);
  };
  // Of one store: never back.
  expect({store(1), two_reads}, 2, {"00", "01", "11"});
  // Two stores stand in one order or in the other, and in neither does a reader go back: two readers
  // see what one order allows each of them.
  const body two_more = [](words& s) {
    s.read[2] = s.x.load(order::relaxed), s.read[3] = s.x.load(order::relaxed);
  };
  outcomes forward;
  for (const std::vector<const char*>& allowed :
       {std::vector{"00", "01", "02", "11", "12", "22"},     // 0, then 1, then 2
        std::vector{"00", "01", "02", "11", "21", "22"}}) {  // 0, then 2, then 1
    for (const std::string one : allowed)
      for (const std::string other : allowed) forward.insert(one + other);
  }
  EXPECT_EQ(forward.size(), 47U);
  expect({store(1), store(2), two_reads, two_more}, 4, forward);
  // A thread's own stores stand in its program's order, and it does not look back behind them.
  expect({[](words& s) { s.x.store(1, order::relaxed), s.x.store(2, order::relaxed); }}, 0, {"|20"},
         true);
  expect({store(2),
          [](words& s) { s.x.store(1, order::relaxed), s.read[0] = s.x.load(order::relaxed); }},
         1, {"1|10", "1|20", "2|20"}, true);
  // What a thread has read stands before what it stores.
  expect({store(2),
          [](words& s) { s.read[0] = s.x.load(order::relaxed), s.x.store(1, order::relaxed); }},
         1, {"0|10", "0|20", "2|10"}, true);
}

TEST(litmus, write_to_read_causality) {
  const auto program = [](order::which send, order::which receive) {
    return std::vector<body>{
        [](words& s) { s.x.store(1, order::relaxed); },
        [=](words& s) { s.read[0] = s.x.load(receive), s.y.store(1, send); },
        [=](words& s) { s.read[1] = s.y.load(receive), s.read[2] = s.x.load(order::relaxed); }};
  };
  // Who has read y has all that the middle one had, and that one had read x: no load of the last one
  // stands before that in x. In all else no read-from is tied to another.
  outcomes ordered = {"000", "001", "010", "011", "100", "101", "111"};
  expect(program(order::release, order::acquire), 3, ordered);
  outcomes all = ordered;
  all.insert("110");
  expect(program(order::relaxed, order::acquire), 3, all);
  expect(program(order::release, order::relaxed), 3, all);
  expect(program(order::relaxed, order::relaxed), 3, all);
}

// A release sequence goes on through read-modify-writes of anybody, and ends at a store, even by the
// same thread (C++20).
TEST(litmus, release_sequences) {
  const auto program = [](const body& between) {
    return std::vector<body>{
        [](words& s) { s.x.store(1, order::relaxed), s.y.store(1, order::release); }, between,
        [](words& s) {
          s.read[0] = s.y.load(order::acquire), s.read[1] = s.x.load(order::relaxed);
        }};
  };
  const body add = [](words& s) { s.y.fetch_add(1, order::relaxed); };
  // y is 0, 1, 2, and 2 has the 1 in its sequence; or the sum comes first, a 1 that has nothing.
  expect(program(add), 2, {"00", "01", "10", "11", "21"});
  // The store is the first of three, the second or the third: 0, 1, 2, 3, where all have it; or
  // 0, 1, 1, 2, where the first 1 has it not; or 0, 1, 2, 1, where neither 1 nor 2 before it has it.
  expect(program([add](words& s) { add(s), add(s); }), 2,
         {"00", "01", "10", "11", "20", "21", "31"});
  // 2 is of no sequence: x may be old, as with 0.
  expect(program([](words& s) {
           if (s.y.load(order::relaxed) == 1) s.y.store(2, order::relaxed);
         }),
         2, {"00", "01", "11", "20", "21"});
  expect({[](words& s) {
            s.x.store(1, order::relaxed), s.y.store(1, order::release),
                s.y.store(2, order::relaxed);
          },
          [](words& s) {
            s.read[0] = s.y.load(order::acquire), s.read[1] = s.x.load(order::relaxed);
          }},
         2, {"00", "01", "11", "20", "21"});
}

// A read-modify-write reads what stands right before it: nothing lands between.
TEST(litmus, read_modify_writes_are_atomic) {
  const body add = [](words& s) { s.x.fetch_add(1, order::relaxed); };
  expect({add, add, add}, 0, {"|30"}, true);
  expect({add, add, [](words& s) { s.x.store(7, order::relaxed); }}, 0, {"|70", "|80", "|90"},
         true);
}

// It lands where a store may land, so also before one that has run already.
TEST(litmus, a_read_modify_write_lands_before_a_store_that_it_does_not_know) {
  const auto program = [](order::which send, order::which receive) {
    return std::vector<body>{[=](words& s) { s.x.store(7, order::relaxed), s.y.store(1, send); },
                             [=](words& s) {
                               s.read[0] = s.y.load(receive),
                               s.read[1] = s.x.fetch_add(1, order::relaxed);
                             }};
  };
  // x is 0, 1, 7, or it is 0, 7, 8; and y says nothing of it unless it is acquired.
  const outcomes all = {"00|71", "07|81", "10|71", "17|81"};
  const outcomes ordered = {"00|71", "07|81", "17|81"};
  expect(program(order::relaxed, order::relaxed), 2, all, true);
  expect(program(order::release, order::relaxed), 2, all, true);
  expect(program(order::release, order::acquire), 2, ordered, true);
}

// What stands in the middle of a location's order may have been stored last: who reads it comes after
// all three, and if it is a read-modify-write lands right behind it.
TEST(litmus, what_landed_before_others_is_read_by_a_third) {
  const auto program = [](const body& third) {
    return std::vector<body>{
        [](words& s) { s.x.store(7, order::relaxed), s.y.store(1, order::relaxed); },
        [](words& s) {
          s.read[0] = s.y.load(order::relaxed);
          if (s.read[0] == 1) s.x.store(5, order::relaxed);
        },
        third};
  };
  // x is 0, 7; or 0, 5, 7; or 0, 7, 5. Whatever it is, each of it can be read.
  expect(program([](words& s) { s.read[1] = s.x.load(order::relaxed); }), 2,
         {"00|71", "07|71", "10|71", "15|71", "17|71", "10|51", "15|51", "17|51"}, true);
  // The sum lands behind 0, 5 or 7, whichever stands last.
  expect(program([](words& s) { s.read[1] = s.x.fetch_add(1, order::relaxed); }), 2,
         {"00|71", "07|81", "10|71", "15|71", "17|81", "10|51", "15|61", "17|51"}, true);
  expect(program([](words& s) {
           int five = 5;
           s.x.compare_exchange_strong(five, 6, order::relaxed, order::relaxed);
           s.read[1] = five;
         }),
         2, {"00|71", "07|71", "10|71", "15|71", "17|71", "10|51", "15|61", "17|51"}, true);
}

// One that fails is a load, and may look back.
TEST(litmus, a_compare_exchange_that_fails_may_have_read_an_old_value) {
  expect({[](words& s) { s.y.store(1, order::relaxed), s.x.store(1, order::relaxed); },
          [](words& s) {
            s.read[0] = s.x.load(order::relaxed);
            int one = 1;
            s.read[1] = s.y.compare_exchange_strong(one, 2, order::relaxed, order::relaxed);
          }},
         2, {"00", "01", "10", "11"});
}

TEST(litmus, a_lock_hides_all_of_it) {
  outcomes seen;
  const interleave::result r = interleave::explore({}, [&seen](world& w) {
    struct state : words {
      interleave::mutex lock;
    };
    auto s = std::make_shared<state>();
    w.thread([s] {
      s->lock.lock();
      s->x.store(1, order::relaxed), s->y.store(1, order::relaxed);
      s->lock.unlock();
    });
    w.thread([s] {
      s->lock.lock();
      s->read[0] = s->y.load(order::relaxed), s->read[1] = s->x.load(order::relaxed);
      s->lock.unlock();
    });
    w.finally([s, &seen] { seen.insert(std::to_string(s->read[0]) + std::to_string(s->read[1])); });
  });
  EXPECT_TRUE(r.complete && !r.failed) << r.message;
  EXPECT_EQ(seen, (outcomes{"00", "11"}));
}

}  // namespace
