// input.hpp - the fuzzer's bytes as decisions: numbers, choices, names, text.
//
// Each decision takes its bytes from the front, so that what libFuzzer changes late in an input
// leaves the operations before it as they were. When the bytes are used up every number is 0; loops
// ask more() first.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace fuzz {

class input {
 public:
  input(const std::uint8_t* data, std::size_t size) noexcept : at_(data), left_(size) {}

  [[nodiscard]] bool more() const noexcept { return left_ != 0; }

  std::uint8_t byte() noexcept {
    if (left_ == 0) return 0;
    --left_;
    return *at_++;
  }
  /// One of 0 .. n - 1. Requires  1 <= n <= 256.
  unsigned below(unsigned n) noexcept { return byte() % n; }
  bool flip() noexcept { return (byte() & 1) != 0; }
  /// True once in n times, and not when the bytes are used up.
  bool once_in(unsigned n) noexcept { return left_ != 0 && byte() % n == n - 1; }

  std::uint32_t number() noexcept {
    std::uint32_t out = 0;
    for (int i = 0; i < 4; ++i) out = out << 8 | byte();
    return out;
  }

  /// Bytes as they are: so many, or all that are left.
  std::string_view text(std::size_t size) noexcept {
    if (size > left_) size = left_;
    const std::string_view out(reinterpret_cast<const char*>(at_), size);
    at_ += size;
    left_ -= size;
    return out;
  }
  /// Up to the next line's end, which is taken and left out.
  std::string_view line() noexcept {
    if (left_ == 0) return {};
    const void* const end = std::memchr(at_, '\n', left_);
    const std::string_view out = text(
        end == nullptr ? left_
                       : static_cast<std::size_t>(static_cast<const std::uint8_t*>(end) - at_));
    if (left_ != 0) byte();
    return out;
  }
  std::string_view rest() noexcept { return text(left_); }

 private:
  const std::uint8_t* at_;
  std::size_t left_;
};

}  // namespace fuzz
