// spin_lock.hpp - a lock of four bytes, for a few instructions at a time.
//
// For the structures' own use: what it guards is a handful of cache lines, and nobody calls out
// while he has it. Who waits for long lets others run (relax).
//
// Edges:
//   (1) -> (2)  unlock -> lock: what the last one wrote is visible to the next one.

#pragma once

#include <cstdint>

#include <lastout/atomic.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

class spin_lock {
 public:
  constexpr spin_lock() noexcept = default;

  void lock() noexcept {
    while (!try_lock()) wait();
  }
  [[nodiscard]] bool try_lock() noexcept {
    return taken_.exchange(1, order::acquire) == 0;  // (2) pairs with (1)
  }
  void unlock() noexcept {
    taken_.store(0, order::release);  // (1) pairs with (2)
  }

 private:
  LASTOUT_OUT_OF_LINE void wait() const noexcept {
    // relaxed: only to look whether it is worth trying
    for (int i = 0; i < looks_before_relax; ++i)
      if (taken_.load(order::relaxed) == 0) return;
    relax();
  }

  atomic<std::uint32_t> taken_{0};
};

}  // namespace LASTOUT_ABI
}  // namespace lastout
