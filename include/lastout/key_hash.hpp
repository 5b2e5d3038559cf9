// key_hash.hpp - the hash of a key, and how a table uses its bits.
//
// The standard's hash of an integer is the integer; so whatever hash is given, its bits are mixed
// before they are used. Text is hashed by content, whoever holds it: a string_view finds what is
// named by a string, and no string is made for it.

#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <type_traits>

#include <lastout/config.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

/// The hash of keys unless another one is given.
template <class Key>
struct key_hash {
  std::size_t operator()(const Key& key) const noexcept(noexcept(std::hash<Key>{}(key))) {
    return std::hash<Key>{}(key);
  }
};

template <class Key>
  requires std::is_convertible_v<const Key&, std::string_view>
struct key_hash<Key> {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>{}(text);
  }
};

/// The bits of a hash, mixed.
class hash_bits {
 public:
  hash_bits() noexcept = default;
  explicit hash_bits(std::size_t hash) noexcept : bits_(mix(hash)) {}

  /// The place: the lowest bits of this, in a row of whatever length.
  [[nodiscard]] std::uint32_t place() const noexcept {
    return static_cast<std::uint32_t>(bits_ >> place_shift);
  }
  /// 12 bits, the first of them 1: what is compared first.
  [[nodiscard]] std::uint64_t mark() const noexcept { return bits_ >> mark_shift; }
  /// True when that is the mark in the uppermost bits of a word.
  [[nodiscard]] bool marks(std::uint64_t word) const noexcept {
    return (word ^ bits_) >> mark_shift == 0;
  }
  static constexpr unsigned mark_shift = 52;
  static constexpr unsigned place_shift = 20;

 private:
  // The two halves of a product, folded, and multiplied once more: the upper bits depend on all.
  static std::uint64_t mix(std::uint64_t h) noexcept {
    constexpr std::uint64_t odd = 0x9e3779b97f4a7c15;
    constexpr std::uint64_t first_of_mark = std::uint64_t{1} << 63;
#ifdef __SIZEOF_INT128__
    __extension__ using wide = unsigned __int128;
    const wide product = static_cast<wide>(h) * odd;
    const auto upper = static_cast<std::uint64_t>(product >> 64);
    return (upper ^ static_cast<std::uint64_t>(product)) * odd | first_of_mark;
#else
    h = (h ^ h >> 32) * odd;
    h = (h ^ h >> 29) * 0xd6e8feb86659fd93;
    return (h ^ h >> 32) | first_of_mark;
#endif
  }

  std::uint64_t bits_ = 0;
};

}  // namespace LASTOUT_ABI
}  // namespace lastout
