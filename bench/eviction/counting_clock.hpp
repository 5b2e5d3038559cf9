// counting_clock.hpp - FIFO with reinsertion: who was hit goes round again, at most `rounds_max` times.
//
// With one round this is the second chance of old (one bit); with 3 or 7 it is a counter of 2 or 3
// bits: each visit adds the hits since the last one, capped, and takes one away.
//
// Source: Corbato, "A paging experiment with the Multics system", 1968; Smith, "Sequentiality and
// prefetching in database systems", 1978 (generalized CLOCK).

#pragma once

#include "chain.hpp"
#include "lazy_policy.hpp"

namespace eviction {

class counting_clock final : public lazy_policy {
 public:
  counting_clock(std::size_t capacity, std::size_t keys, unsigned rounds_max)
      : lazy_policy(keys),
        capacity_(capacity),
        rounds_max_(rounds_max),
        links_(keys),
        rounds_(keys) {}

 private:
  void miss(key k) override {
    if (size() == capacity_) evict();
    rounds_[k] = 0;
    queue_.push_front(k);
    enter(k);
  }

  void evict() {
    for (;;) {
      const key k = queue_.back();
      const unsigned rounds = std::min(rounds_[k] + visit(k), rounds_max_);
      if (rounds == 0) break;
      rounds_[k] = rounds - 1;
      queue_.move_to_front(k);
    }
    leave(queue_.pop_back());
  }

  const std::size_t capacity_;
  const unsigned rounds_max_;
  std::vector<links> links_;
  std::vector<unsigned> rounds_;
  chain queue_{links_};
};

}  // namespace eviction
