// slab_test.cpp - memory that is used again by many threads, or handed back, is never taken for what
// it was.

#include "stress/stress.hpp"

#include <algorithm>
#include <array>
#include <mutex>
#include <vector>

#include <lastout/in_slab.hpp>
#include <lastout/kref.hpp>

#include "core/heap_chunks.hpp"

namespace {

template <int>
struct small;

}  // namespace

/// A few objects fill a chunk, so that one is empty all the time.
template <int Kind>
struct lastout::slab_shape<small<Kind>> : heap_chunks<small<Kind>, 4096, 256> {};

namespace {

using namespace stress;
using lastout::external;
using lastout::in_slab;
using lastout::internal;
using lastout::kref;
using lastout::make;
using lastout::slab;

// Marks of slot and generation, kept for ever, while the slots are used again by all threads.

struct numbered : kref<numbered>, in_slab<numbered> {
  explicit numbered(std::uint64_t n) : number(n) {}
  static external<numbered> create(std::uint64_t n) { return make<numbered>(n); }
  std::uint64_t number;
  canary alive;
};
/// Has no constructor of its own.
struct bare : kref<bare>, in_slab<bare> {
  static external<bare> create(std::uint64_t n) {
    external<bare> made = make<bare>();
    made->number = n;
    return made;
  }
  std::uint64_t number;
  canary alive;
};

template <class T>
class slab_stress_test : public stress_test {};
using numbered_objects = testing::Types<numbered, bare>;
TYPED_TEST_SUITE(slab_stress_test, numbered_objects);

TYPED_TEST(slab_stress_test, a_mark_leads_to_its_object_or_to_none_for_ever) {
  using mark = internal<TypeParam, slab<TypeParam>>;
  struct kept {
    std::mutex lock;
    std::vector<mark> marks;  // the n-th is of the object with number n
  } all;
  std::atomic<long> met = 0;
  const int steps = rounds(50'000);
  run_on_threads(threads(), 0, [&](int, chance& c) {
    std::vector<external<TypeParam>> held;
    for (int step = 0; step < steps; ++step) {
      if (c.one_in(3)) {
        const std::lock_guard guard(all.lock);
        held.push_back(TypeParam::create(all.marks.size()));
        all.marks.emplace_back(*held.back());
      }
      mark some;
      std::size_t number = 0;
      {
        const std::lock_guard guard(all.lock);
        const std::size_t n = all.marks.size();
        if (n != 0) {
          number = c.one_in(2) ? c.below(n) : n - 1 - c.below(std::min<std::size_t>(n, 16));
          some = all.marks[number];
        }
      }
      if (external<TypeParam> got = some.get_not_zero()) {
        ++met;
        got->alive.check();
        if (got->number != number) ADD_FAILURE() << number << " led to " << got->number;
        if (c.one_in(4)) held.push_back(std::move(got));
      }
      while (held.size() > c.below(6)) held.pop_back();
    }
  });
  EXPECT_GT(met, 0);
  for (const mark& each : all.marks) ASSERT_FALSE(each.get_not_zero());
  EXPECT_LT(slab<TypeParam>::use().slots, 10'000u) << "slots are used again";
}

// Memory goes back to the system while readers look for what stood there.

class slab_trim_stress_test : public stress_test {};

struct large : kref<large>, in_slab<large> {
  explicit large(std::uint64_t n) : number(n), again(n) {}
  std::uint64_t number;
  char bytes[12'000];
  std::uint64_t again;
  canary alive;
};

/// Counts its look-ups: while one is under way the number is odd.
struct reader {
  std::atomic<std::uint64_t> looks = 0;
  void wait() const {
    const std::uint64_t under_way = looks;
    while (under_way % 2 == 1 && looks == under_way) std::this_thread::yield();
  }
};

void look_at_one(std::mutex& lock, const std::vector<internal<large, slab<large>>>& marks,
                 reader& me, chance& c, std::atomic<long>& met) {
  internal<large, slab<large>> some;
  {
    const std::lock_guard guard(lock);
    if (!marks.empty()) some = marks[c.below(marks.size())];
  }
  ++me.looks;
  external<large> got = some.get_not_zero();
  ++me.looks;
  if (!got) return;
  ++met;
  got->alive.check();
  if (got->number != got->again) ADD_FAILURE() << "an object that is none";
}

// Everybody at once; those whose wait throws change nothing.
struct busy : lastout::kref<busy>, lastout::in_slab<busy> {
  char bytes[9'000] = {};
};
TEST_F(slab_trim_stress_test, many_trim_and_ask_while_others_make) {
  const int steps = rounds(1'000);
  run_on_threads(threads(), 0, [&](int, chance& c) {
    std::vector<external<busy>> held;
    for (int step = 0; step < steps; ++step) {
      switch (c.below(5)) {
        case 0: held.clear(); break;
        case 1: (void)slab<busy>::trim([] {}); break;
        case 2: try { (void)slab<busy>::trim([] { throw 1; });
          } catch (int) {
          }
          break;
        case 3: {
          const lastout::slab_use now = slab<busy>::use();
          if (now.free > now.slots) ADD_FAILURE() << now.free << " of " << now.slots;
          break;
        }
        default:
          for (int i = 0; i < 30; ++i) held.push_back(make<busy>());
      }
    }
  });
  const lastout::slab_use left = slab<busy>::use();
  EXPECT_EQ(left.free, left.slots) << "all are given back";
}

TEST_F(slab_trim_stress_test, memory_goes_back_under_readers_that_are_waited_for) {
  using mark = internal<large, slab<large>>;
  constexpr std::size_t objects = 600;
  struct kept {
    std::mutex lock;
    std::vector<mark> marks;
  } all;
  std::size_t bytes = 0;
  std::atomic<long> met = 0;
  const int times = rounds(30);
  for (int round = 0; round < times; ++round) {
    std::array<reader, 2> readers;  // new ones each time: a thread that ends leaves no slot behind
    std::atomic<bool> over = false;
    run_on_threads(1 + static_cast<int>(readers.size()), static_cast<std::uint64_t>(round),
                   [&](int i, chance& c) {
                     if (i != 0) {
                       reader& me = readers[static_cast<std::size_t>(i) - 1];
                       while (!over) look_at_one(all.lock, all.marks, me, c, met);
                       return;
                     }
                     std::vector<external<large>> made;
                     for (std::size_t n = 0; n < objects; ++n) made.push_back(make<large>(n));
                     {
                       const std::lock_guard guard(all.lock);
                       all.marks.clear();
                       for (const external<large>& each : made) all.marks.emplace_back(*each);
                     }
                     std::this_thread::yield();
                     made.clear();
                     bytes += slab<large>::trim([&] {
                       for (reader& each : readers) each.wait();
                     });
                     over = true;
                   });
  }
  EXPECT_GT(met, 0);
  EXPECT_GT(bytes, slab<large>::chunk_bytes);
}

template <int Kind>
struct small : kref<small<Kind>>, in_slab<small<Kind>> {
  char bytes[400] = {};
};

TEST_F(slab_trim_stress_test, small_chunks_go_back_and_are_used_again_by_all) {
  using type = small<0>;
  const int steps = rounds(2'000);
  run_on_threads(threads(), 0, [&](int, chance& c) {
    std::vector<external<type>> held;
    for (int step = 0; step < steps; ++step) {
      for (std::size_t n = c.below(20); n > 0; --n) {
        held.push_back(make<type>());
        EXPECT_TRUE(held.back());
      }
      if (!c.one_in(4)) held.clear();
      try {
        (void)slab<type>::trim([throws = c.one_in(2)] {
          if (throws) throw 1;
        });
      } catch (int) {
      }
      if (held.size() > 100) held.clear();
    }
  });
  const lastout::slab_use left = slab<type>::use();
  EXPECT_EQ(left.free, left.slots) << "all are given back";
}

// A slot is used 4,294,967,295 times: so the test writes the number of times where the slab has it.
TEST_F(slab_trim_stress_test, slots_that_several_use_up_are_all_counted) {
  using type = small<1>;
  constexpr std::size_t in_chunk = 6;
  std::vector<external<type>> all;
  while (all.size() < in_chunk) all.push_back(make<type>());
  ASSERT_EQ(slab<type>::use().chunks, 1u);
  const auto generation = [](const external<type>& of) {
    return static_cast<std::uint32_t>(internal<type, slab<type>>(*of).number() >> 32);
  };
  while (generation(all.back()) != 0x1234) {  // one that nothing else there is
    all.back().put();
    all.back() = make<type>();
  }
  auto* const header = reinterpret_cast<std::uint32_t*>(lastout::slab_shape<type>::newest);
  auto* const its = std::find(header, header + 32, 0x1234u);
  ASSERT_NE(its, header + 32);
  for (const external<type>& each : all) {
    const std::ptrdiff_t away = reinterpret_cast<const char*>(each.address()) -
                                reinterpret_cast<const char*>(all.back().address());
    its[away / static_cast<std::ptrdiff_t>(slab<type>::slot_bytes)] = 0xffffffff;
  }
  for (const external<type>& each : all) ASSERT_EQ(generation(each), 0xffffffff);
  run_on_threads(2, 0, [&](int i, chance&) {
    for (std::size_t n = static_cast<std::size_t>(i); n < in_chunk; n += 2) all[n].put();
  });
  EXPECT_EQ(slab<type>::use().retired, in_chunk);
}

}  // namespace
