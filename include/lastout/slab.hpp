// slab.hpp - memory that stays objects of one type: what was a counted word is one for ever.
//
// Objects come here by in_slab.hpp: derive them from in_slab<T>, and `make` takes their memory from
// here.
//
// A slot is where an object stands. Each has a generation, which changes when the object is freed;
// so slot and generation together name one object, and never another one at the same address. A
// slot whose generations are used up is not used again.
//
//   slot        holds               leaves it by
//   fresh       nothing yet         take
//   used        an object           give: the generation changes
//   free        a dead word         take, by the same thread (its own list) or another one
//   retired     a dead word         nothing: 4,294,967,295 objects have stood there
//
// Memory comes in chunks of 2 MiB, from the second one on on huge pages where the system has them.
// It goes back to the system in trim(), after a wait that the caller supplies; else never. Cost: 8
// bytes for each slot, the rounding of slot_bytes, and in each thread's list up to 64 free slots, or
// 64 KiB of them.
//
// Why a generation may be read relaxed: it is written before the slot is given on, the slot's next
// object is born after that, and whoever gets a reference to that one acquired from its birth
// (refcount.hpp, edge (3) -> (4)).
//
// Edges:
//   (1) -> (2)  a chunk is ready before its number leads to it.
//   (3) -> (4)  a slot holds a word that is refused before a number leads to it.
//
// Source: rules 20-24, 58; Linux SLAB_TYPESAFE_BY_RCU; Bonwick's magazines. Record:
// docs/design/0015-slab.md.

#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <type_traits>
#include <utility>

#ifdef __linux__
#include <sys/mman.h>
#endif

#include <lastout/atomic.hpp>
#include <lastout/count_state.hpp>
#include <lastout/lock.hpp>
#include <lastout/thread_end.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

template <class T, class Domain>
class internal;

/// The object of a slot. T says where it stands, with `static T* in_slot(void* slot) noexcept`, when
/// that is not at the front.
template <class T>
[[nodiscard]] T* object_in(void* slot) noexcept {
  if constexpr (requires { T::in_slot(slot); }) {
    return T::in_slot(slot);
  } else {
    return static_cast<T*>(slot);
  }
}

/// How a slab is used, at some moment.
struct slab_use {
  std::size_t chunks = 0;
  std::size_t slots = 0;    // that have ever held an object
  std::size_t free = 0;     // of these, in the common list; those in threads' lists are not counted
  std::size_t retired = 0;  // of these, out of generations
  std::size_t bytes = 0;    // taken from the system
};

/// The measures of a slab, and where it has its memory from. Tests make small ones, so that
/// everything happens all the time.
template <class T>
struct slab_shape {
  static constexpr std::size_t chunk_bytes = std::size_t{2} << 20;  // a power of two
  // More than addresses reach there cannot be: 2,048 where they have 32 bits.
  static constexpr std::size_t chunks_max =
      std::min(std::size_t{1} << 16, SIZE_MAX / chunk_bytes + 1);
  static constexpr std::uint32_t in_hand_max = 64;  // free slots in a thread's list

  /// Memory for one chunk, at a multiple of its size.
  /// Returns   nullptr when the system has none.
  [[nodiscard]] static void* chunk() noexcept {
    return std::aligned_alloc(chunk_bytes, chunk_bytes);
  }
  /// Fills a fresh slot, whose first object is still to come.
  static void fill(void* slot, unsigned char with, std::size_t bytes) noexcept {
    std::memset(slot, with, bytes);
  }
  /// What all threads share.
  template <class Common>
  [[nodiscard]] static Common& common() noexcept {
    static constinit Common only;
    return only;
  }
};

/// The memory of all objects of type T. One for each type, for the life of the process.
template <class T>
class slab {
  using shape = slab_shape<T>;

 public:
  static constexpr std::size_t chunk_bytes = shape::chunk_bytes;
  static constexpr std::size_t line_bytes = 64;

  /// What one object occupies. Objects of more than half a cache line do not share one; smaller
  /// ones do, because a line for each would double their memory and more.
  static constexpr std::size_t slot_bytes =
      sizeof(T) <= line_bytes / 2 ? std::bit_ceil(sizeof(T))
                                  : (sizeof(T) + line_bytes - 1) / line_bytes * line_bytes;
  /// What each slot costs besides.
  static constexpr std::size_t overhead_bytes = 2 * sizeof(std::uint32_t);

  static_assert(slot_bytes <= chunk_bytes / 8, "an object this large wants memory of its own");
  static_assert(alignof(T) <= 4096 && slot_bytes % alignof(T) == 0);

