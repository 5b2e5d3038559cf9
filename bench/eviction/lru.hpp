// lru.hpp - the least recently used leaves; a hit moves the entry to the front.

#pragma once

#include <vector>

#include "chain.hpp"
#include "policy.hpp"

namespace eviction {

class lru final : public policy {
 public:
  lru(std::size_t capacity, std::size_t keys)
      : capacity_(capacity), links_(keys), resident_(keys) {}

  bool access(key k) override {
    if (resident_[k] != 0) {
      queue_.move_to_front(k);
      return true;
    }
    if (queue_.size() == capacity_) resident_[queue_.pop_back()] = 0;
    queue_.push_front(k);
    resident_[k] = 1;
    return false;
  }
  [[nodiscard]] std::size_t size() const override { return queue_.size(); }

 private:
  const std::size_t capacity_;
  std::vector<links> links_;
  std::vector<std::uint8_t> resident_;
  chain queue_{links_};
};

}  // namespace eviction
