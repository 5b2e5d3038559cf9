// digest.hpp - 64 bits that stand for a file's contents, to tell later whether they are still the
// same.
//
// Not for adversaries: each eight bytes are mixed in by one multiplication.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "random_source.hpp"

namespace cli {

class digest {
 public:
  void add(std::span<const std::byte> piece) noexcept {
    length_ += piece.size();
    if (pending_ != 0) piece = fill(piece);
    for (; piece.size() >= word; piece = piece.subspan(word)) take(piece.data());
    std::memcpy(partial_ + pending_, piece.data(), piece.size());
    pending_ += piece.size();
  }

  [[nodiscard]] std::uint64_t value() const noexcept {
    std::uint64_t tail = 0;
    std::memcpy(&tail, partial_, pending_);
    return mixed(mixed(state_ ^ tail) + length_);
  }

 private:
  static constexpr std::size_t word = sizeof(std::uint64_t);

  std::span<const std::byte> fill(std::span<const std::byte> piece) noexcept {
    const std::size_t n = piece.size() < word - pending_ ? piece.size() : word - pending_;
    std::memcpy(partial_ + pending_, piece.data(), n);
    pending_ += n;
    if (pending_ == word) {
      take(partial_);
      pending_ = 0;
    }
    return piece.subspan(n);
  }

  void take(const std::byte* from) noexcept {
    std::uint64_t bits = 0;
    std::memcpy(&bits, from, word);
    state_ = (state_ ^ bits) * 0x9fb21c651e98df25;
    state_ ^= state_ >> 32;
  }

  std::uint64_t state_ = 0x243f6a8885a308d3;
  std::uint64_t length_ = 0;
  std::size_t pending_ = 0;
  std::byte partial_[word] = {};
};

}  // namespace cli
