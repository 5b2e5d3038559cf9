// slab_scenarios.cpp - the real slab: slots that are used again, marks that are too old, numbers that
// were guessed.
//
// The chunks are small and come from a place of their own, new in each execution (slab_shape). What a
// slot is filled with before its first object counts as a plain write to the word that will stand
// there; from then on it is memory that stays of one type.

#include <cstddef>
#include <cstring>
#include <new>

#include <lastout/in_slab.hpp>
#include <lastout/kref.hpp>

#include "edges/scenario.hpp"

namespace {

struct marked;
struct place_of_chunks {
  static constexpr std::size_t bytes = 512;
  static constexpr std::size_t most = 2;
  alignas(bytes) static inline unsigned char memory[most][bytes];
  static inline std::size_t taken = 0;
  alignas(64) static inline unsigned char common[1024];
  static inline void* made = nullptr;

  /// A new execution: nothing is taken, nothing is known.
  static void fresh() {
    taken = 0;
    made = nullptr;
    std::memset(memory, 0xee, sizeof memory);
  }
};

}  // namespace

template <>
struct lastout::slab_shape<marked> {
  static constexpr std::size_t chunk_bytes = place_of_chunks::bytes;
  static constexpr std::size_t chunks_max = place_of_chunks::most;
  static constexpr std::uint32_t in_hand_max = 2;
  static void* chunk() noexcept {
    using place = place_of_chunks;
    return place::taken == place::most ? nullptr : place::memory[place::taken++];
  }
  static void fill(void* slot, unsigned char with, std::size_t bytes) noexcept {
    std::memset(slot, with, bytes);
    if (auto* e = interleave::explorer::running) e->plain_write(slot, interleave::place::here());
    interleave::type_stable(slot, bytes);
  }
  template <class Common>
  static Common& common() noexcept {
    using place = place_of_chunks;
    static_assert(sizeof(Common) <= sizeof place::common);
    if (place::made == nullptr) place::made = new (place::common) Common;
    return *static_cast<Common*>(place::made);
  }
};

namespace {

using interleave::check;
using interleave::plain;
using lastout::external;
using lastout::internal;
using lastout::slab;
using scenario::world;
using mark = internal<marked, slab<marked>>;

struct marked : lastout::kref<marked>, lastout::in_slab<marked> {
  explicit marked(int v) : value(v) {}
  plain<int> value;
};

void fresh() {
  place_of_chunks::fresh();
  check(slab<marked>::use().chunks == 0, "a new slab");
}

/// What somebody does with a mark of an object whose value is 1.
void look(const mark& m) {
  const external<marked> got = m.get_not_zero();
  if (got) check(got->value.read() == 1, "a mark leads to its own object");
}

// (1) -> (2), (3) -> (4): a number that nobody gave out meets the first object of a chunk.
const scenario::added guessed("slab", "slab: a guessed number against the first object",
                              [](world& w) {
                                fresh();
                                auto kept = std::make_shared<external<marked>>();
                                w.thread([kept] { *kept = lastout::make<marked>(1); });
                                w.thread([] { look(mark::from_number(std::uint64_t{1} << 32)); });
                              });

/// One puts what he has and makes another one; `readers` have marks of the first.
void reused(world& w, int readers) {
  fresh();
  struct state {
    external<marked> first = lastout::make<marked>(1);
    external<marked> second;
    mark of_first{*first};
  };
  auto s = std::make_shared<state>();
  w.thread([s] {
    s->first.put();
    s->second = lastout::make<marked>(2);
  });
  for (int i = 0; i < readers; ++i) w.thread([s] { look(s->of_first); });
  w.finally([s] {
    check(!s->of_first.get_not_zero(), "the first one is gone");
    check(s->second->value.read() == 2, "the second one is whole");
  });
}
const scenario::added one_reader("slab", "slab: a slot is used again against a mark",
                                 [](world& w) { reused(w, 1); });
const scenario::added two_readers(
    "slab", "slab: a slot is used again against two marks", [](world& w) { reused(w, 2); },
    scenario::three_changes);

// Two threads make and free: each object has a slot of its own, the common list loses none.
const scenario::added makers("slab", "slab: two makers", [](world& w) {
  fresh();
  for (int i = 0; i < 2; ++i) {
    w.thread([i] {
      const external<marked> one = lastout::make<marked>(i);
      const external<marked> other = lastout::make<marked>(i);
      check(one != other, "two places");
      check(one->value.read() == i && other->value.read() == i, "each is its maker's");
    });
  }
});

}  // namespace
