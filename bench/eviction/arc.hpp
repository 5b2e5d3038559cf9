// arc.hpp - recent and frequent entries in two LRU queues whose shares adapt by their ghosts.
//
// Source: Megiddo and Modha, "ARC: a self-tuning, low overhead replacement cache", FAST 2003,
// figure 4.

#pragma once

#include <algorithm>
#include <vector>

#include "chain.hpp"
#include "policy.hpp"

namespace eviction {

class arc final : public policy {
 public:
  arc(std::size_t capacity, std::size_t keys) : capacity_(capacity), links_(keys), where_(keys) {}

  bool access(key k) override {
    switch (where_[k]) {
      case place::recent:
      case place::frequent: move(k, place::frequent); return true;
      case place::recent_ghost: {
        const std::size_t step = std::max<std::size_t>(1, b2_.size() / b1_.size());
        target_ = std::min(capacity_, target_ + step);
        replace(false);
        move(k, place::frequent);
        return false;
      }
      case place::frequent_ghost: {
        const std::size_t step = std::max<std::size_t>(1, b1_.size() / b2_.size());
        target_ -= std::min(target_, step);
        replace(true);
        move(k, place::frequent);
        return false;
      }
      case place::nowhere: break;
    }
    make_room();
    move(k, place::recent);
    return false;
  }
  [[nodiscard]] std::size_t size() const override { return t1_.size() + t2_.size(); }

 private:
  enum class place : std::uint8_t { nowhere, recent, frequent, recent_ghost, frequent_ghost };

  void make_room() {
    if (t1_.size() + b1_.size() == capacity_) {
      if (t1_.size() < capacity_) {
        move(b1_.back(), place::nowhere);
        replace(false);
      } else {
        move(t1_.back(), place::nowhere);
      }
      return;
    }
    const std::size_t all = t1_.size() + t2_.size() + b1_.size() + b2_.size();
    if (all < capacity_) return;
    if (all == 2 * capacity_) move(b2_.back(), place::nowhere);
    replace(false);
  }

  void replace(bool asked_for_frequent_ghost) {
    const std::size_t recent = t1_.size();
    if (recent > 0 && (recent > target_ || (asked_for_frequent_ghost && recent == target_))) {
      move(t1_.back(), place::recent_ghost);
    } else {
      move(t2_.back(), place::frequent_ghost);
    }
  }

  void move(key k, place to) {
    if (where_[k] != place::nowhere) queue(where_[k]).remove(k);
    where_[k] = to;
    if (to != place::nowhere) queue(to).push_front(k);
  }

  chain& queue(place of) {
    switch (of) {
      case place::recent: return t1_;
      case place::frequent: return t2_;
      case place::recent_ghost: return b1_;
      default: return b2_;
    }
  }

  const std::size_t capacity_;
  std::vector<links> links_;
  std::vector<place> where_;
  chain t1_{links_};
  chain t2_{links_};
  chain b1_{links_};
  chain b2_{links_};
  std::size_t target_ = 0;  // of t1_
};

}  // namespace eviction
