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

  /// One reference more, where the caller has none; not a hit. As get_not_zero() in all else.
  [[nodiscard]] bool get_not_zero_unnoticed(subject who = {}) noexcept {
    if (!get_not_zero(who)) return false;
    take_hits(1);
    return true;
  }

  /// The hits that are noted.
  [[nodiscard]] std::uint32_t hits() const noexcept {
    return word_.hits(order::relaxed);  // relaxed: a hint and a statistic
  }
  /// Takes some of those that are noted off.
  void take_hits(std::uint32_t n) noexcept {
    word_.fetch_sub_hits(n, order::relaxed);  // relaxed: see hits()
  }
};

static_assert(sizeof(hit_count) == 8);

}  // namespace LASTOUT_ABI
}  // namespace lastout
