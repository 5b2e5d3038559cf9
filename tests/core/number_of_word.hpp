// number_of_word.hpp - the 32 bits of a word, for tests of how they drift: a million calls apart,
// which no test has to make.

#pragma once

#include <cstdint>

template <class Word>
std::uint32_t number_of(const Word& w) {
  static_assert(sizeof w == sizeof(std::uint32_t));
  std::uint32_t out;
  __builtin_memcpy(&out, static_cast<const void*>(&w), sizeof out);
  return out;
}

/// The word as it would be after as many calls as it takes.
/// Requires  nobody else has it.
template <class Word>
void set_number(Word& w, std::uint32_t number) {
  static_assert(sizeof w == sizeof number);
  __builtin_memcpy(static_cast<void*>(&w), &number, sizeof number);
}
