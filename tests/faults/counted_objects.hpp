// counted_objects.hpp - objects whose constructors ask for memory or throw, and how many there are.

#pragma once

#include <atomic>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "core/violations_seen.hpp"

namespace faults {

struct refused_by_constructor : std::exception {};

/// Adds to a T a name that is too long for the string itself, and a count of those that are whole.
struct named {
  static constexpr const char* long_name = "a name that does not fit into the string's own memory";

  explicit named(bool throws = false, std::string of = long_name) : name(std::move(of)) {
    if (throws) throw refused_by_constructor();
    ++alive;
  }
  named(const named&) = delete;
  named& operator=(const named&) = delete;
  ~named() { --alive; }

  const std::string name;
  static inline std::atomic<int> alive = 0;
};

/// None is left at the end, and no violation untold.
class faults_test : public testing::Test {
 protected:
  faults_test() { named::alive = 0; }
  ~faults_test() override { EXPECT_EQ(named::alive, 0); }
  violations_seen seen;
};

}  // namespace faults
