// sketch.hpp - about how often a key was asked for lately: four rows of four-bit counters.
//
// Every counter is halved after `sample_max` additions, so that old fame fades.
//
// Source: Einziger, Friedman, Manes, "TinyLFU: a highly efficient cache admission policy", ACM
// Transactions on Storage 2017; eight bytes for each entry of the cache, as Caffeine has it.

#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include "policy.hpp"

namespace eviction {

class sketch {
 public:
  static constexpr unsigned count_max = 15;

  /// `words`: of 64 bits, rounded up to a power of two.
  sketch(std::size_t words, std::uint64_t sample_max)
      : words_(std::bit_ceil(std::max<std::size_t>(8, words))), sample_max_(sample_max) {}

  [[nodiscard]] unsigned count(key k) const {
    const std::uint64_t hash = mix(k);
    unsigned least = count_max;
    for (unsigned row = 0; row < rows; ++row) {
      const place at = find(hash, row);
      least = std::min(least, static_cast<unsigned>((words_[at.word] >> at.shift) & 15));
    }
    return least;
  }

  void add(key k, unsigned times = 1) {
    const std::uint64_t hash = mix(k);
    unsigned added = 0;
    for (unsigned row = 0; row < rows; ++row) {
      const place at = find(hash, row);
      const unsigned now = static_cast<unsigned>((words_[at.word] >> at.shift) & 15);
      const unsigned step = std::min(times, count_max - now);
      words_[at.word] += std::uint64_t{step} << at.shift;
      added = std::max(added, step);
    }
    sample_ += added;
    if (sample_ >= sample_max_) halve();
  }

 private:
  static constexpr unsigned rows = 4;
  struct place {
    std::size_t word;
    unsigned shift;
  };

  static std::uint64_t mix(std::uint64_t x) {
    x = (x + 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 32)) * 0x94d049bb133111eb;
    return x ^ (x >> 29);
  }

  // Each row has a word of its own and, within it, four counters of its own.
  [[nodiscard]] place find(std::uint64_t hash, unsigned row) const {
    const std::uint64_t of_row = (hash + row) * (0xd6e8feb86659fd93 + 2 * row);
    const auto word = static_cast<std::size_t>(of_row >> 20) & (words_.size() - 1);
    const auto counter = static_cast<unsigned>((hash >> (2 * row)) & 3);
    return {word, 4 * (4 * row + counter)};
  }

  void halve() {
    for (std::uint64_t& word : words_) word = (word >> 1) & 0x7777777777777777;
    sample_ /= 2;
  }

  std::vector<std::uint64_t> words_;
  const std::uint64_t sample_max_;
  std::uint64_t sample_ = 0;
};

}  // namespace eviction
