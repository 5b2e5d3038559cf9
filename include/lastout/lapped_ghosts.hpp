// lapped_ghosts.hpp - who left the cache lately, in two bytes each, and how far the hand was then.
//
// A hash table of buckets of eight; in a bucket the newest pushes the oldest out. A ghost is eleven
// bits of its key's hash and the place of the main hand, in eighths of a lap, modulo four laps. One
// miss in 256 finds another key's ghost for its own; that costs one unearned place in main. Under
// the cache's lock.
//
// Record: docs/design/0013-eviction-policy.md.

#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>

#include <lastout/key_hash.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

class lapped_ghosts {
 public:
  static constexpr unsigned age_max = 2;  // in eighths of a lap; who is older is no ghost

  /// Room for so many. The ghosts that are there go when it grows: while a cache fills there are
  /// none. Without memory it stays as it is.
  void reserve(std::size_t count) noexcept {
    const std::size_t buckets = std::bit_ceil((count + per_bucket - 1) / per_bucket);
    if (buckets <= size()) return;
    // Under the cache's lock: no new_handler runs that would come for the cache's memory, and much of
    // it comes zeroed from the system.
    auto* const more = static_cast<bucket*>(std::calloc(buckets, sizeof(bucket)));
    if (more == nullptr) return;
    buckets_.reset(more);
    mask_ = buckets - 1;
  }
  [[nodiscard]] std::size_t bytes() const noexcept { return size() * sizeof(bucket); }

  void add(hash_bits hash, std::uint64_t eighths) noexcept {
    if (buckets_ == nullptr) return;
    bucket& in = buckets_[hash.place() & mask_];
    std::copy_backward(in.begin(), in.end() - 1, in.end());
    in[0] = static_cast<std::uint16_t>(mark(hash) | (eighths & stamp_mask));
  }

  /// Takes the ghost out, if there is one.
  /// Returns   until when it is young enough, `eighths` or later; nothing when it is too old.
  std::optional<std::uint64_t> take(hash_bits hash, std::uint64_t eighths) noexcept {
    if (buckets_ == nullptr) return {};
    bucket& in = buckets_[hash.place() & mask_];
    const auto found = std::find_if(in.begin(), in.end(), [&](std::uint16_t each) {
      return (each & ~stamp_mask) == mark(hash);
    });
    if (found == in.end()) return {};
    const std::uint64_t age = (eighths - *found) & stamp_mask;
    std::copy(found + 1, in.end(), found);
    in.back() = nobody;
    if (age > age_max) return {};
    return eighths + age_max - age;
  }

 private:
  static constexpr std::size_t per_bucket = 8;
  static constexpr unsigned stamp_mask = 31;
  static constexpr std::uint16_t nobody = 0;  // no mark is 0
  using bucket = std::array<std::uint16_t, per_bucket>;

  [[nodiscard]] std::size_t size() const noexcept { return buckets_ == nullptr ? 0 : mask_ + 1; }
  static unsigned mark(hash_bits hash) noexcept {
    return std::max(1U, static_cast<unsigned>(hash.mark() & 0x7ff)) << 5;
  }

  struct freed {
    void operator()(bucket* all) const noexcept { std::free(all); }
  };
  std::unique_ptr<bucket[], freed> buckets_;
  std::size_t mask_ = 0;
};

}  // namespace LASTOUT_ABI
}  // namespace lastout
