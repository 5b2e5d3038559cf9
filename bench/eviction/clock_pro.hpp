// clock_pro.hpp - hot, cold and just evicted entries on one clock with three hands.
//
// A cold entry that is asked for again during its test period, resident or not, becomes hot: its
// reuse distance is shorter than that of the coldest hot one. The share of the cold adapts. The
// resident cold ones, and those that are gone, are also kept in queues of their own: the cold hand
// and the test hand then need not step over the hot ones.
//
// Source: Jiang, Chen, Zhang, "CLOCK-Pro: an effective improvement of the CLOCK replacement",
// USENIX 2005.

#pragma once

#include <algorithm>
#include <vector>

#include "chain.hpp"
#include "lazy_policy.hpp"

namespace eviction {

class clock_pro final : public lazy_policy {
 public:
  clock_pro(std::size_t capacity, std::size_t keys)
      : lazy_policy(keys), capacity_(capacity), nodes_(keys), links_(keys) {}

 private:
  enum class kind : std::uint8_t { absent, hot, cold, gone };
  struct node {
    links at;
    kind is = kind::absent;
    bool in_test = false;
  };

  void miss(key k) override {
    const bool again = nodes_[k].is == kind::gone;
    if (again) {
      grow_cold();
      forget(k);
    }
    while (size() >= capacity_) turn_cold();
    enter(k);
    const bool hot = again || hots_ + cold_target_ < capacity_;
    place(k, hot ? kind::hot : kind::cold);
    if (hot) limit_hot();
  }

  // The cold hand: evicts, or gives a cold entry that was hit another place.
  void turn_cold() {
    while (colds_.empty()) turn_hot();
    const key k = colds_.back();
    const bool in_test = nodes_[k].in_test;
    if (visit(k) != 0) {
      take_off(k);
      if (in_test) grow_cold();
      place(k, in_test ? kind::hot : kind::cold);
      if (in_test) limit_hot();
      return;
    }
    leave(k);
    if (!in_test) return take_off(k);
    colds_.remove(k);
    gones_.push_front(k);
    nodes_[k].is = kind::gone;
    if (gones_.size() > capacity_) end_test(gones_.back());  // the test hand
  }

  // The hot hand: what it finds unused turns cold; on its way it ends the tests of the cold.
  void turn_hot() {
    for (;;) {
      const key k = hot_hand_;
      hot_hand_ = nodes_[k].at.next;
      if (nodes_[k].is != kind::hot) {
        end_test(k);
      } else if (visit(k) == 0) {
        nodes_[k].is = kind::cold;
        nodes_[k].in_test = false;
        --hots_;
        colds_.push_front(k);
        return;
      }
    }
  }

  void end_test(key k) {
    node& n = nodes_[k];
    if (!n.in_test) return;
    if (n.is == kind::gone) forget(k);
    n.in_test = false;
    if (cold_target_ > 1) --cold_target_;
  }

  void grow_cold() {
    if (cold_target_ + 1 < capacity_) ++cold_target_;
  }
  void limit_hot() {
    while (hots_ > 0 && hots_ + cold_target_ > capacity_) turn_hot();
  }
  void forget(key k) {
    take_off(k);
    nodes_[k].in_test = false;
  }

  // At the head: right behind the hot hand, so that it comes here last.
  void place(key k, kind is) {
    node& n = nodes_[k];
    n.is = is;
    n.in_test = is == kind::cold;
    if (is == kind::hot) {
      ++hots_;
    } else {
      colds_.push_front(k);
    }
    if (hot_hand_ == no_key) {
      n.at = {k, k};
      hot_hand_ = k;
      return;
    }
    n.at = {nodes_[hot_hand_].at.prev, hot_hand_};
    nodes_[n.at.prev].at.next = k;
    nodes_[hot_hand_].at.prev = k;
  }

  void take_off(key k) {
    node& n = nodes_[k];
    if (hot_hand_ == k) hot_hand_ = n.at.next == k ? no_key : n.at.next;
    nodes_[n.at.prev].at.next = n.at.next;
    nodes_[n.at.next].at.prev = n.at.prev;
    switch (n.is) {
      case kind::hot: --hots_; break;
      case kind::cold: colds_.remove(k); break;
      default: gones_.remove(k); break;
    }
    n.is = kind::absent;
  }

  const std::size_t capacity_;
  std::vector<node> nodes_;
  std::vector<links> links_;
  chain colds_{links_};
  chain gones_{links_};
  std::size_t cold_target_ = 1;
  std::size_t hots_ = 0;
  key hot_hand_ = no_key;
};

}  // namespace eviction
