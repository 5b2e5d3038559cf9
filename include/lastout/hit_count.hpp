// hit_count.hpp - the counted word of objects in a cache: it also knows how often the object was
// found.
//
// As refcount in everything; get_not_zero counts a hit besides.

#pragma once

#include <cstdint>

#include <lastout/hit_cell.hpp>
#include <lastout/refcount.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

class hit_count : public basic_refcount<hit_cell> {
 public:
  using basic_refcount<hit_cell>::basic_refcount;

  /// The hits that are noted. A little below 0 for a moment, when some are taken off that somebody
  /// else has taken off already.
  [[nodiscard]] std::int64_t hits() const noexcept {
    const std::uint32_t seen = word_.hits(order::relaxed);  // relaxed: a hint, a statistic
    return seen < lowest ? std::int64_t{seen} : std::int64_t{seen} - (std::int64_t{1} << 32);
  }
  /// Takes some of those that are noted off.
  void take_hits(std::int64_t n) noexcept {
    // relaxed: see hits()
    word_.fetch_sub_hits(static_cast<std::uint32_t>(n), order::relaxed);
  }

 private:
  static constexpr std::uint32_t lowest = 0xffff0000;  // numbers from here on are below 0
};

static_assert(sizeof(hit_count) == 8);

}  // namespace LASTOUT_ABI
}  // namespace lastout
