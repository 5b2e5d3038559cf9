// keys.hpp - the ids, and which of them is wanted when: made beforehand, the same for all subjects.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace bench {

/// The id of the i-th object: one to one, and in no order that a table could profit from.
/// Source: the last steps of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
constexpr std::uint64_t id_of(std::uint64_t i) noexcept {
  i += 0x9e3779b97f4a7c15;
  i = (i ^ (i >> 30)) * 0xbf58476d1ce4e5b9;
  i = (i ^ (i >> 27)) * 0x94d049bb133111eb;
  return i ^ (i >> 31);
}

/// What the hands of a row go through, each from a place of its own, again and again.
struct keys {
  std::uint64_t objects;               // ids 0 .. objects are in the table
  std::vector<std::uint64_t> finds;    // ids; a power of two of them
  std::vector<std::uint32_t> updates;  // which object goes and comes back; a power of two of them
};

/// How many keys are enough for so many objects: each turn meets others, up to 16 MB of them.
std::size_t finds_for(std::uint64_t objects) noexcept;

/// Where thread `self` begins in so many finds: no two of them near each other.
std::size_t first_place(unsigned self, std::size_t finds) noexcept;

/// Every id as often as every other one.
std::shared_ptr<const keys> uniform(std::uint64_t objects);

/// Zipf's law: the r-th most wanted id is wanted 1 / r^exponent as often as the first. Who is how
/// much wanted has nothing to do with the order of the objects. `finds`: how many keys, a power of
/// two.
std::shared_ptr<const keys> zipf(std::uint64_t objects, double exponent, std::size_t finds);

}  // namespace bench
