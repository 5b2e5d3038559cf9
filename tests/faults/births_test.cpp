// births_test.cpp - make: an empty reference or an exception when memory is out, and then nothing has
// happened. Releases and what is held meanwhile ask for no memory that they must have.

#include <pthread.h>

#include <chrono>
#include <cstdint>
#include <mutex>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <lastout/cached.hpp>
#include <lastout/dual.hpp>
#include <lastout/external_word.hpp>
#include <lastout/in_slab.hpp>
#include <lastout/internal.hpp>
#include <lastout/kcref.hpp>
#include <lastout/kref.hpp>
#include <lastout/locked_word.hpp>
#include <lastout/plain.hpp>
#include <lastout/release_queue.hpp>

#include "faults/counted_objects.hpp"
#include "faults/failing_memory.hpp"

namespace {

using faults::each_allocation_fails;
using faults::fault;
using faults::how_long;
using faults::named;
using lastout::external;
using lastout::make;

struct of_kref : lastout::kref<of_kref>, named {
  using named::named;
};
struct of_locked_word : lastout::kref<of_locked_word, lastout::locked_word>, named {
  using named::named;
};
struct alignas(256) wide : lastout::kref<wide>, named {
  using named::named;
};
struct without_lock : lastout::kcref<without_lock>, named {
  using named::named;
};
struct with_lock : lastout::kcref<with_lock, std::mutex>, named {
  using named::named;
  static std::tuple<std::mutex&> locks() noexcept { return one; }
  static lastout::fate idle(const idle_proof&) noexcept { return lastout::fate::kill; }
  static void unlink(const idle_proof&) noexcept {}
  static inline std::mutex one;
};
struct on_slab : lastout::kref<on_slab>, lastout::in_slab<on_slab>, named {
  using named::named;
};
struct in_cache : lastout::cached<in_cache>, named {
  using named::named;
};
struct of_dual : lastout::dual<of_dual>, named {
  using named::named;
};
struct of_named_dual : lastout::dual<of_named_dual, lastout::named_holders>, named {
  using named::named;
  void deactivate() noexcept { ++ends; }
  static inline int ends = 0;
};

template <class T>
auto born(bool throws) {
  if constexpr (requires { typename T::holders_type; }) {
    return lastout::make_active<T>(throws);
  } else {
    external<T> made = make<T>(throws);
    if constexpr (std::is_same_v<T, without_lock>) {
      if (made) made.kill_on_put();  // no structure has it
    }
    return made;
  }
}

template <class T>
class births_test : public faults::faults_test {};
using styles = testing::Types<of_kref, of_locked_word, wide, without_lock, with_lock, on_slab,
                              in_cache, of_dual, of_named_dual>;
TYPED_TEST_SUITE(births_test, styles);

TYPED_TEST(births_test, make_is_all_or_nothing) {
  const std::size_t n = each_allocation_fails([](fault& now) {
    decltype(born<TypeParam>(false)) made;
    now.run([&] { made = born<TypeParam>(false); });
    EXPECT_EQ(static_cast<bool>(made), named::alive == 1);
    if (!now.happened()) {
      EXPECT_TRUE(made);
    }
    made = {};
    EXPECT_EQ(named::alive, 0);
    EXPECT_TRUE(born<TypeParam>(false)) << "the next one is not made";
  });
  EXPECT_GE(n, 1u) << "the name's";
}

TYPED_TEST(births_test, a_constructor_that_throws_leaves_nothing_behind) {
  each_allocation_fails([](fault& now) {
    bool heard = false;
    now.run([&] {
      try {
        (void)born<TypeParam>(true);
      } catch (const faults::refused_by_constructor&) {
        heard = true;
      }
    });
    EXPECT_TRUE(heard || now.happened());
    EXPECT_EQ(named::alive, 0);
  });
}

TYPED_TEST(births_test, copies_moves_and_puts_ask_for_nothing_that_they_must_have) {
  // A dual's holders are named in checked builds, and where they are to be: without memory not.
  each_allocation_fails([](fault& now) {
    auto made = born<TypeParam>(false);
    EXPECT_TRUE(now.run([&] {
      auto moved = std::move(made);
      if constexpr (requires { moved.share(); }) {
        auto again = moved.share();
        EXPECT_TRUE(again);
      } else {
        auto again = moved;
        EXPECT_EQ(moved->references(), 2u);
      }
      moved.put();
    }));
    EXPECT_EQ(named::alive, 0);
  });
}

// Of a type that has no memory yet, whatever the thread.

template <int N>
struct newcomer : lastout::kref<newcomer<N>>, lastout::in_slab<newcomer<N>>, named {
  using named::named;
};

template <int N>
void first_of_its_type(std::size_t nth, how_long length) {
  SCOPED_TRACE("allocation " + std::to_string(nth));
  fault now(nth, length);
  {
    external<newcomer<N>> made;
    now.run([&] { made = make<newcomer<N>>(); });
    EXPECT_EQ(static_cast<bool>(made), !now.happened());
    EXPECT_EQ(named::alive, made ? 1 : 0);
  }
  EXPECT_TRUE(make<newcomer<N>>());
  std::thread([nth, length] {  // where the type is known and the thread is not
    fault then(nth, length);
    external<newcomer<N>> made;
    then.run([&] { made = make<newcomer<N>>(); });
    EXPECT_EQ(static_cast<bool>(made), !then.happened());
    made.put();
    EXPECT_TRUE(make<newcomer<N>>());
  })
      .join();
  EXPECT_EQ(named::alive, 0);
  EXPECT_EQ(lastout::slab<newcomer<N>>::use().chunks, 1u);
}

class slab_births_test : public faults::faults_test {};

TEST_F(slab_births_test, the_first_object_of_a_type_and_of_a_thread_is_refused_and_nobody_dies) {
  first_of_its_type<1>(1, how_long::once);
  first_of_its_type<2>(2, how_long::once);
  first_of_its_type<3>(3, how_long::once);
  first_of_its_type<4>(1, how_long::for_good);
  first_of_its_type<5>(2, how_long::for_good);
  first_of_its_type<6>(3, how_long::for_good);
}

// A thread's free slots come back when it ends: the next one needs no chunk.
struct large : lastout::kref<large>, lastout::in_slab<large> {
  char bytes[200 << 10];
};

TEST_F(slab_births_test, the_slots_of_ended_threads_are_used_again) {
  for (int i = 0; i < 50; ++i) {
    std::thread([] {
      std::vector<external<large>> some;
      for (int n = 0; n < 8; ++n) some.push_back(make<large>());
    }).join();
  }
  EXPECT_EQ(lastout::slab<large>::use().chunks, 1u);
}

TEST_F(slab_births_test, what_a_thread_frees_at_its_very_end_comes_back_too) {
  static pthread_key_t last;
  // Asked for again and again, so that it comes after the slab's own.
  static constinit thread_local int rounds = 0;
  ASSERT_EQ(pthread_key_create(&last,
                               [](void* object) {
                                 if (++rounds < 3) {
                                   pthread_setspecific(last, object);
                                 } else {
                                   external<large>::adopt(static_cast<large*>(object)).put();
                                   EXPECT_TRUE(make<large>());
                                 }
                               }),
            0);
  const std::size_t before = lastout::slab<large>::use().chunks;
  for (int i = 0; i < 50; ++i)
    std::thread([] { pthread_setspecific(last, make<large>().leak()); }).join();
  EXPECT_EQ(lastout::slab<large>::use().chunks, before < 1 ? 1 : before);
  pthread_key_delete(last);
}

template <int N>
struct filler : lastout::kref<filler<N>>, lastout::in_slab<filler<N>> {
  char bytes[100 << 10];
};

// The C library has room for what a thread keeps under the first 32 keys; for later ones it asks for
// memory. Without it the slab is not told of the thread's end, and the thread keeps no slots.
TEST_F(slab_births_test, a_thread_whose_end_nobody_would_be_told_of_keeps_no_slots) {
  using type = filler<3>;
  std::vector<pthread_key_t> first(32);
  for (pthread_key_t& each : first) ASSERT_EQ(pthread_key_create(&each, nullptr), 0);
  const auto asked_by_a_thread = [](std::size_t refused) {
    std::size_t asked = 0;
    std::thread([&] {
      const faults::armed here(refused);
      EXPECT_TRUE(make<type>());
      asked = here.asked();
    }).join();
    return asked;
  };
  std::thread([] { EXPECT_TRUE(make<type>()); }).join();  // there is a chunk
  const lastout::slab_use before = lastout::slab<type>::use();
  const bool keyed_late = asked_by_a_thread(0) == 1;
  if (keyed_late) {
    EXPECT_EQ(asked_by_a_thread(1), 2u) << "once in vain";
  }
  EXPECT_EQ(lastout::slab<type>::use().slots, before.slots);
  EXPECT_EQ(lastout::slab<type>::use().free, before.free) << "the thread has kept some";
  for (const pthread_key_t each : first) pthread_key_delete(each);
  if (!keyed_late) GTEST_SKIP() << "the slab's key is one of the first: it was used before";
}

TEST_F(slab_births_test, where_no_chunk_is_to_be_had_make_answers_empty_and_trim_gives_back) {
  using type = filler<0>;
  std::thread([] {  // its free slots come back when it ends
    std::vector<external<type>> all;
    all.reserve(1000);
    bool again = false;
    {
      const faults::armed here(3, how_long::for_good);  // two chunks
      while (external<type> next = make<type>()) all.push_back(std::move(next));
      all.pop_back();
      again = static_cast<bool>(make<type>());
    }
    EXPECT_TRUE(again) << "what was freed is there";
    EXPECT_GE(all.size(), 30u);
  })
      .join();
  EXPECT_EQ(lastout::slab<type>::use().chunks, 2u);
  EXPECT_GT(lastout::slab<type>::trim([] {}), 0u);
}

TEST_F(slab_births_test, trim_without_advice_hands_nothing_back_and_keeps_order) {
  using type = filler<1>;
  std::thread([] {  // its list of free slots is given back when it ends
    std::vector<external<type>> all;
    for (int i = 0; i < 200; ++i) all.push_back(make<type>());
  })
      .join();
  const std::size_t chunks = lastout::slab<type>::use().chunks;
  {
    const faults::no_advice here;
    EXPECT_EQ(lastout::slab<type>::trim([] {}), 0u);
    EXPECT_GE(faults::no_advice::refused(), 1u);
  }
  std::vector<external<type>> again;
  for (int i = 0; i < 200; ++i) {
    again.push_back(make<type>());
    ASSERT_TRUE(again.back());
    EXPECT_EQ(again.back()->references(), 1u);
  }
  EXPECT_EQ(lastout::slab<type>::use().chunks, chunks);
}

TEST_F(slab_births_test, a_wait_of_trim_that_throws_loses_no_chunk) {
  using type = filler<2>;
  const auto fill = [] {
    std::thread([] {
      std::vector<external<type>> all;
      for (int i = 0; i < 100; ++i) all.push_back(make<type>());
    }).join();
  };
  fill();
  const std::size_t chunks = lastout::slab<type>::use().chunks;
  EXPECT_THROW(lastout::slab<type>::trim([] { throw faults::refused_by_constructor(); }),
               faults::refused_by_constructor);
  fill();
  EXPECT_EQ(lastout::slab<type>::use().chunks, chunks)
      << "new chunks, because the old ones are lost";
  EXPECT_GT(lastout::slab<type>::trim([] {}), 0u);
}

// plain: the parent makes the child.

struct page;
struct part : lastout::plain<part, page>, named {
  using named::named;
};
struct page : lastout::kref<page>, lastout::plain_parent<page, part> {};

class plain_births_test : public faults::faults_test {};

TEST_F(plain_births_test, add_is_all_or_nothing) {
  for (const bool throws : {false, true}) {
    each_allocation_fails([throws](fault& now) {
      const external<page> parent = make<page>();
      EXPECT_NE(parent->add(), nullptr);
      part* child = nullptr;
      now.run([&] {
        try {
          child = parent->add(throws);
        } catch (const faults::refused_by_constructor&) {
        }
      });
      int children = 0;
      parent->for_each([&](part&) { ++children; });
      EXPECT_EQ(children, child != nullptr ? 2 : 1);
      EXPECT_EQ(named::alive, children);
      EXPECT_NE(parent->add(), nullptr);
      EXPECT_TRUE(now.run([&] { EXPECT_TRUE(parent->purge()); })) << "purge asks for nothing";
      EXPECT_EQ(named::alive, 0);
    });
  }
}

// Releases.

class release_faults_test : public faults::faults_test {};

struct leaf : lastout::kref<leaf>, named {
  using named::named;
};
struct root : lastout::kref<root>, named {
  std::vector<external<leaf>> leaves;
};

TEST_F(release_faults_test, a_release_that_cannot_be_remembered_runs_within_the_other) {
  const std::size_t n = each_allocation_fails([](fault& now) {
    external<root> top = make<root>();
    for (int i = 0; i < 200; ++i) top->leaves.push_back(make<leaf>());
    EXPECT_TRUE(now.run([&] { top.put(); }));
    EXPECT_EQ(named::alive, 0);
  });
  EXPECT_GE(n, 3u) << "32, 64, 128 and 256 of them to be remembered";
}

struct link : lastout::kref<link>, named {
  external<link> next;
};

TEST_F(release_faults_test, a_chain_needs_no_memory_at_all) {
  const std::size_t n = each_allocation_fails([](fault& now) {
    external<link> chain;
    for (int i = 0; i < 100; ++i) {
      external<link> front = make<link>();
      front->next = std::move(chain);
      chain = std::move(front);
    }
    EXPECT_TRUE(now.run([&] { chain.put(); }));
    EXPECT_EQ(named::alive, 0);
  });
  EXPECT_EQ(n, 0u);
}

struct buried;
lastout::release_queue<buried>* graveyard = nullptr;
struct buried : lastout::kref<buried>, named {
  void release() noexcept { graveyard->push(*this); }
};

TEST_F(release_faults_test, a_queue_without_memory_has_no_room_and_loses_nobody) {
  const std::size_t n = each_allocation_fails([](fault& now) {
    external<buried> one = make<buried>();
    external<buried> two = make<buried>();
    std::size_t queued = 0;
    std::size_t drained = 0;
    EXPECT_TRUE(now.run([&] {
      lastout::release_queue<buried> queue(8);
      graveyard = &queue;
      one.put();
      two.put();
      queued = queue.size();
      drained = queue.drain();
    }));
    EXPECT_EQ(queued, now.happened() ? 0u : 2u);
    EXPECT_EQ(drained, queued);
    EXPECT_EQ(named::alive, 0);
  });
  EXPECT_EQ(n, 1u);
}

TEST_F(release_faults_test, a_queue_of_more_room_than_there_is_has_none) {
  for (const std::size_t too_many : {SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / sizeof(void*)}) {
    lastout::release_queue<buried> queue(too_many);
    graveyard = &queue;
    make<buried>().put();
    EXPECT_EQ(queue.size(), 0u);
    EXPECT_EQ(named::alive, 0);
  }
}

// dual: who drains is told who holds, and without memory how many.

TEST_F(release_faults_test, what_names_holders_is_given_back) {
  const long before = faults::live_blocks();
  {
    lastout::named_holders names;
    auto first = names.add("first");
    [[maybe_unused]] const auto second = names.add("second");
    names.remove(first);
    int left = 0;
    names.for_each([&left](const lastout::holder&) { ++left; });
    EXPECT_EQ(left, 1);
  }  // with one that nobody has removed
  EXPECT_EQ(faults::live_blocks(), before);
}

TEST_F(release_faults_test, a_dual_is_drained_whether_its_holders_could_be_named_or_not) {
  unsigned so_many_named = 0;  // a bit for each number that there was
  const std::size_t n = each_allocation_fails([&](fault& now) {
    of_named_dual::ends = 0;
    auto made = lastout::make_active<of_named_dual>();
    lastout::passive<of_named_dual> stays = made.get_passive();
    std::mutex list;
    const lastout::internal<of_named_dual> known(*made, list);
    std::size_t named_ones = 0;
    EXPECT_TRUE(now.run([&] {
      auto shared = made.share("who shares");
      auto got = stays.get_active("who has a passive one");
      lastout::active<of_named_dual> found;
      {
        std::unique_lock held(list);
        found = known.get_not_zero(held);
      }
      EXPECT_TRUE(shared && got && found);
      made->close();
      EXPECT_FALSE(made.share("too late"));
      const auto late = made->drain(std::chrono::steady_clock::now());
      EXPECT_FALSE(late.complete);
      EXPECT_EQ(late.holding, 4u) << "named or not, it is held";
      made->for_each_holder([&](const lastout::holder&) { ++named_ones; });
      shared.put();
      made.put();
      found.put();
      EXPECT_EQ(of_named_dual::ends, 0);
      got.put();
      EXPECT_TRUE(stays->drain(std::chrono::steady_clock::now()).complete);
      stays->for_each_holder([](const lastout::holder& left) { ADD_FAILURE() << left.name; });
    }));
    EXPECT_EQ(named_ones == 4, !now.happened());
    so_many_named |= 1u << named_ones;
    EXPECT_EQ(of_named_dual::ends, 1);
    EXPECT_EQ(named::alive, 1);
    EXPECT_TRUE(now.run([&] { stays.put(); }));
    EXPECT_EQ(named::alive, 0);
  });
  EXPECT_EQ(n, 3u) << "a name for each, but for the maker";
  EXPECT_EQ(so_many_named, 0b11110u) << "the maker alone, up to all of them";
}

TEST_F(release_faults_test, a_dual_that_is_handed_over_unnamed_is_held_all_the_same) {
  const std::size_t n = each_allocation_fails([](fault& now) {
    auto* const raw = new of_named_dual;
    lastout::reference_access::birth(*raw);
    std::size_t named_ones = 0;
    EXPECT_TRUE(now.run([&] {
      auto taken = lastout::active<of_named_dual>::adopt(raw, "who takes over");
      EXPECT_TRUE(taken);
      auto moved = std::move(taken);
      moved->for_each_holder([&](const lastout::holder&) { ++named_ones; });
      EXPECT_EQ(named::alive, 1);
    }));
    EXPECT_EQ(named_ones, now.happened() ? 0u : 1u);
    EXPECT_EQ(named::alive, 0);
  });
  EXPECT_EQ(n, 1u);
}

}  // namespace
