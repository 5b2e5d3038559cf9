// sieve.hpp - CLOCK whose survivors stay where they are, so that newcomers are sieved out early.
//
// Source: Zhang and others, "SIEVE is simpler than LRU", NSDI 2024, algorithm 1.

#pragma once

#include "chain.hpp"
#include "lazy_policy.hpp"

namespace eviction {

class sieve final : public lazy_policy {
 public:
  sieve(std::size_t capacity, std::size_t keys)
      : lazy_policy(keys), capacity_(capacity), links_(keys) {}

 private:
  void miss(key k) override {
    if (size() == capacity_) evict();
    queue_.push_front(k);
    enter(k);
  }

  void evict() {
    key at = hand_ == no_key ? queue_.back() : hand_;
    while (visit(at) != 0) {
      at = queue_.newer(at);
      if (at == no_key) at = queue_.back();
    }
    hand_ = queue_.newer(at);
    queue_.remove(at);
    leave(at);
  }

  const std::size_t capacity_;
  std::vector<links> links_;
  chain queue_{links_};
  key hand_ = no_key;  // no_key: at the oldest
};

}  // namespace eviction
