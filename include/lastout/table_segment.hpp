// table_segment.hpp - a few hundred slots of a table: read without a lock, changed under one.
//
// A name stands in its home slot, or in the next one that is free: a look-up goes on from the home
// until it meets an empty slot. When a name goes, those behind it that would be better off move up,
// so that no marks of the dead are left.
//
//   slot    0                          empty
//           12 bits, 4 bits, 48 bits   the mark of the name's hash; how far from home (15: ask the
//                                      object); the object's address
//
// Nothing keeps a look-up from reading a slot whose object goes at this moment. It gets the object
// first (get_not_zero; the memory stays of one type), then looks whether the slot still refers to
// it, and only then at its key. One that finds nothing may have been overtaken by a name that moved
// up; then `moves` has changed, and it looks again. So it does when a slot changed between two looks.
//
// Edges:
//   (1) -> (2)  an object is born before a slot refers to it: its word is a word. What has moved up
//               is there, and `moves` says so, before it is gone from where it was.
//   (3) -> (4)  who sees how often names have moved sees where they are.
//   The second look at a slot comes after the acquire of get_not_zero: an object that left the
//   table before it was freed and born again is not taken for one that is in it.
//
// Source: Knuth, volume 3, 6.4, algorithm R (moving up); rules 19-24, 58.
// Record: docs/design/0016-registry.md.

#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <lastout/atomic.hpp>
#include <lastout/external.hpp>
#include <lastout/key_hash.hpp>
#include <lastout/spin_lock.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

/// What a segment has besides its slots. All bytes zero: nothing in it.
struct segment_state {
  spin_lock lock;
  std::uint32_t names;          // under the lock
  atomic<std::uint64_t> moves;  // of names within the segment, or out of it
};

/// Slots: how many, a power of two. All bytes zero is a segment without names.
template <class T, std::uint32_t Slots>
class alignas(64) table_segment {
  static_assert(std::has_single_bit(Slots));

 public:
  static constexpr std::uint32_t capacity = Slots - 1;  // one stays empty, so that each search ends
  static constexpr unsigned slot_bits = std::countr_zero(Slots);

  table_segment(const table_segment&) = delete;
  table_segment& operator=(const table_segment&) = delete;

  /// Finds the object of that hash for which `same` is true, and gets it, unless something comes in
  /// between: a dying twin, another one with its mark, a name that moves.
  /// Requires  a row of segments, and which of its slots the name's home is.
  /// Order     acquire.
  /// Returns   the object; nullptr: look again, with find().
  template <class Same>
  [[nodiscard, gnu::always_inline]] static inline T* find_at_once(const table_segment* row,
                                                                  std::uint32_t slot,
                                                                  hash_bits hash,
                                                                  const Same& same) {
    const auto* const slots = reinterpret_cast<const atomic<std::uint64_t>*>(row);
    for (;;) {
      const std::uint64_t value = slots[slot].load(order::acquire);  // (2) pairs with (1)
      if (hash.marks(value)) [[likely]] {
        T* const candidate = object(value);
        if (candidate == nullptr) __builtin_unreachable();  // a mark is never without one
        if (!reference_access::get_not_zero(*candidate)) [[unlikely]]
          return nullptr;
        // relaxed: after an acquire
        if (slots[slot].load(order::relaxed) == value && same(*candidate)) [[likely]]
          return candidate;
        put(*candidate);
        return nullptr;
      }
      if (value == 0) return nullptr;
      slot = (slot & ~(Slots - 1)) | next(slot & (Slots - 1));
    }
  }

  /// The same, in full.
  /// Returns   the object; nullptr when there is none, or only one that is dying.
  template <class Same>
  [[nodiscard]] T* find(hash_bits hash, const Same& same, const segment_state& its) const {
    for (;;) {
      const std::uint64_t before = its.moves.load(order::acquire);  // (4) pairs with (3)
      bool changed = false;
      for (std::uint32_t at = home(hash), n = 0; n < Slots && !changed; at = next(at), ++n) {
        const std::uint64_t value = slots_[at].load(order::acquire);  // (2) pairs with (1)
        if (value == 0) break;
        if (!hash.marks(value)) continue;
        T* const candidate = object(value);
        const bool got =
            reference_access::get_not_zero(*candidate);  // no: dying, as if it were gone
        // relaxed: after an acquire; who sees a change here looks again, with acquire
        changed = slots_[at].load(order::relaxed) != value;
        if (got && !changed && same(*candidate)) return candidate;
        if (got) put(*candidate);
      }
      // relaxed: it comes after the slots' acquire loads
      if (!changed && its.moves.load(order::relaxed) == before) return nullptr;
    }
  }

  /// Brings what a find() will read into the cache: the slot; then, when that is there, the object.
  void prefetch_slot(hash_bits hash) const noexcept { __builtin_prefetch(&slots_[home(hash)]); }
  void prefetch_object(hash_bits hash) const noexcept {
    std::uint32_t at = home(hash);
    for (int few = 4; few != 0; --few, at = next(at)) {
      const std::uint64_t value = slots_[at].load(order::relaxed);  // relaxed: only a guess
      if (hash.marks(value)) return __builtin_prefetch(object(value), 1);
    }
  }

  // Under the lock.

