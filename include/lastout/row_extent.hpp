// row_extent.hpp - how far a table's row of segments reaches, and which segment a hash belongs to.
//
// The row grows by one segment at a time. With 2^depth + next of them, the names of segments
// 0 .. next - 1 have been divided already by bit `depth` of their hashes, into the segment itself
// and the one 2^depth behind it; the others will be. All of it fits into one word.
//
// Source: Litwin, "Linear hashing". Record: docs/design/0016-registry.md.

#pragma once

#include <bit>
#include <cstdint>

#include <lastout/config.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

struct row_extent {
  std::uint32_t mask = 0;  // 2^depth - 1
  std::uint32_t next = 0;  // the segment to be divided next

  /// As one word, for look-ups: in slots, of which a segment has so many.
  [[nodiscard]] constexpr std::uint64_t packed(std::uint32_t slots) const noexcept {
    const std::uint64_t next_mask = (std::uint64_t{2} * mask + 2) * slots - 1;
    return next_mask << 32 | std::uint64_t{count()} * slots;
  }
  static constexpr row_extent of(std::uint64_t packed, std::uint32_t slots) noexcept {
    const std::uint32_t mask = (static_cast<std::uint32_t>(packed >> 32) / slots - 1) / 2;
    return {mask, static_cast<std::uint32_t>(packed) / slots - mask - 1};
  }
  /// The slot of the row where a name of that place is at home. Without a branch: while the row
  /// grows, nobody can foretell which side it would take.
  static constexpr std::uint32_t slot_of(std::uint64_t packed, std::uint32_t place) noexcept {
    const auto slots = static_cast<std::uint32_t>(packed);
    const auto next_mask = static_cast<std::uint32_t>(packed >> 32);
    const std::uint32_t divided = place & next_mask;
    const std::uint32_t whole = divided & next_mask >> 1;
    return divided < slots ? divided : whole;
  }

  [[nodiscard]] constexpr std::uint32_t count() const noexcept { return mask + 1 + next; }
  [[nodiscard]] constexpr unsigned depth() const noexcept {
    return static_cast<unsigned>(std::popcount(mask));
  }

  /// Where the names with these bits are.
  [[nodiscard]] constexpr std::uint32_t segment_of(std::uint32_t bits) const noexcept {
    return slot_of(packed(1), bits);
  }
  /// By how many bits the names of that segment are told from all others.
  [[nodiscard]] constexpr unsigned depth_of(std::uint32_t segment) const noexcept {
    return segment < next || segment > mask ? depth() + 1 : depth();
  }

  /// One segment more: segment `next` has been divided.
  [[nodiscard]] constexpr row_extent grown() const noexcept {
    return next == mask ? row_extent{2 * mask + 1, 0} : row_extent{mask, next + 1};
  }
  /// One segment less: the last one has been joined with segment `next` of the result.
  /// Requires  more than one.
  [[nodiscard]] constexpr row_extent shrunk() const noexcept {
    return next == 0 ? row_extent{mask / 2, mask / 2} : row_extent{mask, next - 1};
  }
};

/// Goes from the segment that is told by the lowest `depth` bits of `prefix` to the next one in the
/// order of those bits, the lowest first. In this order dividing a segment puts its second half
/// right behind it, so a walk meets both.
/// Returns   false when that was the last one.
constexpr bool next_prefix(std::uint32_t& prefix, unsigned depth) noexcept {
  prefix &= (1u << depth) - 1;
  for (unsigned bit = depth; bit-- != 0;) {
    prefix ^= 1u << bit;
    if ((prefix >> bit & 1) != 0) return true;
  }
  return false;
}

}  // namespace LASTOUT_ABI
}  // namespace lastout
