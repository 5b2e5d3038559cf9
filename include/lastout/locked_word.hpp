// locked_word.hpp - the counted word for targets whose only atomic is an exchange: its lock is
// inside it.
//
// Use it where the machine has no atomic addition ("RAMP uses a lock-per-atomic", Akaros's kref
// document). It is refcount to its users, at the price of two atomic operations for each one.
//
// The word that is locked holds a number that no step makes. Whoever exchanges a state for it has
// the lock.
//
// Edges:
//   (1) -> (2)  unlock -> lock: the steps are in one order, and each sees what came before it.
//
// Record: docs/design/0001-counted-word.md.

#pragma once

#include <cstdint>

#include <lastout/atomic.hpp>
#include <lastout/stepped_word.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

class locked_word : public stepped_word<locked_word> {
 public:
  constexpr locked_word() noexcept = default;
  constexpr explicit locked_word(std::uint32_t n) noexcept : word_(word::live(n)) {}
  locked_word(const locked_word&) = delete;
  locked_word& operator=(const locked_word&) = delete;

 private:
  friend stepped_word<locked_word>;

  std::uint32_t lock() const noexcept {
    for (;;) {
      const std::uint32_t seen =
          word_.exchange(word::locked, order::acquire);  // (2) pairs with (1)
      if (seen != word::locked) return seen;
      relax();
    }
  }
  void unlock(std::uint32_t w) const noexcept {
    word_.store(w, order::release);  // (1) pairs with (2)
  }

  bool enter(subject, const char*) const noexcept { return true; }  // any thread may

  template <class Step>
  void change(Step step) noexcept {
    unlock(step(lock()));
  }

  std::uint32_t look() const noexcept {
    const std::uint32_t w = lock();
    unlock(w);
    return w;
  }

  mutable atomic<std::uint32_t> word_{word::unborn};
};

static_assert(sizeof(locked_word) == 4);

}  // namespace LASTOUT_ABI
}  // namespace lastout
