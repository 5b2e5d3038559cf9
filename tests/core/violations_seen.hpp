// violations_seen.hpp - keeps the violations of one test instead of printing them.
//
// A violation that the test does not take() is a failure of the test.

#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <lastout/violation.hpp>

class violations_seen {
 public:
  struct report {
    lastout::violation what;
    std::string type;
    const void* object;
    std::string operation;
    std::uint32_t references;
    std::string state;
    std::size_t stack_depth;
  };

  violations_seen() noexcept : before_(lastout::on_violation(&note)) {}
  violations_seen(const violations_seen&) = delete;
  violations_seen& operator=(const violations_seen&) = delete;
  ~violations_seen() {
    lastout::on_violation(before_);
    for (const report& each : take_all()) {
      ADD_FAILURE() << "violation that nobody expected: " << lastout::name(each.what) << " in "
                    << each.operation << " of " << each.type << ", state " << each.state;
    }
  }

  /// Everything seen since the last call.
  std::vector<report> take_all() {
    const std::lock_guard guard(lock_);
    return std::exchange(list_, {});
  }

  /// The names of everything seen since the last call: "get_at_zero put_at_zero".
  std::string take() {
    std::string names;
    for (const report& each : take_all()) {
      if (!names.empty()) names += ' ';
      names += lastout::name(each.what);
    }
    return names;
  }

 private:
  static void note(const lastout::violation_report& r) noexcept {
    const std::lock_guard guard(lock_);
    list_.push_back(
        {r.what, r.who.type, r.who.object, r.operation, r.references, r.state, r.stack_depth});
  }

  static inline std::mutex lock_;
  static inline std::vector<report> list_;
  lastout::violation_handler before_;
};