  /// Memory for one T.
  /// Returns   nullptr when the system has none.
  [[nodiscard]] static void* take() noexcept {
    magazine& mine = per_thread<magazine>();
    if (mine.size == 0 && !refill(mine)) [[unlikely]]
      return nullptr;
    return mine.slots[--mine.size];
  }

  /// Gives the memory of a T back, whose destructor has run.
  static void give(void* slot) noexcept {
    magazine& mine = per_thread<magazine>();
    const bool again = next_generation(slot);
    if (!again || mine.size == mine.room) [[unlikely]]
      return again ? give_slowly(mine, slot) : retire();
    mine.slots[mine.size++] = slot;
  }

  /// Hands chunks in which no object stands back to the system.
  /// Requires  wait() returns when every look-up that was under way before it has ended: a grace
  ///           period of the readers, or nothing where the caller knows that nobody looks up.
  /// Returns   the bytes handed back.
  /// Fails     with what wait() throws; nothing is handed back then.
  /// Cost      a walk through the free slots. Slots in threads' lists keep their chunks.
  template <class Wait>
  static std::size_t trim(Wait&& wait) {
    struct detached {
      ~detached() {
        if (chunks != nullptr) attach_free(chunks);  // wait() threw
      }
      chunk* chunks;
    } empty{detach_empty()};
    if (empty.chunks == nullptr) return 0;
    std::forward<Wait>(wait)();
    return attach_fresh(std::exchange(empty.chunks, nullptr));
  }

  [[nodiscard]] static slab_use use() noexcept {
    common& commons = shared();
    const std::lock_guard<blocking::mutex> guard(commons.lock);
    slab_use out = {.chunks = commons.chunks,
                    .slots = 0,
                    .free = commons.free,
                    .retired = commons.retired,
                    .bytes = commons.chunks * chunk_bytes};
    for (std::size_t i = 0; i < commons.chunks; ++i) out.slots += used_of(*chunk_at(i));
    return out;
  }

 private:
  template <class, class>
  friend class internal;
  template <class>
  friend class slot_chain;

  struct chunk {
    std::uint32_t number;           // its place among the chunks
    atomic<std::uint32_t> used{0};  // slots that have ever held an object; written under the lock
    std::uint32_t free = 0;         // of these, in the common list; under the lock
    chunk* next = nullptr;          // among those with fresh slots, or those that are detached
  };

  // A chunk: its header, the generations, the links of the free list, the slots.
  static constexpr std::size_t per_slot = slot_bytes + overhead_bytes;
  static constexpr std::size_t padding_most = std::min<std::size_t>(4096, chunk_bytes / 4);
  static constexpr std::size_t room_for_slots = chunk_bytes - sizeof(chunk) - padding_most;
  static constexpr std::uint32_t slots_per_chunk = room_for_slots / per_slot;
  static constexpr std::size_t generations_at = sizeof(chunk);
  static constexpr std::size_t links_at = generations_at + slots_per_chunk * sizeof(std::uint32_t);
  static constexpr std::size_t slot_alignment = alignof(T) > line_bytes ? alignof(T) : line_bytes;
  static constexpr std::size_t slots_at =
      (links_at + slots_per_chunk * sizeof(std::uint32_t) + slot_alignment - 1) / slot_alignment *
      slot_alignment;
  static_assert(slots_at + slots_per_chunk * slot_bytes <= chunk_bytes);

  // What a slot holds before its first object: no reference, as a refcount and as a dual.
  static constexpr unsigned char refused = word::unborn >> 24;
  static constexpr std::size_t chunks_max = shape::chunks_max;
  static_assert(chunks_max * slots_per_chunk > 0 && slot_alignment <= padding_most);

  // A thread's own free slots. The common list is visited for half of them at once.
  struct magazine : thread_end::duty {
    static constexpr std::uint32_t most = static_cast<std::uint32_t>(
        std::clamp<std::size_t>(65536 / slot_bytes, 2, shape::in_hand_max));
    void* slots[most];
    std::uint32_t size;
    std::uint32_t room;  // 0 before first use, and where no list can be kept: see begin()
  };

  // All zeros before the first object: so the table is in no program's file.
  struct common {
    blocking::mutex lock;
    std::uint32_t first_free = 0;  // of `free` slots, each of which leads to the next one
    std::size_t free = 0;
    std::size_t retired = 0;
    std::size_t chunks = 0;
    chunk* fresh = nullptr;  // have slots that were never used
    atomic<chunk*> table[chunks_max];
  };
  static common& shared() noexcept { return shape::template common<common>(); }

