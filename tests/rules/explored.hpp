// explored.hpp - the rules about races: each scenario in every interleaving, the real type and the
// twin.
//
// For the files in tests/edges/ only, which are compiled with the exploring door. A scenario is one
// function template over an implementation that returns interleave::result.

#pragma once

#include <cstddef>
#include <new>
#include <string>

#include <gtest/gtest.h>

#include <lastout/violation.hpp>

#include "explore/interleave.hpp"

// The rule holds in every interleaving, and every interleaving was walked.
#define EXPECT_HOLDS(...)                                            \
  do {                                                               \
    const ::interleave::result walked = (__VA_ARGS__);               \
    EXPECT_FALSE(walked.failed) << walked.message;                   \
    EXPECT_TRUE(walked.failed || walked.complete)                    \
        << "not all walked: " << walked.executions << " executions"; \
  } while (false)

// Some interleaving breaks the rule, in the way that the twin is broken: `how` is part of the
// message, or several parts with '|' between them, of which one is.
#define EXPECT_BREAKS(how, ...)                                                          \
  do {                                                                                   \
    const ::interleave::result walked = (__VA_ARGS__);                                   \
    EXPECT_TRUE(walked.failed) << "the twin was not caught in " << walked.executions     \
                               << " executions";                                         \
    EXPECT_TRUE(!walked.failed || ::rules::says(walked.message, how)) << walked.message; \
  } while (false)

namespace rules {

/// True when the message has one of the parts, which stand with '|' between them.
inline bool says(const std::string& message, const std::string& parts) {
  for (std::size_t from = 0;;) {
    const std::size_t to = parts.find('|', from);
    if (message.find(parts.substr(from, to - from)) != std::string::npos) return true;
    if (to == std::string::npos) return false;
    from = to + 1;
  }
}

/// While it is in scope a violation fails the execution that it happens in: "violation NAME in
/// OPERATION".
class violations_fail {
 public:
  violations_fail() noexcept : before_(lastout::on_violation(&fail)) {}
  ~violations_fail() { lastout::on_violation(before_); }
  violations_fail(const violations_fail&) = delete;
  violations_fail& operator=(const violations_fail&) = delete;

 private:
  static void fail(const lastout::violation_report& seen) noexcept {
    interleave::fail(std::string("violation ") + lastout::name(seen.what) + " in " +
                     seen.operation);
  }

  lastout::violation_handler before_;
};

/// A base for the objects of a scenario: their memory is the explorer's, so that use after free,
/// freeing twice and leaks are found.
struct watched_memory {
  static void* operator new(std::size_t bytes) { return interleave::heap::allocate(bytes); }
  static void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
    return interleave::heap::allocate(bytes);
  }
  static void* operator new(std::size_t, void* at) noexcept { return at; }
  static void operator delete(void* at) noexcept { interleave::heap::free(at); }
};

}  // namespace rules
