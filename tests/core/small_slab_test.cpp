// small_slab_test.cpp - a slab of three chunks of fifteen slots, where all that is rare happens at
// once: each slot that is handed out is the one that a model has next.
//
// The model is slab.hpp's words: a thread's own list, of which the last one in is the first one out
// and the oldest half goes to the common list; the common list, the same way; then fresh slots, in
// the order of the chunk.

#include <pthread.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <lastout/in_slab.hpp>
#include <lastout/kref.hpp>

#include "core/heap_chunks.hpp"

namespace {

constexpr std::size_t piece = 128 << 10;  // a chunk: two of the pages that go back
constexpr std::size_t pieces = 3;
constexpr std::size_t in_piece = 15;
constexpr std::size_t in_hand = 4;

/// Where the chunks come from, while there is any.
struct quarry {
  static inline unsigned char* const rock =
      static_cast<unsigned char*>(std::aligned_alloc(piece, (pieces + 1) * piece));
  static inline std::size_t taken = 0;
  static inline std::size_t most = pieces + 1;  // one more than a slab may have
  static inline std::size_t filled = 0;         // slots
};

template <int>
struct pebble;

}  // namespace

template <int Kind>
struct lastout::slab_shape<pebble<Kind>> {
  static constexpr std::size_t chunk_bytes = piece;
  static constexpr std::size_t chunks_max = pieces;
  static constexpr std::uint32_t in_hand_max = in_hand;
  static void* chunk() noexcept {
    return quarry::taken == quarry::most ? nullptr : quarry::rock + piece * quarry::taken++;
  }
  static void fill(void* slot, unsigned char with, std::size_t bytes) noexcept {
    ++quarry::filled;
    std::memset(slot, with, bytes);
  }
  template <class Common>
  static Common& common() noexcept {
    struct with_neighbour {
      Common own;
      std::uintptr_t neighbours[4] = {1, 1, 1, 1};  // who reads on, reads no pointer
    };
    static constinit with_neighbour only;
    return only.own;
  }
};

namespace {

using lastout::external;
using lastout::internal;
using lastout::make;
using lastout::slab;
using lastout::slab_use;

template <int Kind>
struct pebble : lastout::kref<pebble<Kind>>, lastout::in_slab<pebble<Kind>> {
  char bytes[8000] = {};
};

/// Each test has a slab of its own: of another type, from the same memory.
template <int Kind>
class small_slab {
 public:
  using type = pebble<Kind>;
  using mark = internal<type, slab<type>>;

  small_slab() {
    quarry::taken = quarry::filled = 0;
    quarry::most = pieces + 1;
    std::memset(quarry::rock, 0xee, (pieces + 1) * piece);
  }

  /// Makes one; it stands where the model has it. Returns   false when there is no room.
  bool make_one() {
    const unsigned char* const place = take();
    external<type> made = make<type>();
    EXPECT_EQ(static_cast<bool>(made), place != nullptr);
    if (!made) return false;
    const auto* const at = reinterpret_cast<const unsigned char*>(made.address());
    if (first_ == nullptr) first_ = at - (place - quarry::rock);
    EXPECT_EQ(at - first_, place - quarry::rock) << "not the slot whose turn it is";
    marks.emplace_back(*made);
    live.push_back(std::move(made));
    return true;
  }
  void drop(std::size_t which) {
    give(slot_of(*live[which]));
    live.erase(live.begin() + static_cast<std::ptrdiff_t>(which));
  }
  void drop_all() {
    while (!live.empty()) drop(live.size() - 1);
  }