  static char* bytes_of(chunk* of) noexcept { return reinterpret_cast<char*>(of); }
  static chunk* chunk_of(const void* slot) noexcept {
    return reinterpret_cast<chunk*>(reinterpret_cast<std::uintptr_t>(slot) & ~(chunk_bytes - 1));
  }
  static std::uint32_t place_of(const void* slot) noexcept {
    const std::uintptr_t at = reinterpret_cast<std::uintptr_t>(slot) & (chunk_bytes - 1);
    return static_cast<std::uint32_t>((at - slots_at) / slot_bytes);
  }
  static atomic<std::uint32_t>& generation(chunk* of, std::uint32_t place) noexcept {
    return reinterpret_cast<atomic<std::uint32_t>*>(bytes_of(of) + generations_at)[place];
  }
  static std::uint32_t& link(chunk* of, std::uint32_t place) noexcept {
    return reinterpret_cast<std::uint32_t*>(bytes_of(of) + links_at)[place];
  }
  static void* slot(chunk* of, std::uint32_t place) noexcept {
    return bytes_of(of) + slots_at + place * slot_bytes;
  }
  static chunk* chunk_at(std::size_t number) noexcept {
    if (number >= chunks_max) return nullptr;
    return shared().table[number].load(order::acquire);  // (2) pairs with (1)
  }

  // Numbers of slots: chunk and place, for the free list and for internal references.
  static std::uint32_t number_of(const void* of) noexcept {
    return chunk_of(of)->number * slots_per_chunk + place_of(of);
  }
  static void* slot_numbered(std::uint32_t number) noexcept {
    chunk* const of = chunk_at(number / slots_per_chunk);
    const std::uint32_t place = number % slots_per_chunk;
    if (of == nullptr || place >= of->used.load(order::acquire))
      return nullptr;  // (4) pairs with (3)
    return slot(of, place);
  }
  // Of a slot that the caller knows to be used.
  static void* used_slot(std::uint32_t number) noexcept {
    return slot(chunk_at(number / slots_per_chunk), number % slots_per_chunk);
  }
  // relaxed: under the lock
  static std::uint32_t used_of(const chunk& of) noexcept { return of.used.load(order::relaxed); }

  // The slot's next object has another generation. Returns false when that is none: 0 is the
  // generation of slots that hold nothing, never used or retired, and of the empty reference.
  static bool next_generation(void* of) noexcept {
    atomic<std::uint32_t>& its = generation(chunk_of(of), place_of(of));
    // relaxed: see above; only who has the slot writes
    const std::uint32_t next = its.load(order::relaxed) + 1;
    its.store(next, order::relaxed);
    return next != 0;
  }
  static std::uint32_t generation_of(const void* of) noexcept {
    // relaxed: see above
    return generation(chunk_of(of), place_of(of)).load(order::relaxed);
  }

  LASTOUT_COLD static void retire() noexcept {
    common& commons = shared();
    const std::lock_guard<blocking::mutex> guard(commons.lock);
    ++commons.retired;
  }

  LASTOUT_OUT_OF_LINE static bool refill(magazine& mine) noexcept {
    const std::uint32_t wanted = begin(mine) ? magazine::most / 2 : 1;
    common& commons = shared();
    const std::lock_guard<blocking::mutex> guard(commons.lock);
    while (mine.size < wanted && commons.free != 0) {
      void* const next = slot_numbered(commons.first_free);
      chunk* const of = chunk_of(next);
      commons.first_free = link(of, place_of(next));
      --of->free;
      --commons.free;
      mine.slots[mine.size++] = next;
    }
    while (mine.size < wanted) {
      if (commons.fresh == nullptr && !add_chunk()) break;
      chunk* const of = commons.fresh;
      const std::uint32_t place = used_of(*of);
      void* const next = slot(of, place);
      shape::fill(next, refused, slot_bytes);
      if (generation_of(next) == 0)
        next_generation(next);                    // after trim() they go on where they were
      of->used.store(place + 1, order::release);  // (3) pairs with (4)
      mine.slots[mine.size++] = next;
      if (place + 1 == slots_per_chunk) commons.fresh = of->next;
    }
    return mine.size != 0;
  }

  // A thread that uses its list for the first time gives it back when it ends. Returns false when
  // that cannot be, or has been: then it keeps none, and each slot is one of the common list's.
  static bool begin(magazine& mine) noexcept {
    if (mine.room != 0) return true;
    mine.done_by = [](thread_end::duty& its) noexcept {
      auto& ended = static_cast<magazine&>(its);
      give_back(ended, ended.size);
      ended.room = 0;
    };
    if (!thread_end::remember(mine)) return false;
    mine.room = magazine::most;
    return true;
  }

