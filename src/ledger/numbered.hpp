// numbered.hpp - things that stay where they are and have a number: found by it without a lock.
//
// Added under the caller's lock; a number is valid for who learnt it from who added.

#pragma once

#include <cstddef>
#include <cstdint>

#include <lastout/atomic.hpp>

#include "pool.hpp"

namespace lastout::ledger {

/// Room for `Rows` * 4096 pointers.
template <class T, std::size_t Rows>
class numbered {
  static constexpr std::size_t row_size = 4096;
  struct row {
    atomic<T*> at[row_size];
  };

 public:
  /// Numbers count from 1. Returns 0 when there is no room.
  std::uint32_t add(T* what) noexcept {
    const std::uint32_t n = size_.load(order::relaxed);  // relaxed: under the caller's lock
    if (n / row_size == Rows) return 0;
    atomic<row*>& in = rows_[n / row_size];
    if (n % row_size == 0) {
      auto* const fresh = static_cast<row*>(map_memory(sizeof(row)));  // zeroed: all nullptr
      if (fresh == nullptr) return 0;
      in.store(fresh, order::release);  // (1) pairs with (2)
    }
    in.load(order::relaxed)->at[n % row_size].store(what, order::release);  // (1) pairs with (2)
    size_.store(n + 1, order::release);                                     // (1) pairs with (2)
    return n + 1;
  }
  T* operator[](std::uint32_t number) const noexcept {
    if (number == 0 || number > size()) return nullptr;
    const row* const in =
        rows_[(number - 1) / row_size].load(order::acquire);      // (2) pairs with (1)
    return in->at[(number - 1) % row_size].load(order::acquire);  // (2) pairs with (1)
  }
  [[nodiscard]] std::uint32_t size() const noexcept {
    return size_.load(order::acquire);  // (2) pairs with (1)
  }

 private:
  friend struct numbered_layout;  // layout.hpp

  atomic<row*> rows_[Rows] = {};
  atomic<std::uint32_t> size_{0};
};

}  // namespace lastout::ledger
