// s3_fifo.hpp - three FIFO queues: small for newcomers, main for the proven, ghosts for the gone.
//
// Source: Yang and others, "FIFO queues are all you need for cache eviction", SOSP 2023: small is a
// tenth of the cache, ghosts are as many as main holds, the number of hits is capped at 3. Who had
// more than one hit moves from small to main; a ghost that is asked for enters main at once.

#pragma once

#include "chain.hpp"
#include "ghosts.hpp"
#include "lazy_policy.hpp"

namespace eviction {

class s3_fifo final : public lazy_policy {
 public:
  /// `promotion_min`: hits that take an entry from small to main (the paper: 2).
  s3_fifo(std::size_t capacity, std::size_t keys, unsigned promotion_min = 2)
      : lazy_policy(keys),
        capacity_(capacity),
        small_max_(std::max<std::size_t>(1, capacity / 10)),
        promotion_min_(promotion_min),
        links_(keys),
        rounds_(keys),
        ghosts_(std::max<std::size_t>(1, capacity - small_max_), keys) {}

 private:
  static constexpr unsigned rounds_max = 3;

  void miss(key k) override {
    while (size() >= capacity_) {
      if (small_.size() >= small_max_ || main_.empty()) {
        evict_from_small();
      } else {
        evict_from_main();
      }
    }
    rounds_[k] = 0;
    (ghosts_.take(k) ? main_ : small_).push_front(k);
    enter(k);
  }

  void evict_from_small() {
    while (!small_.empty()) {
      const key k = small_.pop_back();
      const unsigned hits = visit(k);
      if (hits < promotion_min_) {
        ghosts_.add(k);
        leave(k);
        return;
      }
      rounds_[k] = 0;  // starts anew in main
      main_.push_front(k);
      if (main_.size() > capacity_ - small_max_) return evict_from_main();
    }
  }

  void evict_from_main() {
    for (;;) {
      const key k = main_.back();
      const unsigned rounds = std::min(rounds_[k] + visit(k), rounds_max);
      if (rounds == 0) break;
      rounds_[k] = rounds - 1;
      main_.move_to_front(k);
    }
    leave(main_.pop_back());
  }

  const std::size_t capacity_;
  const std::size_t small_max_;
  const unsigned promotion_min_;
  std::vector<links> links_;
  std::vector<unsigned> rounds_;
  chain small_{links_};
  chain main_{links_};
  ghosts ghosts_;
};

}  // namespace eviction