  LASTOUT_OUT_OF_LINE static void give_slowly(magazine& mine, void* slot) noexcept {
    const bool keeps_list = begin(mine);
    if (keeps_list && mine.size == mine.room) give_back(mine, magazine::most / 2);
    mine.slots[mine.size++] = slot;
    if (!keeps_list) give_back(mine, mine.size);
  }

  // The oldest `n` of the thread's list, which are the coldest.
  static void give_back(magazine& mine, std::uint32_t n) noexcept {
    {
      common& commons = shared();
      const std::lock_guard<blocking::mutex> guard(commons.lock);
      for (std::uint32_t i = 0; i < n; ++i) {
        chunk* const of = chunk_of(mine.slots[i]);
        link(of, place_of(mine.slots[i])) = commons.first_free;
        commons.first_free = number_of(mine.slots[i]);
        ++of->free;
        ++commons.free;
      }
    }
    mine.size -= n;
    std::copy(mine.slots + n, mine.slots + n + mine.size, mine.slots);
  }

  // Under the lock.
  static bool add_chunk() noexcept {
    common& commons = shared();
    if (commons.chunks == chunks_max || commons.chunks >= UINT32_MAX / slots_per_chunk)
      return false;
    void* const memory = shape::chunk();
    if (memory == nullptr) return false;
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    if (commons.chunks != 0) madvise(memory, chunk_bytes, MADV_HUGEPAGE);  // a wish: may fail
#endif
    chunk* const made = new (memory) chunk{.number = static_cast<std::uint32_t>(commons.chunks)};
    for (std::uint32_t i = 0; i < slots_per_chunk; ++i)
      new (&generation(made, i)) atomic<std::uint32_t>(0);
    commons.table[commons.chunks++].store(made, order::release);  // (1) pairs with (2)
    commons.fresh = made;
    return true;
  }

  static chunk* detach_empty() noexcept {
    common& commons = shared();
    const std::lock_guard<blocking::mutex> guard(commons.lock);
    chunk* out = nullptr;
    for (std::size_t i = 0; i < commons.chunks; ++i) {
      chunk* const each = chunk_at(i);
      if (used_of(*each) != slots_per_chunk || each->free != slots_per_chunk) continue;
      each->next = out;
      out = each;
    }
    if (out == nullptr) return nullptr;
    std::uint32_t* at = &commons.first_free;
    for (std::size_t left = commons.free; left != 0; --left) {
      void* const next = slot_numbered(*at);
      chunk* const of = chunk_of(next);
      std::uint32_t& after = link(of, place_of(next));
      if (of->free == slots_per_chunk && used_of(*of) == slots_per_chunk) {
        *at = after;
        --commons.free;
      } else {
        at = &after;
      }
    }
    // Nobody else's now: not emptied twice, and no number leads there, because zeros are no word.
    for (chunk* each = out; each != nullptr; each = each->next) {
      each->free = 0;
      each->used.store(0, order::relaxed);  // relaxed: wait() orders it
    }
    return out;
  }

  // As they were: somebody may still be looking at what is in them.
  static void attach_free(chunk* empty) noexcept {
    common& commons = shared();
    const std::lock_guard<blocking::mutex> guard(commons.lock);
    for (; empty != nullptr; empty = empty->next) {
      for (std::uint32_t place = slots_per_chunk; place-- > 0;) {
        link(empty, place) = commons.first_free;
        commons.first_free = empty->number * slots_per_chunk + place;
      }
      empty->free = slots_per_chunk;
      commons.free += slots_per_chunk;
      empty->used.store(slots_per_chunk, order::release);  // (3) pairs with (4)
    }
  }

  static std::size_t attach_fresh(chunk* empty) noexcept {
    std::size_t bytes = 0;
    while (empty != nullptr) {
      chunk* const each = empty;
      empty = each->next;
      bytes += drop_pages(each);
      common& commons = shared();
      const std::lock_guard<blocking::mutex> guard(commons.lock);
      each->next = commons.fresh;
      commons.fresh = each;
    }
    return bytes;
  }

  // The whole pages of the slots; the generations stay. 64 KiB is the largest page that machines are
  // run with: there, a boundary of a smaller one would be refused.
  static std::size_t drop_pages([[maybe_unused]] chunk* of) noexcept {
#if defined(__linux__) && defined(MADV_DONTNEED)
    constexpr std::size_t page = 65536;
    constexpr std::size_t from = (slots_at + page - 1) / page * page;
    if constexpr (from < chunk_bytes) {
      if (madvise(bytes_of(of) + from, chunk_bytes - from, MADV_DONTNEED) == 0)
        return chunk_bytes - from;
    }
#endif
    return 0;
  }
};

}  // namespace LASTOUT_ABI
}  // namespace lastout
