// stress.hpp - many threads, seeds, yields and canaries for the stress tests. They are built with
// LASTOUT_ATOMIC_DOOR as stress/yielding_door.hpp.
//
//   LASTOUT_STRESS_SEED    the seed of every choice and yield; by default a new one, printed on
//                          failure
//   LASTOUT_STRESS_ROUNDS  rounds of each test, or 1/N: that part of what is usual (which takes a
//                          second or so), but 20 at least

#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <lastout/atomic.hpp>

#include "core/violations_seen.hpp"

namespace stress {

inline std::uint64_t seed() {
  static const std::uint64_t value = [] {
    const char* const given = std::getenv("LASTOUT_STRESS_SEED");
    return given != nullptr ? std::strtoull(given, nullptr, 0) : std::random_device{}();
  }();
  return value;
}

inline int rounds(int usual) {
  const char* const given = std::getenv("LASTOUT_STRESS_ROUNDS");
  if (given == nullptr) return usual;
  const std::string_view text(given);
  if (!text.starts_with("1/")) return std::atoi(given);
  return std::max(usual / std::max(std::atoi(given + 2), 1), std::min(usual, 20));
}

/// Twice as many threads as cores, and at least four.
inline int threads() {
  return 2 * std::max(2, static_cast<int>(std::thread::hardware_concurrency()));
}

/// Runs work(i, chance&) on n threads, which begin together and yield at seeded points.
template <class Work>
void run_on_threads(int n, std::uint64_t round, Work work) {
  std::atomic<int> ready = 0;
  std::vector<std::thread> all;
  for (int i = 0; i < n; ++i) {
    all.emplace_back([&, i] {
      chance mix(seed() + round * 0x10001 + static_cast<std::uint64_t>(i) * 0x1000003);
      chance own(mix.next());
      mine = {chance(mix.next()), std::size_t{4} << mix.below(4)};
      ++ready;
      while (ready.load() != n) std::this_thread::yield();
      work(i, own);
      mine = {};
    });
  }
  for (std::thread& each : all) each.join();
}

/// Says whether the object around it is what it should be.
class canary {
 public:
  canary() noexcept { ++alive; }
  canary(const canary&) = delete;
  canary& operator=(const canary&) = delete;
  ~canary() {
    check();
    value_ = 0xdeaddeaddeaddead;
    --alive;
  }
  void check() const {
    if (value_ != sound) ADD_FAILURE() << "used after its end: canary " << std::hex << value_;
  }
  static inline std::atomic<long> alive = 0;

 private:
  static constexpr std::uint64_t sound = 0x50a8d50a8d50a8d5;
  std::uint64_t value_ = sound;
};

/// Every violation is a failure; every failure names the seed; nothing is left at the end.
class stress_test : public testing::Test {
 protected:
  stress_test() { canary::alive = 0; }
  ~stress_test() override {
    EXPECT_EQ(canary::alive.load(), 0) << "leaked";
    if (HasFailure()) ADD_FAILURE() << "to repeat: LASTOUT_STRESS_SEED=" << seed();
  }
  violations_seen seen;
};

}  // namespace stress