  /// Hands empty chunks back; `meanwhile()` is called if there are any.
  template <class Meanwhile>
  std::size_t trim(Meanwhile meanwhile) {
    std::vector<std::size_t> empty;
    for (std::size_t c = 0; c < chunks_; ++c)
      if (used_[c] == in_piece && free_in(c) == in_piece) empty.push_back(c);
    for (const std::size_t c : empty) {
      std::erase_if(common_, [&](const unsigned char* s) { return piece_of(s) == c; });
      used_[c] = 0;
    }
    bool called = false;
    try {
      const std::size_t bytes = slab<type>::trim([&] {
        called = true;
        compare();
        EXPECT_EQ(slab<type>::trim([] { ADD_FAILURE() << "they are somebody else's now"; }), 0u);
        meanwhile();
      });
      EXPECT_EQ(called, !empty.empty());
      EXPECT_EQ(bytes, empty.size() * (piece - 65536));
      for (std::size_t i = empty.size(); i-- > 0;) fresh_.insert(fresh_.begin(), empty[i]);
      return bytes;
    } catch (...) {
      // As they were; whoever is next finds the lowest chunk's slots last.
      for (std::size_t i = empty.size(); i-- > 0;) {
        used_[empty[i]] = in_piece;
        for (std::size_t place = in_piece; place-- > 0;) common_.push_back(slot(empty[i], place));
      }
      throw;
    }
  }

  void retired(const unsigned char* s) { retired_.insert(s); }

  void compare() const {
    const slab_use now = slab<type>::use();
    std::size_t slots = 0;
    for (const std::size_t n : used_) slots += n;
    EXPECT_EQ(now.chunks, chunks_);
    EXPECT_EQ(now.bytes, chunks_ * piece);
    EXPECT_EQ(now.slots, slots);
    EXPECT_EQ(now.free, common_.size());
    EXPECT_EQ(now.retired, retired_.size());
  }
  void each_living_is_found_and_no_other() const {
    for (std::uint64_t n = 0; n < (pieces + 1) * in_piece; ++n) {
      for (const std::uint64_t generation : {0u, 1u, 2u, 3u}) {
        const external<type> found = mark::from_number(generation << 32 | n).get_not_zero();
        EXPECT_TRUE(!found || std::count(live.begin(), live.end(), found) == 1) << n;
      }
    }
    for (const external<type>& each : live) EXPECT_EQ(mark(*each).get_not_zero(), each);
    for (const mark& each : marks) {
      const bool lives =
          std::any_of(live.begin(), live.end(), [&](const auto& l) { return each.refers_to(*l); });
      EXPECT_EQ(static_cast<bool>(each.get_not_zero()), lives);
      // Made up: of the object that would be born there next.
      const std::uint64_t next = each.number() + (std::uint64_t{1} << 32);
      const external<type> found = mark::from_number(next).get_not_zero();
      EXPECT_TRUE(!found || std::count(live.begin(), live.end(), found) == 1);
    }
  }
  unsigned char* slot_of(const type& object) const {
    return quarry::rock + (reinterpret_cast<const unsigned char*>(&object) - first_);
  }

  std::vector<external<type>> live;
  std::vector<mark> marks;  // of all that have ever been

 private:
  // The model has its slots from the front of the chunks on.
  static unsigned char* slot(std::size_t in, std::size_t place) {
    return quarry::rock + in * piece + place * slab<type>::slot_bytes;
  }
  static std::size_t piece_of(const unsigned char* s) {
    return static_cast<std::size_t>(s - quarry::rock) / piece;
  }
  std::size_t free_in(std::size_t c) const {
    return static_cast<std::size_t>(std::count_if(
        common_.begin(), common_.end(), [&](const unsigned char* s) { return piece_of(s) == c; }));
  }
  unsigned char* take() {
    if (hand_.empty()) {
      while (hand_.size() < in_hand / 2 && !common_.empty()) {
        hand_.push_back(common_.back());
        common_.pop_back();
      }
      while (hand_.size() < in_hand / 2) {
        if (fresh_.empty()) {
          if (chunks_ == std::min(quarry::most, pieces)) break;
          fresh_.push_back(chunks_++);
          used_.push_back(0);
        }
        const std::size_t in = fresh_.front();
        hand_.push_back(slot(in, used_[in]++));
        if (used_[in] == in_piece) fresh_.erase(fresh_.begin());
      }
    }
    if (hand_.empty()) return nullptr;
    unsigned char* const out = hand_.back();
    hand_.pop_back();
    return out;
  }
  void give(unsigned char* back) {
    if (retired_.contains(back)) return;
    if (hand_.size() == in_hand) {
      common_.insert(common_.end(), hand_.begin(), hand_.begin() + in_hand / 2);
      hand_.erase(hand_.begin(), hand_.begin() + in_hand / 2);
    }
    hand_.push_back(back);
  }