  /// As find(). It puts nothing, so that nothing is released under the lock.
  template <class Same>
  [[nodiscard]] external<T> find_locked(hash_bits hash, const Same& same) const {
    for (std::uint32_t at = home(hash); look(at) != 0; at = next(at)) {
      if (!hash.marks(look(at))) continue;
      T& candidate = *object(look(at));  // cannot be freed: it has not left
      if (same(candidate) && reference_access::get_unnoticed(candidate))
        return reference_access::hand_out<external<T>>(candidate);
    }
    return {};
  }

  /// Requires  the object is not in the table.
  /// Returns   false when there is no room.
  [[nodiscard]] bool insert(T& made, hash_bits hash, segment_state& its) noexcept {
    if (its.names == capacity) return false;
    std::uint32_t far = 0;
    std::uint32_t at = home(hash);
    for (; look(at) != 0; at = next(at)) ++far;
    set(at, pack(made, hash.mark(), far));
    ++its.names;
    return true;
  }

  /// Puts an object where another one of that name is.
  /// Returns   false when that is not here.
  bool replace(const T& there, T& made, hash_bits hash, segment_state& its) noexcept {
    for (std::uint32_t at = home(hash); look(at) != 0; at = next(at)) {
      const std::uint64_t value = look(at);
      if (object(value) != &there) continue;
      set(at, pack(made, mark(value), value >> address_bits & far_max));
      moved(its);  // who has met the old one, and found it dying, looks again
      return true;
    }
    return false;
  }

  /// Calls f(object) for each of that name, the dying ones too.
  template <class Same, class Function>
  void for_each_of(hash_bits hash, const Same& same, Function f) const {
    for (std::uint32_t at = home(hash); look(at) != 0; at = next(at)) {
      if (hash.marks(look(at)) && same(*object(look(at)))) f(*object(look(at)));
    }
  }

  /// hash_of(object) is asked of names that are far from home.
  /// Returns   false when it is not here.
  template <class HashOf>
  bool remove(const T& leaving, hash_bits hash, segment_state& its, const HashOf& hash_of) {
    for (std::uint32_t at = home(hash); look(at) != 0; at = next(at)) {
      if (object(look(at)) != &leaving) continue;
      take(at, its, hash_of);
      --its.names;
      return true;
    }
    return false;
  }

  /// Calls f(object) for each. f changes nothing here.
  template <class Function>
  void for_each(Function f) const {
    for (std::uint32_t at = 0; at < Slots; ++at)
      if (look(at) != 0) f(*object(look(at)));
  }
  /// Fetches all objects, for who will need their keys.
  void prefetch_objects() const noexcept {
    for (std::uint32_t at = 0; at < Slots; ++at)
      if (look(at) != 0) __builtin_prefetch(object(look(at)));
  }

  /// Empties it, when its names stand in another one.
  void clear(segment_state& its) noexcept {
    moved(its);
    for (std::uint32_t at = 0; at < Slots; ++at) set(at, 0);
    its.names = 0;
  }

 private:
  static constexpr unsigned address_bits = 48;
  static constexpr std::uint64_t far_max = 15;

  static std::uint32_t home(hash_bits hash) noexcept { return hash.place() & (Slots - 1); }
  static std::uint32_t next(std::uint32_t at) noexcept { return (at + 1) & (Slots - 1); }

  static std::uint64_t mark(std::uint64_t value) noexcept { return value >> hash_bits::mark_shift; }
  static T* object(std::uint64_t value) noexcept {
    return reinterpret_cast<T*>(value & ((std::uint64_t{1} << address_bits) - 1));
  }
  static std::uint64_t pack(const T& of, std::uint64_t mark, std::uint64_t far) noexcept {
    return reinterpret_cast<std::uintptr_t>(&of) | mark << hash_bits::mark_shift |
           std::min(far, far_max) << address_bits;
  }

  std::uint64_t look(std::uint32_t at) const noexcept {
    return slots_[at].load(order::relaxed);  // relaxed: the lock orders the writers
  }
  void set(std::uint32_t at, std::uint64_t value) noexcept {
    slots_[at].store(value, order::release);  // (1) pairs with (2)
  }
  static void moved(segment_state& its) noexcept {
    // relaxed: under the lock
    its.moves.store(its.moves.load(order::relaxed) + 1,
                    order::release);  // (3) pairs with (4)
  }

  LASTOUT_COLD static void put(T& candidate) noexcept { reference_access::unfind(candidate); }

  // Those behind move up into the hole, where that brings none before its home.
  template <class HashOf>
  void take(std::uint32_t hole, segment_state& its, const HashOf& hash_of) {
    for (std::uint32_t at = next(hole); look(at) != 0; at = next(at)) {
      const std::uint64_t value = look(at);
      const std::uint32_t far = distance(at, value, hash_of);
      const std::uint32_t up = (at - hole) & (Slots - 1);
      if (far < up) continue;
      set(hole, pack(*object(value), mark(value), far - up));
      moved(its);
      hole = at;
    }
    set(hole, 0);
  }
  template <class HashOf>
  static std::uint32_t distance(std::uint32_t at, std::uint64_t value, const HashOf& hash_of) {
    const auto far = static_cast<std::uint32_t>(value >> address_bits & far_max);
    if (far < far_max) return far;
    return (at - home(hash_of(*object(value)))) & (Slots - 1);
  }

  atomic<std::uint64_t> slots_[Slots];
};

}  // namespace LASTOUT_ABI
}  // namespace lastout
