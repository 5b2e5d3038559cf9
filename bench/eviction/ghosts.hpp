// ghosts.hpp - the names of those who left lately: a FIFO of keys without objects.

#pragma once

#include <vector>

#include "policy.hpp"

namespace eviction {

class ghosts {
 public:
  ghosts(std::size_t capacity, std::size_t keys) : capacity_(capacity), since_(keys) {}

  void add(key k) { since_[k] = ++now_; }
  /// Takes `k` out.
  /// Returns   whether it was there.
  bool take(key k) {
    const bool there = contains(k);
    since_[k] = 0;
    return there;
  }
  [[nodiscard]] bool contains(key k) const {
    return since_[k] != 0 && now_ - since_[k] < capacity_;
  }

 private:
  const std::size_t capacity_;
  std::uint64_t now_ = 0;
  std::vector<std::uint64_t> since_;  // 0: never, or taken out
};

}  // namespace eviction