  const unsigned char* first_ =
      nullptr;  // where the first slot of the first chunk stands in earnest
  std::size_t chunks_ = 0;
  std::vector<std::size_t> used_;
  std::vector<std::size_t> fresh_;
  std::vector<unsigned char*> hand_;
  std::vector<unsigned char*> common_;
  std::set<const unsigned char*> retired_;
};

TEST(small_slab_test, it_has_as_many_slots_as_fit) {
  small_slab<0> s;
  std::size_t n = 0;
  while (s.make_one()) ++n;
  EXPECT_EQ(n, pieces * in_piece);
  s.compare();
  EXPECT_FALSE(s.make_one()) << "nor later";
  s.each_living_is_found_and_no_other();
  EXPECT_EQ(quarry::filled, n) << "each slot is filled once";
  for (const auto& mark : s.marks) EXPECT_EQ(mark.number() >> 32, 1u) << "its first object";
}

TEST(small_slab_test, whoever_comes_and_goes_each_slot_is_the_one_whose_turn_it_is) {
  small_slab<1> s;
  std::mt19937_64 random(1);
  for (int step = 0; step < 4'000; ++step) {
    const std::uint64_t makes = step / 60 % 2 == 0 ? 2 : 1;  // of three times
    if (s.live.empty() || random() % 3 < makes) {
      (void)s.make_one();
    } else {
      s.drop(static_cast<std::size_t>(random() % s.live.size()));
    }
    ASSERT_NO_FATAL_FAILURE(s.compare()) << step;
    if (step % 60 == 30) (void)s.trim([] {});
    if (step % 500 == 499) {
      s.each_living_is_found_and_no_other();
      s.marks.clear();
    }
    if (HasFailure()) FAIL() << "step " << step;
  }
}

TEST(small_slab_test, without_memory_none_is_made_until_there_is_some) {
  small_slab<2> s;
  quarry::most = 1;
  while (s.make_one()) continue;
  EXPECT_EQ(s.live.size(), in_piece);
  s.compare();
  quarry::most = 2;
  EXPECT_TRUE(s.make_one());
  s.compare();
  s.drop(3);
  EXPECT_TRUE(s.make_one());
}

TEST(small_slab_test, empty_chunks_go_back_and_are_used_again) {
  small_slab<3> s;
  while (s.make_one()) continue;
  EXPECT_EQ(s.trim([] {}), 0u) << "all are in use";
  for (std::size_t n = 2 * in_piece; n-- > 0;) s.drop(n);  // the first two, but for what is in hand
  s.compare();
  EXPECT_EQ(s.trim([] {}), piece - 65536) << "one of the two has slots in this thread's hand";
  s.compare();
  for (std::size_t n = 0; n < in_piece; ++n) {  // what went back is used again, slot by slot
    EXPECT_TRUE(s.make_one());
    s.each_living_is_found_and_no_other();
  }
  while (s.make_one()) continue;
  EXPECT_EQ(s.live.size(), pieces * in_piece);
  s.compare();
  s.each_living_is_found_and_no_other();
  for (int again = 0; again < 2; ++again) {
    while (!s.live.empty()) s.drop(0);
    EXPECT_EQ(s.trim([] {}), 2 * (piece - 65536));
    s.compare();
    while (s.make_one()) continue;
    EXPECT_EQ(s.live.size(), pieces * in_piece);
  }
}

TEST(small_slab_test, while_the_wait_lasts_no_number_leads_into_what_goes_back) {
  small_slab<4> s;
  while (s.make_one()) continue;
  for (std::size_t n = 3 * in_piece; n-- > 0;) s.drop(n);
  EXPECT_NE(s.trim([&] {
    // Who may not look here any more takes other slots.
    EXPECT_TRUE(s.make_one());
    s.each_living_is_found_and_no_other();
    s.drop(0);
  }),
            0u);
  s.compare();
}

TEST(small_slab_test, when_the_wait_throws_nothing_has_gone_back) {
  small_slab<5> s;
  while (s.make_one()) continue;
  for (std::size_t n = 3 * in_piece; n-- > 0;) s.drop(n);
  const slab_use before = slab<pebble<5>>::use();
  EXPECT_THROW(s.trim([] { throw 1; }), int);
  s.compare();
  EXPECT_EQ(slab<pebble<5>>::use().slots, before.slots);
  EXPECT_EQ(slab<pebble<5>>::use().free, before.free);
  const std::size_t filled = quarry::filled;
  while (s.make_one()) continue;
  EXPECT_EQ(s.live.size(), pieces * in_piece);
  EXPECT_EQ(quarry::filled, filled) << "they hold words already";
  s.each_living_is_found_and_no_other();
  for (std::size_t n = 3 * in_piece; n-- > 0;) s.drop(n);
  EXPECT_EQ(s.trim([] {}), 2 * (piece - 65536)) << "the next time";
  s.compare();
}

// What a thread makes when its list has gone: the last time that something is done at its end; or the
// time before, for then ThreadSanitizer has forgotten the thread.
#if defined(__has_feature)
constexpr bool forgotten_early = __has_feature(thread_sanitizer);
#else
constexpr bool forgotten_early = false;
#endif
constexpr int last_time = PTHREAD_DESTRUCTOR_ITERATIONS - (forgotten_early ? 1 : 0);
int made_at_the_end = 0;
void makes_two_at_its_end(void* round) {
  static pthread_key_t key;
  static const int has_key = pthread_key_create(&key, &makes_two_at_its_end);
  ASSERT_EQ(has_key, 0);
  if ((*static_cast<int*>(round))++ < last_time) {
    ASSERT_EQ(pthread_setspecific(key, round), 0);
    return;
  }
  const external<pebble<7>> a = make<pebble<7>>();
  const external<pebble<7>> b = make<pebble<7>>();
  made_at_the_end += (a ? 1 : 0) + (b ? 1 : 0);
}
TEST(small_slab_test, a_thread_that_has_given_its_list_back_takes_no_more_than_it_uses) {
  small_slab<7> s;
  const auto life = [] {
    static thread_local int round = 0;
    (void)make<pebble<7>>();  // first: what it leaves for its end is done before what comes now
    makes_two_at_its_end(&round);
  };
  std::thread(life).join();
  EXPECT_EQ(made_at_the_end, 2);
  const slab_use once = slab<pebble<7>>::use();
  EXPECT_EQ(once.slots, once.free);
  for (int i = 0; i < 3; ++i) std::thread(life).join();
  EXPECT_EQ(made_at_the_end, 8);
  EXPECT_EQ(slab<pebble<7>>::use().slots, once.slots);
  EXPECT_EQ(slab<pebble<7>>::use().free, once.free);
}

// Chunks of less than the pages that go back.
struct crumb : lastout::kref<crumb>, lastout::in_slab<crumb> {};

}  // namespace

