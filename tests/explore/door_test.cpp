// door_test.cpp - the explorer finds what it is there to find, and walks what it says it walks.
//
// Every kind of failure is found in a program that has it, and not in the twin that has it not.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <lastout/atomic.hpp>

#include "explore/interleave.hpp"

namespace {

namespace order = lastout::order;
using interleave::check;
using interleave::explore;
using interleave::plain;
using interleave::result;
using interleave::world;
using lastout::atomic;

constexpr std::memory_order seq_cst = std::memory_order_seq_cst;

bool says(const result& r, const std::string& what) {
  return r.failed && r.message.find(what) != std::string::npos;
}

#define EXPECT_PASSES(r)                   \
  EXPECT_FALSE((r).failed) << (r).message; \
  EXPECT_TRUE((r).complete)

// ---- the walk ----

/// `threads` threads of `steps` increments each of one word, or of a word each.
result walk(int threads, int steps, interleave::options o, bool shared = true) {
  return explore(o, [=](world& w) {
    struct state {
      atomic<std::uint32_t> words[4];
    };
    auto s = std::make_shared<state>();
    for (int i = 0; i < threads; ++i) {
      w.thread([=] {
        for (int k = 0; k < steps; ++k) s->words[shared ? 0 : i].fetch_add(1, order::relaxed);
      });
    }
    w.finally([=] {
      std::uint32_t sum = 0;
      for (auto& word : s->words) sum += word.load(order::relaxed);
      check(sum == static_cast<std::uint32_t>(threads * steps), "no increment is lost");
    });
  });
}

TEST(walk_test, executions_are_the_multinomial_of_the_steps) {
  for (const bool reduce : {false, true}) {  // all steps depend on each other: nothing to reduce
    EXPECT_EQ(walk(1, 5, {.reduce = reduce}).executions, 1U);
    EXPECT_EQ(walk(2, 2, {.reduce = reduce}).executions, 6U);
    EXPECT_EQ(walk(2, 3, {.reduce = reduce}).executions, 20U);
    EXPECT_EQ(walk(3, 2, {.reduce = reduce}).executions, 90U);
    EXPECT_EQ(walk(4, 2, {.reduce = reduce}).executions, 2520U);
  }
  EXPECT_PASSES(walk(3, 2, {}));
}

TEST(walk_test, gets_and_puts_of_one_word_are_walked_in_every_order) {
  const auto of = [](int threads, bool reduce) {
    return explore({.reduce = reduce}, [=](world& w) {
      auto word = std::make_shared<atomic<std::uint32_t>>(1U);
      for (int i = 0; i < threads; ++i) {
        w.thread([=] {
          word->fetch_add(1, order::relaxed);
          word->fetch_sub(1, order::release);
          word->fetch_add(1, order::relaxed);
        });
      }
      w.finally([=] {
        check(word->load(order::relaxed) == 1U + static_cast<unsigned>(threads), "counts");
      });
    });
  };
  EXPECT_EQ(of(2, true).executions, 20U);     // 6! / 3!^2
  EXPECT_EQ(of(3, true).executions, 1'680U);  // 9! / 3!^3
  EXPECT_EQ(of(3, false).executions, 1'680U);
  EXPECT_EQ(of(4, true).executions, 369'600U);  // 12! / 3!^4
}

TEST(walk_test, independent_steps_are_walked_once_when_reduced) {
  const result full = walk(3, 2, {.reduce = false}, false);
  const result reduced = walk(3, 2, {}, false);
  EXPECT_EQ(full.executions, 90U);
  EXPECT_EQ(reduced.executions, 1U);
  EXPECT_PASSES(reduced);
}

TEST(walk_test, preemptions_are_bounded) {
  // One run of each thread is 2; one preemption adds the places inside the first thread.
  EXPECT_EQ(walk(2, 3, {.preemption_bound = 0}).executions, 2U);
  EXPECT_EQ(walk(2, 3, {.preemption_bound = 1}).executions, 2U + 2 * 2);
  EXPECT_EQ(walk(2, 3, {.preemption_bound = 9}).executions, 20U);
}

TEST(walk_test, what_was_not_walked_is_sampled_and_not_called_complete) {
  const result stopped = walk(2, 3, {.max_executions = 7});
  EXPECT_EQ(stopped.executions, 7U);
  EXPECT_FALSE(stopped.complete);
  const result sampled = walk(2, 3, {.max_executions = 7, .samples = 5});
  EXPECT_EQ(sampled.executions, 12U);
  EXPECT_FALSE(sampled.complete);
}

TEST(walk_test, a_tree_of_which_a_choice_was_cut_is_not_called_complete) {
  const auto values = [](int n) {
    return explore({.reduce = false}, [n](world& w) {
      auto x = std::make_shared<atomic<int>>(1);
      w.thread([=] {
        for (int i = 2; i <= n; ++i) x->store(i, order::relaxed);
      });
      w.thread([=] { (void)x->load(order::relaxed); });
    });
  };
  EXPECT_TRUE(values(32).complete);
  EXPECT_FALSE(values(33).complete) << "the oldest is not read";
}

/// Fails where one thread takes all of its many steps between two of the other's.
result needs_a_long_stay(interleave::options o) {
  return explore(o, [](world& w) {
    auto x = std::make_shared<atomic<int>>(0);
    auto y = std::make_shared<atomic<int>>(0);
    w.thread([=] {
      for (int i = 1; i <= 40; ++i) x->store(i, order::relaxed);
    });
    w.thread([=] {
      const int before = y->fetch_add(1, order::relaxed) + x->fetch_add(0, order::relaxed);
      check(before != 0 || x->fetch_add(0, order::relaxed) != 40, "not all at once");
    });
  });
}

TEST(sampling_test, by_depth_finds_what_chance_does_not) {
  const interleave::options drawn = {.max_executions = 1, .samples = 2'000, .seed = 3};
  interleave::options by_depth = drawn;
  by_depth.depth = 3;
  EXPECT_FALSE(needs_a_long_stay(drawn).failed);
  const result found = needs_a_long_stay(by_depth);
  ASSERT_TRUE(says(found, "wrong: not all at once"));
  EXPECT_EQ(needs_a_long_stay({.replay = found.replay}).message, found.message);
  EXPECT_EQ(needs_a_long_stay(by_depth).replay, found.replay) << "the seed decides";
}

TEST(sampling_test, by_depth_chooses_old_stores_too) {
  const auto run = [](interleave::options o) {
    return explore(o, [](world& w) {
      auto x = std::make_shared<atomic<int>>(0);
      auto y = std::make_shared<atomic<int>>(0);
      w.thread([=] {
        x->store(1, order::relaxed);
        y->store(1, order::relaxed);
      });
      w.thread([=] {
        if (y->load(order::relaxed) == 1) check(x->load(order::relaxed) == 1, "came in order");
      });
    });
  };
  const interleave::options o = {
      .max_executions = 1, .samples = 1'000, .depth = 3, .seed = 5, .reduce = false};
  EXPECT_TRUE(says(run(o), "wrong: came in order"));
  interleave::options in_order = o;
  in_order.stale = false;
  EXPECT_FALSE(run(in_order).failed);
}

/// The values that two threads can leave in two words, each reading the other's (store buffering).
std::set<int> outcomes(interleave::options o) {
  static std::set<int> seen;
  seen.clear();
  const result r = explore(o, [](world& w) {
    struct state {
      atomic<int> x, y;
      int seen_y = 0, seen_x = 0;
    };
    auto s = std::make_shared<state>();
    w.thread([=] { s->x.store(1, order::relaxed), s->seen_y = s->y.load(order::relaxed); });
    w.thread([=] { s->y.store(1, order::relaxed), s->seen_x = s->x.load(order::relaxed); });
    w.finally([=] { seen.insert(s->seen_y * 2 + s->seen_x); });
  });
  EXPECT_PASSES(r);
  return seen;
}

TEST(walk_test, reduction_loses_no_outcome) {
  for (const bool reduce : {false, true}) {
    EXPECT_EQ(outcomes({.reduce = reduce, .stale = false}), (std::set<int>{1, 2, 3}));
    EXPECT_EQ(outcomes({.reduce = reduce}), (std::set<int>{0, 1, 2, 3}));
  }
}

/// A random program: three threads, up to three steps each, over two words, a lock and a plain
/// variable; one thread in four has a fence between two steps. Returns the result; adds to `seen`
/// what each execution read and left.
result random_program(unsigned seed, interleave::options o, std::set<std::string>& seen) {
  o.spurious = true;
  return explore(o, [&seen, seed](world& w) {
    struct state {
      atomic<int> words[2];
      plain<int> guarded;
      interleave::mutex lock;
      std::string read[3];
    };
    auto s = std::make_shared<state>();
    std::minstd_rand random(seed);
    const auto draw = [&random](unsigned n) { return static_cast<unsigned>(random() / 8 % n); };
    for (int i = 0; i < 3; ++i) {
      const bool fenced = draw(4) == 0;
      std::vector<unsigned> program(fenced ? 1 : 1 + draw(3));
      for (unsigned& op : program) op = draw(2) + 2 * (fenced ? 20 + draw(4) : draw(14));
      w.thread([=] {
        for (const unsigned op : program) {
          atomic<int>& word = s->words[op % 2];
          atomic<int>& other = s->words[1 - op % 2];
          int value = 0;
          switch (op / 2) {
            case 0: word.store(i + 1, order::release); break;
            case 1: value = word.fetch_add(4, order::acq_rel); break;
            case 2: word.compare_exchange_strong(value, 8, order::relaxed, order::relaxed); break;
            case 3:
              while (word.load(order::relaxed) == 0) lastout::relax();
              break;
            case 4:
              s->lock.lock();
              value = s->guarded;
              s->guarded = value + 1;
              s->lock.unlock();
              break;
            case 5:
              if (!s->lock.try_lock()) break;
              value = s->guarded;
              word.store(value, order::relaxed);
              s->lock.unlock();
              break;
            case 6:
              if (word.load(order::acquire) == 1) value = s->guarded;
              break;
            case 7: word.store(i + 1, order::relaxed); break;
            case 8: word.store(i + 1, seq_cst); break;
            case 9: value = word.load(seq_cst); break;
            case 10: value = word.exchange(i + 1, order::relaxed); break;
            case 11:
              if (!word.compare_exchange_weak(value, 8, order::acquire, order::relaxed))
                value += 10;
              break;
            case 20:
              other.store(i + 1, order::relaxed);
              interleave::fence(order::release);
              word.store(i + 1, order::relaxed);
              break;
            case 21:
              value = 10 * word.load(order::relaxed);
              interleave::fence(order::acquire);
              value += other.load(order::relaxed);
              break;
            case 22:
              word.store(i + 1, order::relaxed);
              interleave::fence(seq_cst);
              value = other.load(order::relaxed);
              break;
            case 23:
              word.store(i + 1, order::relaxed);
              interleave::membarrier();
              value = other.load(order::relaxed);
              break;
            default: value = word.load(order::relaxed); break;
          }
          s->read[i] += std::to_string(value) + " ";
        }
      });
    }
    w.finally([=, &seen] {
      seen.insert(s->read[0] + "|" + s->read[1] + "|" + s->read[2] + "|" +
                  std::to_string(s->words[0].load(order::relaxed)) + " " +
                  std::to_string(s->words[1].load(order::relaxed)));
    });
  });
}

TEST(walk_test, reduction_loses_no_outcome_and_no_failure_of_random_programs) {
  std::uint64_t full_runs = 0, reduced_runs = 0, failures = 0, compared = 0;
  for (unsigned seed = 1; seed <= 1'000; ++seed) {
    std::set<std::string> full_seen, reduced_seen;
    const result full = random_program(seed, {.max_executions = 2'000, .reduce = false}, full_seen);
    if (!full.complete && !full.failed) continue;  // too large to be compared
    ++compared;
    const result reduced = random_program(seed, {}, reduced_seen);
    ASSERT_EQ(full.failed, reduced.failed) << seed << full.message << reduced.message;
    failures += full.failed;
    if (full.failed) continue;
    ASSERT_TRUE(reduced.complete) << seed;
    ASSERT_LE(reduced.executions, full.executions) << seed;
    ASSERT_EQ(full_seen, reduced_seen) << seed;
    full_runs += full.executions;
    reduced_runs += reduced.executions + reduced.redundant;
  }
  EXPECT_GT(compared, 600U);
  EXPECT_GT(failures, compared / 10);
  EXPECT_LT(failures, compared / 2);
  EXPECT_LT(reduced_runs * 8, full_runs);
}

// ---- happens-before ----

struct message {
  plain<int> text;
  atomic<int> sent;
};

result pass(std::memory_order send, std::memory_order receive) {
  return explore({}, [=](world& w) {
    auto m = std::make_shared<message>();
    w.thread([=] {
      m->text = 42;
      m->sent.store(1, send);
    });
    w.thread([=] {
      if (m->sent.load(receive) == 1) check(m->text == 42, "the message arrived");
    });
  });
}

TEST(happens_before_test, a_released_message_is_acquired) {
  const result r = pass(order::release, order::acquire);
  EXPECT_PASSES(r);
  EXPECT_EQ(r.executions, 2U);
}

TEST(happens_before_test, a_relaxed_end_is_a_race) {
  EXPECT_TRUE(says(pass(order::relaxed, order::acquire), "data race"));
  EXPECT_TRUE(says(pass(order::release, order::relaxed), "data race"));
}

TEST(happens_before_test, a_race_names_both_accesses) {
  const result r = explore({}, [](world& w) {
    auto x = std::make_shared<plain<int>>();
    w.thread([=] { *x = 1; });
    w.thread([=] { x->read(); });
  });
  const std::string first = "write by thread 1 (door_test.cpp:" + std::to_string(__LINE__ - 3);
  const std::string second = "read by thread 2 (door_test.cpp:" + std::to_string(__LINE__ - 3);
  EXPECT_TRUE(says(r, first)) << r.message;
  EXPECT_TRUE(says(r, second)) << r.message;
}

/// Thread 2 changes the word between release and acquire, by a read-modify-write or by a store.
result relay(bool by_store) {
  return explore({}, [=](world& w) {
    auto m = std::make_shared<message>();
    w.thread([=] {
      m->text = 42;
      m->sent.store(1, order::release);
    });
    w.thread([=] {
      if (by_store) {
        if (m->sent.load(order::relaxed) == 1) m->sent.store(2, order::relaxed);
      } else {
        int one = 1;
        m->sent.compare_exchange_strong(one, 2, order::relaxed, order::relaxed);
      }
    });
    w.thread([=] {
      if (m->sent.load(order::acquire) == 2) check(m->text.read() == 42, "the message arrived");
    });
  });
}

TEST(happens_before_test, a_relaxed_rmw_continues_the_release_sequence) {
  EXPECT_PASSES(relay(false));
}

TEST(happens_before_test, a_relaxed_store_ends_the_release_sequence) {
  EXPECT_TRUE(says(relay(true), "data race"));
}

TEST(happens_before_test, set_up_comes_before_threads_and_threads_before_finally) {
  EXPECT_PASSES(explore({}, [](world& w) {
    auto x = std::make_shared<plain<int>>(1);
    *x = 2;
    w.thread([=] { *x = *x + 1; });
    w.finally([=] { check(*x == 3, "three"); });
  }));
}

// ---- locks ----

result count_under(bool locked) {
  return explore({}, [=](world& w) {
    struct state {
      interleave::mutex lock;
      plain<int> count;
    };
    auto s = std::make_shared<state>();
    for (int i = 0; i < 3; ++i) {
      w.thread([=] {
        std::unique_lock<interleave::mutex> guard(s->lock, std::defer_lock);
        if (locked) guard.lock();
        s->count = s->count + 1;
      });
    }
    w.finally([=] { check(s->count == 3, "no increment is lost"); });
  });
}

TEST(mutex_test, excludes_others_and_orders_what_it_guards) {
  const result r = count_under(true);
  EXPECT_PASSES(r);
  EXPECT_EQ(r.executions, 6U);  // the orders in which three threads can get it
  EXPECT_TRUE(says(count_under(false), "data race"));
}

result lock_two(bool same_order) {
  return explore({}, [=](world& w) {
    struct state {
      interleave::mutex a, b;
    };
    auto s = std::make_shared<state>();
    w.thread([=] {
      std::scoped_lock first(s->a);
      std::scoped_lock second(s->b);
    });
    w.thread([=] {
      std::scoped_lock first(same_order ? s->a : s->b);
      std::scoped_lock second(same_order ? s->b : s->a);
    });
  });
}

TEST(mutex_test, a_deadlock_is_found) {
  EXPECT_PASSES(lock_two(true));
  EXPECT_TRUE(says(lock_two(false), "deadlock"));
}

TEST(mutex_test, misuse_is_found) {
  const auto alone = [](void (*body)(interleave::mutex&)) {
    return explore({}, [=](world& w) {
      auto m = std::make_shared<interleave::mutex>();
      w.thread([=] { body(*m); });
    });
  };
  EXPECT_TRUE(says(alone([](interleave::mutex& m) { m.lock(), m.lock(); }), "that it holds"));
  EXPECT_TRUE(says(alone([](interleave::mutex& m) { m.unlock(); }), "does not hold"));
}

TEST(mutex_test, try_lock_succeeds_and_fails) {
  static int failed, succeeded;
  failed = succeeded = 0;
  EXPECT_PASSES(explore({}, [](world& w) {
    auto m = std::make_shared<interleave::mutex>();
    for (int i = 0; i < 2; ++i) {
      w.thread([=] {
        const bool got = m->try_lock();
        ++(got ? succeeded : failed);
        if (got) m->unlock();
      });
    }
  }));
  EXPECT_GT(failed, 0);
  EXPECT_GT(succeeded, failed);
}

// ---- waiting ----

TEST(relax_test, a_spin_that_somebody_ends_is_walked_to_its_end) {
  const auto spin = [](bool ends) {
    return explore({}, [=](world& w) {
      auto flag = std::make_shared<atomic<int>>(0);
      w.thread([=] {
        while (flag->load(order::relaxed) != 2) lastout::relax();
      });
      w.thread([=] {
        flag->store(1, order::relaxed);
        if (ends) flag->store(2, order::relaxed);
      });
    });
  };
  EXPECT_PASSES(spin(true));
  EXPECT_TRUE(says(spin(false), "livelock"));
}

TEST(relax_test, a_spin_lock_is_walked_to_its_end) {
  EXPECT_PASSES(explore({.spurious = true}, [](world& w) {
    struct state {
      atomic<std::uint32_t> word;
      plain<int> count;
    };
    auto s = std::make_shared<state>();
    for (int i = 0; i < 3; ++i) {
      w.thread([=] {
        while (s->word.fetch_or(1, order::acquire) == 1) lastout::relax();
        s->count = s->count + 1;
        s->word.fetch_and(~1U, order::release);
      });
    }
    w.finally([=] { check(s->count == 3, "three"); });
  }));
}

TEST(relax_test, a_loop_that_never_ends_is_a_livelock) {
  EXPECT_TRUE(says(explore({.max_steps = 100},
                           [](world& w) {
                             auto x = std::make_shared<atomic<int>>(0);
                             w.thread([=] {
                               while (x->load(order::relaxed) == 0) {
                               }
                             });
                           }),
                   "livelock"));
}

TEST(compare_exchange_test, weak_fails_for_no_reason_when_asked_to) {
  const auto once = [](bool spurious) {
    return explore({.spurious = spurious}, [](world& w) {
      auto x = std::make_shared<atomic<int>>(0);
      w.thread([=] {
        int zero = 0;
        check(x->compare_exchange_weak(zero, 1, order::relaxed, order::relaxed), "done");
      });
    });
  };
  EXPECT_PASSES(once(false));
  EXPECT_TRUE(says(once(true), "wrong: done"));
}

// ---- memory ----

struct node {
  atomic<int> count{2};
  plain<int> text;

  static void* operator new(std::size_t bytes) { return interleave::heap::allocate(bytes); }
  static void operator delete(void* at) { interleave::heap::free(at); }
};

/// Two threads write a little, then put; the last one out frees.
result last_one_out(std::memory_order put) {
  return explore({}, [=](world& w) {
    auto* n = new node;
    for (int i = 0; i < 2; ++i) {
      w.thread([=] {
        n->text.read();
        if (n->count.fetch_sub(1, put) == 1) delete n;
      });
    }
  });
}

TEST(heap_test, the_last_one_out_frees) { EXPECT_PASSES(last_one_out(order::acq_rel)); }

TEST(heap_test, a_free_that_is_not_ordered_after_an_access_is_a_race) {
  EXPECT_TRUE(says(last_one_out(order::release), "data race"));
  EXPECT_TRUE(says(last_one_out(order::acquire), "data race"));
}

/// What a third thread, or the same one, does to memory that is freed.
result misuse(void (*body)(node*)) {
  return explore({}, [=](world& w) {
    auto* n = new node;
    w.thread([=] { body(n); });
  });
}

TEST(heap_test, use_after_free_is_found) {
  EXPECT_TRUE(
      says(misuse([](node* n) { delete n, n->count.load(order::relaxed); }), "use after free"));
  EXPECT_TRUE(says(misuse([](node* n) { delete n, n->text.read(); }), "use after free"));
  EXPECT_TRUE(says(misuse([](node* n) { n->~node(), n->text.read(), n->operator delete(n); }),
                   "use after destroy"));
  EXPECT_PASSES(misuse([](node* n) { n->text.read(), delete n; }));
}

TEST(heap_test, freeing_twice_is_found) {
  EXPECT_TRUE(says(misuse([](node* n) { interleave::heap::free(n), interleave::heap::free(n); }),
                   "freed twice"));
}

TEST(heap_test, a_leak_is_found) {
  EXPECT_TRUE(says(misuse([](node*) {}), "leak"));
}

TEST(heap_test, construction_that_is_not_ordered_before_an_access_is_a_race) {
  const auto publish = [](std::memory_order send) {
    return explore({}, [=](world& w) {
      auto head = std::make_shared<atomic<node*>>(nullptr);
      w.thread([=] { head->store(new node, send); });
      w.thread([=] {
        if (node* n = head->load(order::acquire)) n->count.fetch_add(1, order::relaxed);
      });
      w.finally([=] { delete head->load(order::relaxed); });
    });
  };
  EXPECT_PASSES(publish(order::release));
  EXPECT_TRUE(says(publish(order::relaxed), "data race"));
}

TEST(heap_test, memory_used_again_in_place_has_to_be_handed_over) {
  const auto again = [](std::memory_order hand) {
    return explore({}, [=](world& w) {
      struct state {
        void* memory = interleave::heap::allocate(sizeof(plain<int>));
        atomic<int> free;
        ~state() { interleave::heap::free(memory); }
      };
      auto s = std::make_shared<state>();
      auto* first = new (s->memory) plain<int>(1);
      w.thread([=] {
        first->~plain();
        s->free.store(1, hand);
      });
      w.thread([=] {
        if (s->free.load(order::acquire) == 1) new (s->memory) plain<int>(2);
      });
    });
  };
  EXPECT_PASSES(again(order::release));
  EXPECT_TRUE(says(again(order::relaxed), "data race"));
}

// ---- per thread ----

TEST(per_thread_test, each_thread_of_each_execution_has_its_own) {
  struct slot {
    int uses = 0;
  };
  EXPECT_PASSES(explore({}, [](world& w) {
    auto x = std::make_shared<atomic<int>>(0);
    auto s = std::make_shared<std::set<const slot*>>();
    for (int i = 0; i < 2; ++i) {
      w.thread([=] {
        check(++lastout::per_thread<slot>().uses == 1, "new");
        x->fetch_add(1, order::relaxed);
        check(++lastout::per_thread<slot>().uses == 2, "kept");
        s->insert(&lastout::per_thread<slot>());
      });
    }
    w.finally([=] { check(s->size() == 2, "two addresses, though one thread may end first"); });
  }));
}

// ---- reports ----

TEST(report_test, the_table_says_what_each_step_did_read_and_where_it_landed) {
  const result r = explore({}, [](world& w) {
    auto x = std::make_shared<atomic<int>>(0);
    auto y = std::make_shared<atomic<int>>(0);
    w.thread([=] { x->store(7, order::relaxed), y->store(1, order::release); });
    w.thread([=] {
      if (y->load(order::relaxed) == 1) x->fetch_add(1, order::acq_rel);
    });
    w.finally([=] { check(x->load(order::acquire) != 7, "added to 7"); });
  });
  std::string table;  // without the places
  for (std::size_t at = r.message.find("  step"); at < r.message.find("this execution");) {
    const std::size_t end = r.message.find('\n', at);
    const std::string row = r.message.substr(at, std::min<std::size_t>(end - at, 78));
    table += row.substr(0, row.find_last_not_of(' ') + 1) + "\n";
    at = end + 1;
  }
  EXPECT_EQ(table, R"(  step thread operation              location order     value          from
  1    0      birth                  #1
  2    0      birth                  #2
  3    1      store                  #1       relaxed   0 -> 7
  4    1      store                  #2       release   0 -> 1
  5    2      load                   #2       relaxed   1              4
  6    2      fetch_add              #1       acq_rel   0 -> 1         < 3
  7    0      load                   #1       acquire   7              3
)") << r.message;
}

TEST(replay_test, reproduces_the_failure) {
  const auto lost = [](interleave::options o) {
    return explore(o, [](world& w) {
      auto x = std::make_shared<atomic<int>>(0);
      for (int i = 0; i < 3; ++i) {
        w.thread([=] { x->store(x->load(order::relaxed) + 1, order::relaxed); });
      }
      w.finally([=] { check(x->load(order::relaxed) != 1, "not two lost"); });
    });
  };
  const result first = lost({});
  ASSERT_TRUE(says(first, "wrong: not two lost"));
  const result again = lost({.replay = first.replay});
  EXPECT_EQ(again.executions + again.redundant, 1U);
  EXPECT_EQ(again.message, first.message);
  const result sampled = lost({.max_executions = 1, .samples = 100'000, .seed = 7});
  ASSERT_TRUE(says(sampled, "wrong: not two lost"));
  EXPECT_EQ(lost({.replay = sampled.replay}).message, sampled.message);
}

TEST(replay_test, the_environment_replays_the_program_that_it_names) {
  const auto racy = [](const char* called) {
    return explore({.called = called}, [](world& w) {
      auto x = std::make_shared<atomic<int>>(0);
      for (int i = 0; i < 2; ++i) {
        w.thread([=] { x->store(x->load(order::relaxed) + 1, order::relaxed); });
      }
      w.finally([=] { check(x->load(order::relaxed) == 2, "none lost"); });
    });
  };
  const result first = racy("first");
  ASSERT_TRUE(says(first, "this execution alone: INTERLEAVE_REPLAY="));
  ASSERT_GT(first.executions, 1U);
  const std::string line = first.message.substr(first.message.rfind("INTERLEAVE_REPLAY=") + 18);
  ASSERT_EQ(setenv("INTERLEAVE_REPLAY", line.substr(0, line.find(' ')).c_str(), 1), 0);
  const result again = racy("first");
  const result namesake = racy("second");
  const result another = explore({}, [](world& w) { w.thread([] {}); });
  unsetenv("INTERLEAVE_REPLAY");
  EXPECT_EQ(again.executions + again.redundant, 1U);
  EXPECT_EQ(again.message, first.message);
  EXPECT_EQ(namesake.executions, first.executions) << "what it does not name is walked";
  EXPECT_TRUE(another.complete);
}

TEST(replay_test, a_name_that_nothing_has_is_told_at_the_end) {
  EXPECT_EXIT(
      {
        setenv("INTERLEAVE_REPLAY", "00000000:1", 1);
        (void)explore({}, [](world& w) { w.thread([] {}); });
        std::exit(0);
      },
      testing::ExitedWithCode(0), "INTERLEAVE_REPLAY=00000000:1: nothing that was explored here");
}

TEST(replay_test, an_exception_is_a_failure) {
  EXPECT_TRUE(says(explore({}, [](world& w) { w.thread([] { throw 1; }); }), "exception"));
}

// ---- sites ----

TEST(sites_test, acq_rel_is_two_sites) {
  const auto scenario = [] { return last_one_out(order::acq_rel); };
  EXPECT_PASSES(scenario());
  int halves = 0;
  for (const interleave::site& s : interleave::sites("explore/door_test.cpp")) {
    if (s.operation != "fetch_sub" || s.order != order::acq_rel) continue;
    ++halves;
    ASSERT_TRUE(interleave::weaken(s));
    EXPECT_TRUE(says(scenario(), "data race")) << s.text();
    interleave::strengthen_all();
  }
  EXPECT_EQ(halves, 2);
  EXPECT_PASSES(scenario());
}

TEST(sites_test, weakening_either_end_is_caught_and_undone) {
  const unsigned first = __LINE__;
  const auto scenario = [] {
    return explore({}, [](world& w) {
      auto m = std::make_shared<message>();
      w.thread([=] { m->text = 42, m->sent.store(1, order::release); });
      w.thread([=] {
        if (m->sent.load(order::acquire) == 1) m->text.read();
      });
    });
  };
  const unsigned last = __LINE__;
  EXPECT_PASSES(scenario());
  int weakened = 0;
  for (const interleave::site& s : interleave::sites("explore/door_test.cpp")) {
    if (s.line < first || s.line > last) continue;
    ASSERT_TRUE(interleave::weaken(s));
    EXPECT_TRUE(says(scenario(), "data race")) << s.text();
    interleave::strengthen_all();
    EXPECT_PASSES(scenario());
    ++weakened;
  }
  EXPECT_EQ(weakened, 2);
}

// ---- outside an exploration ----

constinit atomic<std::uint64_t> at_start{5};

TEST(outside_test, the_door_is_a_plain_variable) {
  static_assert(sizeof(atomic<std::uint32_t>) == 4 && sizeof(atomic<void*>) == sizeof(void*));
  EXPECT_EQ(at_start.fetch_add(2, order::relaxed), 5U);
  EXPECT_EQ(at_start.fetch_sub(8, order::relaxed), 7U);
  EXPECT_EQ(at_start.exchange(6, order::acq_rel), ~std::uint64_t{0});
  EXPECT_EQ(at_start.fetch_or(1, order::relaxed), 6U);
  EXPECT_EQ(at_start.fetch_and(3, order::relaxed), 7U);
  std::uint64_t wrong = 4;
  EXPECT_FALSE(at_start.compare_exchange_weak(wrong, 9, order::relaxed, order::relaxed));
  EXPECT_TRUE(at_start.compare_exchange_strong(wrong, 5, order::relaxed, order::relaxed));
  EXPECT_EQ(at_start.load(order::relaxed), 5U);
  int words[3] = {};
  atomic<int*> p(words);
  p.fetch_add(2, order::relaxed);
  EXPECT_EQ(p.load(order::relaxed), words + 2);
  atomic<std::int32_t> wraps(INT32_MAX);
  wraps.fetch_add(1, order::relaxed);
  EXPECT_EQ(wraps.load(order::relaxed), INT32_MIN);
  lastout::relax();
  plain<int> x(1);
  x = x + 1;
  EXPECT_EQ(x, 2);
  interleave::mutex m;
  EXPECT_TRUE(m.try_lock());
  EXPECT_FALSE(m.try_lock());
  delete new node;
}

}  // namespace
