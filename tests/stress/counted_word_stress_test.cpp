// counted_word_stress_test.cpp - the words that threads share, by themselves.

#include "stress/stress.hpp"

#include <cstdint>

#include <lastout/locked_word.hpp>
#include <lastout/refcount.hpp>

namespace {

using namespace stress;
using lastout::count_state;
using lastout::settled;

template <class Word>
class counted_word_stress_test : public stress_test {};
using words = testing::Types<lastout::refcount, lastout::locked_word>;
TYPED_TEST_SUITE(counted_word_stress_test, words);

// Everybody gets and puts as they like; one put of all is the last, and sees what each of them
// wrote.
TYPED_TEST(counted_word_stress_test, exactly_one_put_is_the_last_and_sees_every_write) {
  const int n = threads();
  for (int round = 0; round < rounds(150); ++round) {
    TypeParam w(static_cast<std::uint32_t>(n));
    std::vector<int> wrote(
        static_cast<std::size_t>(n));  // plain: ThreadSanitizer is the second judge
    std::atomic<int> last = 0;
    std::atomic<int> sum = 0;
    run_on_threads(n, static_cast<std::uint64_t>(round), [&](int i, chance& c) {
      std::uint32_t held = 1;
      for (int step = 0; step < 60; ++step) {
        switch (c.below(5)) {
          case 0: w.get(), ++held; break;
          case 1: w.get(3), held += 3; break;
          case 2:
            if (w.get_not_zero()) {
              ++held;
            } else {
              ADD_FAILURE() << "refused although a reference is held";
            }
            break;
          case 3:
            if (held > 1 && w.put_not_last()) --held;
            break;
          default:
            if (held > 1) {
              if (w.put()) ADD_FAILURE() << "the last one although one more is held";
              --held;
            }
        }
      }
      wrote[static_cast<std::size_t>(i)] = 1;
      while (held-- != 0) {
        if (!w.put()) continue;
        ++last;
        for (const int each : wrote) sum += each;
      }
    });
    ASSERT_EQ(last, 1) << "round " << round;
    ASSERT_EQ(sum, n);
    ASSERT_TRUE(w.dead());
  }
}

// One place, many lives: who gets a reference sees the fields of the life that it got.
TYPED_TEST(counted_word_stress_test, readers_of_reused_memory_see_the_new_objects_fields) {
  struct slot {
    TypeParam w;
    std::uint64_t life = 0;  // plain fields of the object
    std::uint64_t check = ~std::uint64_t{0};
  };
  const int lives = rounds(3000);
  slot s;
  std::atomic<int> born = 0;
  std::atomic<int> freed = 0;
  const auto bear = [&] {
    ++s.life;
    s.check = ~s.life;
    ++born;
    s.w.birth();
  };
  const auto drop =
      [&] {  // whoever frees bears the next one, and drops the reference that it is born with
        while (s.w.put()) {
          ++freed;
          if (born == lives) return;
          bear();
          std::this_thread::yield();
        }
      };
  bear();
  run_on_threads(threads(), 0, [&](int i, chance& c) {
    if (i == 0) drop();
    for (int refused = 0; freed < lives;) {
      if (s.w.get_not_zero()) {
        if (s.check != ~s.life) ADD_FAILURE() << "a torn object";
        point();
        drop();
        refused = 0;
      } else if (++refused % 64 == 0) {
        std::this_thread::yield();
      }
      if (c.one_in(8)) std::this_thread::yield();
    }
  });
  EXPECT_EQ(born, lives);
  EXPECT_EQ(freed, lives);
  EXPECT_TRUE(s.w.dead());
}

// A frozen word is its owner's alone.
TYPED_TEST(counted_word_stress_test, nobody_else_is_inside_while_frozen) {
  TypeParam w(1);  // the owner's
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  std::atomic<int> refused = 0;
  std::atomic<bool> done = false;
  const int times = rounds(2000);
  run_on_threads(threads(), 0, [&](int i, chance& c) {
    if (i == 0) {
      for (int frozen = 0; frozen < times;) {
        if (!w.freeze(1)) {
          std::this_thread::yield();
          continue;
        }
        ++a;
        point();
        ++b;
        ++frozen;
        w.unfreeze(1);
        if (c.one_in(4)) std::this_thread::yield();
      }
      done = true;
      return;
    }
    while (!done) {
      if (!w.get_not_zero()) {
        ++refused;
        continue;
      }
      if (a != b) ADD_FAILURE() << "read while frozen";
      if (w.put()) ADD_FAILURE() << "the owner still holds one";
      if (c.one_in(2)) std::this_thread::yield();
    }
  });
  EXPECT_EQ(w.references(), 1u);
  EXPECT_EQ(a, static_cast<std::uint64_t>(times));
  EXPECT_TRUE(w.put());
}

// Puts that reach zero and settle late, revived in between: one of them all settles.
TYPED_TEST(counted_word_stress_test, of_all_puts_that_reach_zero_one_settles) {
  for (int round = 0; round < rounds(600); ++round) {
    TypeParam w(1);
    std::atomic<int> settled_by = 0;
    std::atomic<bool> over = false;
    const auto put_and_settle = [&] {
      if (!w.put_to_zero()) return;
      point();
      for (;;) {
        if (over) ADD_FAILURE() << "touched after it was settled";
        if (w.settle(count_state::dead) != settled::not_ours) {
          ++settled_by;
          over = true;
          return;
        }
        point();
        if (w.leave()) return;
      }
    };
    run_on_threads(threads(), static_cast<std::uint64_t>(round), [&](int i, chance& c) {
      if (i == 0) return put_and_settle();
      for (int k = 0; k < 6; ++k) {
        if (!w.get_not_zero()) return;
        if (over) ADD_FAILURE() << "got a reference to a dead object";
        if (c.one_in(2)) std::this_thread::yield();
        put_and_settle();
      }
    });
    ASSERT_EQ(settled_by, 1) << "round " << round;
    ASSERT_TRUE(w.dead());
  }
}

TYPED_TEST(counted_word_stress_test, refusals_by_many_leave_a_dead_word_dead) {
  TypeParam w;
  const int each = rounds(1 << 19);
  run_on_threads(threads(), 0, [&](int, chance&) {
    mine.one_in = 0;
    for (int k = 0; k < each; ++k) {
      if (w.get_not_zero()) ADD_FAILURE() << "got a reference to a dead object";
    }
  });
  EXPECT_TRUE(w.dead());
}

}  // namespace