template <>
struct lastout::slab_shape<crumb> : heap_chunks<crumb, 4096, 4, 4> {};

namespace {

TEST(small_slab_test, what_is_too_small_to_go_back_is_used_again_all_the_same) {
  std::vector<external<crumb>> all;
  const auto fill = [&] {
    while (external<crumb> made = make<crumb>()) all.push_back(std::move(made));
    return all.size();
  };
  const std::size_t n = fill();
  EXPECT_GT(n, 4u * 200);
  all.clear();
  EXPECT_EQ(slab<crumb>::trim([] {}), 0u);
  EXPECT_EQ(fill(), n);
}

// A slot's number has 32 bits: so the test writes the number of chunks where the slab has it.
struct grain : lastout::kref<grain>, lastout::in_slab<grain> {};

}  // namespace

template <>
struct lastout::slab_shape<grain> : heap_chunks<grain, (512 << 10), (1 << 17)> {
  static inline std::size_t* chunks = nullptr;
  template <class Common>
  static Common& common() noexcept {
    Common& only = heap_chunks::common<Common>();
    chunks = &only.chunks;
    return only;
  }
};

namespace {

TEST(small_slab_test, there_are_no_more_slots_than_numbers_for_them) {
  if (sizeof(void*) < 8) GTEST_SKIP() << "more than addresses reach there cannot be";
  using shape = lastout::slab_shape<grain>;
  std::vector<external<grain>> all;
  const auto fill = [&all](int chunks) {
    while (shape::made <= chunks) {
      external<grain> next = make<grain>();
      if (!next) return false;
      all.push_back(std::move(next));
    }
    return true;
  };
  ASSERT_TRUE(fill(1)) << "the first chunk is full, the second one begun";
  const std::uint64_t in_chunk = slab<grain>::use().slots - 1;
  const std::uint64_t most = 0xffffffff / in_chunk;  // the last number is nobody's
  *shape::chunks = static_cast<std::size_t>(most - 1);
  EXPECT_TRUE(fill(2)) << "one more, and there are as many as there may be";
  EXPECT_EQ(*shape::chunks, most);
  const std::uint64_t last = internal<grain, slab<grain>>(*all.back()).number() & 0xffffffff;
  EXPECT_EQ(last, (most - 1) * in_chunk);
  EXPECT_FALSE(fill(3)) << "no number is left";
  EXPECT_EQ(*shape::chunks, most);
  *shape::chunks = 2;
}

TEST(small_slab_test, a_use_that_nobody_has_measured_is_none) {
  const slab_use none;
  EXPECT_EQ(none.chunks + none.slots + none.free + none.retired + none.bytes, 0u);
}

// A slot is used 4,294,967,295 times: so the test writes the number of times where the slab has it.
TEST(small_slab_test, a_slot_whose_generations_are_used_up_is_not_used_again) {
  small_slab<6> s;
  using mark = small_slab<6>::mark;
  while (s.make_one()) continue;
  const auto generation_of = [](const auto& of) {
    return static_cast<std::uint32_t>(mark(*of).number() >> 32);
  };
  while (generation_of(s.live[7]) < 0x1234) {  // one that nothing else there is
    const auto* const place = s.live[7].address();
    s.drop(7);
    ASSERT_TRUE(s.make_one());
    ASSERT_EQ(s.live.back().address(), place);
    std::rotate(s.live.begin() + 7, s.live.end() - 1, s.live.end());
  }
  s.marks.clear();
  std::uint32_t* its = nullptr;
  for (std::size_t at = 0; at < 256; at += 4) {
    auto* const word = reinterpret_cast<std::uint32_t*>(quarry::rock + at);
    if (*word == 0x1234) its = word;
  }
  ASSERT_NE(its, nullptr);
  *its = 0xffffffff;
  const mark last(*s.live[7]);
  ASSERT_EQ(last.number() >> 32, 0xffffffffu);
  EXPECT_EQ(last.get_not_zero(), s.live[7]);
  s.retired(s.slot_of(*s.live[7]));
  s.drop(7);
  s.compare();
  EXPECT_FALSE(last.get_not_zero());
  EXPECT_FALSE(mark::from_number(last.number() & 0xffffffff).get_not_zero())
      << "no generation is 0";
  EXPECT_FALSE(s.make_one()) << "it was the only free one";
  while (!s.live.empty()) s.drop(0);
  s.compare();
  EXPECT_EQ(s.trim([] {}), piece - 65536) << "its chunk stays, and that of what is in hand";
  while (s.make_one()) continue;
  EXPECT_EQ(s.live.size(), pieces * in_piece - 1);
  s.compare();
}

}  // namespace
