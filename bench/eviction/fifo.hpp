// fifo.hpp - the oldest leaves, used or not: what doing nothing on a hit comes to.

#pragma once

#include "chain.hpp"
#include "lazy_policy.hpp"

namespace eviction {

class fifo final : public lazy_policy {
 public:
  fifo(std::size_t capacity, std::size_t keys)
      : lazy_policy(keys), capacity_(capacity), links_(keys) {}

 private:
  void miss(key k) override {
    if (size() == capacity_) leave(queue_.pop_back());
    queue_.push_front(k);
    enter(k);
  }

  const std::size_t capacity_;
  std::vector<links> links_;
  chain queue_{links_};
};

}  // namespace eviction
