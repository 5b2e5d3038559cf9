// lazy_tinylfu.hpp - TinyLFU's admission before a CLOCK, with a sketch that hears of hits late.
//
// The sketch counts a key when it is missed, and an entry's hits when a hand passes it. Who leaves
// the newcomers' window must have been asked for more often than the CLOCK's next victim.

#pragma once

#include <algorithm>
#include <vector>

#include "chain.hpp"
#include "lazy_policy.hpp"
#include "sketch.hpp"

namespace eviction {

class lazy_tinylfu final : public lazy_policy {
 public:
  lazy_tinylfu(std::size_t capacity, std::size_t keys, double window_share)
      : lazy_policy(keys),
        capacity_(capacity),
        window_max_(std::max<std::size_t>(
            1, static_cast<std::size_t>(window_share * static_cast<double>(capacity)))),
        links_(keys),
        rounds_(keys),
        sketch_(capacity, 10 * std::uint64_t{capacity}) {}

 private:
  static constexpr unsigned rounds_max = 3;

  void miss(key k) override {
    sketch_.add(k);
    rounds_[k] = 0;
    if (size() < capacity_ && main_.size() + window_max_ < capacity_) {
      main_.push_front(k);
    } else {
      if (size() == capacity_) evict();
      window_.push_front(k);
    }
    enter(k);
  }

  void evict() {
    const key candidate = window_.pop_back();
    heard(candidate);
    const key victim = main_.empty() ? candidate : find_victim();
    if (sketch_.count(candidate) > sketch_.count(victim)) {
      main_.remove(victim);
      leave(victim);
      main_.push_front(candidate);
    } else {
      leave(candidate);
    }
  }

  key find_victim() {
    for (;;) {
      const key k = main_.back();
      const unsigned rounds = std::min(rounds_[k] + heard(k), rounds_max);
      if (rounds == 0) return k;
      rounds_[k] = rounds - 1;
      main_.move_to_front(k);
    }
  }

  unsigned heard(key k) {
    const unsigned hits = visit(k);
    if (hits != 0) sketch_.add(k, std::min(hits, sketch::count_max));
    return hits;
  }

  const std::size_t capacity_;
  const std::size_t window_max_;
  std::vector<links> links_;
  std::vector<unsigned> rounds_;
  chain window_{links_};
  chain main_{links_};
  sketch sketch_;
};

}  // namespace eviction
