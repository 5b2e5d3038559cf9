// expect.hpp - what must be true while an input is run; when it is not, both values are told and the
// program ends, so that libFuzzer keeps the input.
//
// LASTOUT_FUZZ_TRACE=1 in the environment tells each operation as it is done: that is how a finding
// is read.

#pragma once

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <source_location>
#include <type_traits>

namespace fuzz {

inline bool traced() {
  static const bool on = std::getenv("LASTOUT_FUZZ_TRACE") != nullptr;
  return on;
}

template <class T>
void tell(std::ostream& out, const T& value) {
  if constexpr (std::is_enum_v<T>) {
    out << static_cast<long>(value);
  } else if constexpr (std::is_same_v<T, std::uint8_t>) {
    out << static_cast<unsigned>(value);
  } else {
    out << value;
  }
}

/// An operation that is about to be done, for who reads a finding.
template <class... Part>
void note(const Part&... part) {
  if (!traced()) return;
  ((tell(std::cerr, part), std::cerr << ' '), ...);
  std::cerr << std::endl;
}

[[noreturn]] inline void fail(const char* what, std::source_location at) {
  std::cerr << "fuzz: " << at.file_name() << ":" << at.line() << ": " << what << std::endl;
  std::abort();
}

/// `is` is what was answered, `wanted` what the model says.
template <class A, class B>
void same(const A& is, const B& wanted, const char* what,
          std::source_location at = std::source_location::current()) {
  if (is == wanted) return;
  std::cerr << "fuzz: is ";
  tell(std::cerr, is);
  std::cerr << ", wanted ";
  tell(std::cerr, wanted);
  std::cerr << '\n';
  fail(what, at);
}

inline void check(bool holds, const char* what,
                  std::source_location at = std::source_location::current()) {
  if (!holds) fail(what, at);
}

}  // namespace fuzz
