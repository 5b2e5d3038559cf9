// cache_item.hpp - the objects of the real cache's scenarios, and that cache.
//
// The objects are not freed: they stay where they are, as on a slab, so that a look-up that is late
// meets a word. What their release writes is a plain field: who still used it would race for it.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>

#include <lastout/cache.hpp>

#include "explore/interleave.hpp"

namespace scenario {

using number = std::uint64_t;

struct item;

/// Where the items of one execution stand.
struct places {
  static std::uint32_t number_of(const void* of) noexcept {
    std::uint32_t n = 0;
    while (static_cast<const void*>(at[n]) != of) ++n;
    return n;
  }
  static void* used_slot(std::uint32_t slot) noexcept;
  static inline std::array<item*, 4> at = {};
};

struct item : lastout::cached<item> {
  using memory_type = places;
  item(std::uint32_t slot, number n) : name(n) { places::at[slot] = this; }
  [[nodiscard]] static std::uint64_t charge() noexcept { return 1; }
  void release() noexcept {
    alive = false;
    ++released;
  }
  interleave::plain<number> name;
  interleave::plain<bool> alive{true};
  int made = 0;
  int released = 0;
};
inline void* places::used_slot(std::uint32_t slot) noexcept { return at[slot]; }

inline lastout::external<item> born(item& made) {
  made.made = 1;
  lastout::reference_access::birth(made);
  return lastout::external<item>::adopt(&made);
}

inline number name_of(const item& each) noexcept { return each.name.read(); }
/// All names have one hash: a look-up may meet another one first.
struct the_same {
  std::size_t operator()(number) const noexcept { return 1; }
};
struct few {
  static constexpr std::uint32_t slots = 4;
  static constexpr std::uint32_t segments_max = 1;
  static constexpr std::uint32_t grow_at = 3;
  static constexpr std::uint32_t shrink_at = 1;
};
using cache = lastout::cache<number, item, &name_of, the_same, std::equal_to<>, few>;

}  // namespace scenario
