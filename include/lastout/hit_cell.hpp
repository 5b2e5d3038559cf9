// hit_cell.hpp - a counted word's 32 bits, and beside them how often the object was found: one
// atomic addition changes both.
//
// For hit_count, the word of objects in a cache. A hit is known by it, and costs no write of its
// own.
//
//   bits 0..31    the counted word (count_state.hpp) and one: so zero is 0, and the put that makes
//                 it borrows nothing from above
//   bits 32..63   hits, modulo 2^32
//
// The orders are the callers'.

#pragma once

#include <cstdint>

#include <lastout/atomic.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

class hit_cell {
 public:
  constexpr hit_cell(std::uint32_t value) noexcept  // NOLINT(google-explicit-constructor)
      : both_(lower_half(value)) {}
  hit_cell(const hit_cell&) = delete;
  hit_cell& operator=(const hit_cell&) = delete;

  std::uint32_t load(order::which o) const noexcept { return lower(both_.load(o)); }
  /// No hits afterwards.
  void store(std::uint32_t value, order::which o) noexcept { both_.store(lower_half(value), o); }
  std::uint32_t fetch_add(std::uint32_t n, order::which o) noexcept {
    return lower(both_.fetch_add(n, o));
  }
  std::uint32_t fetch_sub(std::uint32_t n, order::which o) noexcept {
    return lower(both_.fetch_sub(n, o));
  }
  /// One reference more, and one hit.
  std::uint32_t fetch_add_found(order::which o) noexcept {
    return lower(both_.fetch_add(one_hit + 1, o));
  }
  bool compare_exchange_weak(std::uint32_t& expected, std::uint32_t desired, order::which success,
                             order::which failure) noexcept {
    std::uint64_t seen = both_.load(order::relaxed);  // relaxed: a guess, which the exchange checks
    const bool did =
        lower(seen) == expected &&
        both_.compare_exchange_weak(seen, upper(seen) | lower_half(desired), success, failure);
    if (!did) expected = lower(seen);
    return did;
  }
  bool compare_exchange_strong(std::uint32_t& expected, std::uint32_t desired, order::which success,
                               order::which failure) noexcept {
    for (std::uint32_t seen = expected;; seen = expected) {
      if (compare_exchange_weak(seen, desired, success, failure)) return true;
      if (seen == expected) continue;  // only hits have changed
      expected = seen;
      return false;
    }
  }

  [[nodiscard]] std::uint32_t hits(order::which o) const noexcept {
    return static_cast<std::uint32_t>(both_.load(o) >> 32);
  }
  void fetch_sub_hits(std::uint32_t n, order::which o) noexcept { both_.fetch_sub(one_hit * n, o); }

 private:
  static constexpr std::uint64_t one_hit = std::uint64_t{1} << 32;
  static constexpr std::uint64_t upper(std::uint64_t both) noexcept {
    return both & ~(one_hit - 1);
  }
  static constexpr std::uint32_t lower(std::uint64_t both) noexcept {
    return static_cast<std::uint32_t>(both) - 1;
  }
  static constexpr std::uint64_t lower_half(std::uint32_t value) noexcept {
    return static_cast<std::uint32_t>(value + 1);
  }

  atomic<std::uint64_t> both_;
};

}  // namespace LASTOUT_ABI
}  // namespace lastout
