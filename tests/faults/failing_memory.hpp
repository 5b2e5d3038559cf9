// failing_memory.hpp - memory that says no when a test has told it to: the nth time, or from then on.
//
// The program's own malloc and mmap stand in front of the system's (failing_memory.cpp). They count
// what the calling thread asks for while it is armed, so that neither the test framework nor other
// threads are hit.
//
//   each_allocation_fails([](fault& now) {
//     std::vector<int> v;
//     const bool done = now.run([&] { v.push_back(1); });    // armed in here
//     EXPECT_EQ(v.size(), done ? 1u : 0u);                   // what holds when it failed
//   });
//
// calls this with the first allocation failing, then with the second one, until a call runs through;
// and once more with all later ones failing too. Between calls nothing may be left behind.

#pragma once

#include <cstddef>
#include <cstdio>
#include <new>
#include <string>

#include <gtest/gtest.h>

namespace faults {

enum class how_long { once, for_good };

/// Blocks of the heap, and mappings, that this process has and has not given back.
[[nodiscard]] long live_blocks() noexcept;

/// While it exists, what this thread asks of the system is counted, and refused from the nth on.
class armed {
 public:
  /// nth 0: only counted.
  explicit armed(std::size_t nth, how_long = how_long::once) noexcept;
  armed(const armed&) = delete;
  armed& operator=(const armed&) = delete;
  ~armed();
  [[nodiscard]] std::size_t asked() const noexcept;
  [[nodiscard]] std::size_t refused() const noexcept;
};

/// While it exists, the same for all threads but this one, together.
class armed_others {
 public:
  explicit armed_others(std::size_t nth, how_long = how_long::once) noexcept;
  armed_others(const armed_others&) = delete;
  armed_others& operator=(const armed_others&) = delete;
  ~armed_others();
  [[nodiscard]] std::size_t asked() const noexcept;
  [[nodiscard]] std::size_t refused() const noexcept;
};

/// While it exists, madvise() is refused: as when memory is locked, or a kernel does not know it.
class no_advice {
 public:
  no_advice() noexcept;
  no_advice(const no_advice&) = delete;
  no_advice& operator=(const no_advice&) = delete;
  ~no_advice();
  [[nodiscard]] static std::size_t refused() noexcept;
};

/// One turn of each_allocation_fails().
class fault {
 public:
  fault(std::size_t nth, how_long length) noexcept : nth_(nth), length_(length) {}

  /// Does that, armed.
  /// Returns   true when nothing was thrown; false when std::bad_alloc was.
  template <class Call>
  bool run(Call call) {
    const armed here(nth_, length_);
    bool done = true;
    try {
      call();
    } catch (const std::bad_alloc&) {
      done = false;
    }
    asked_ += here.asked();
    refused_ += here.refused();
    return done;
  }
  /// Whether something has been refused in this turn.
  [[nodiscard]] bool happened() const noexcept { return refused_ != 0; }
  [[nodiscard]] std::size_t asked() const noexcept { return asked_; }

 private:
  std::size_t nth_;
  how_long length_;
  std::size_t asked_ = 0;
  std::size_t refused_ = 0;
};

/// See above. What the first call leaves behind once and for all is no leak: it is made twice before
/// anything fails.
/// Returns   how many allocations a call makes when none fails.
template <class Attempt>
std::size_t each_allocation_fails(Attempt attempt) {
  constexpr std::size_t most = 100'000;
  std::size_t allocations = 0;
  for (int i = 0; i < 2; ++i) {
    SCOPED_TRACE("no allocation failed");
    fault none(0, how_long::once);
    attempt(none);
    allocations = none.asked();
  }
  for (const how_long length : {how_long::once, how_long::for_good}) {
    bool failed = true;
    for (std::size_t nth = 1; failed && nth < most; ++nth) {
      const long before = live_blocks();
      fault now(nth, length);
      {
        SCOPED_TRACE("allocation " + std::to_string(nth) + " of " + std::to_string(allocations) +
                     (length == how_long::once ? " failed" : " failed, and all after it"));
        attempt(now);
      }
      failed = now.happened();
      EXPECT_EQ(live_blocks() - before, 0)
          << "left behind when allocation " << nth << " of " << allocations << " failed";
      if (testing::Test::HasFatalFailure()) return allocations;
    }
    EXPECT_FALSE(failed) << "it fails for ever";
  }
  return allocations;
}

}  // namespace faults
