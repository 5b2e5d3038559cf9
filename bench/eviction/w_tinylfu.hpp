// w_tinylfu.hpp - a window for newcomers, a segmented main part, and a sketch that says who enters.
//
// The newcomers' window is an LRU queue of 1 % at first. Who leaves it must have been asked for
// more often than the main part's next victim. A hill climber moves the window's size.
//
// Source: Einziger, Friedman, Manes (sketch.hpp), and Einziger, Eytan, Friedman, Manes, "Adaptive
// software cache management", Middleware 2018; the constants are those of Caffeine 2.7 and later.

#pragma once

#include <cmath>
#include <vector>

#include "chain.hpp"
#include "policy.hpp"
#include "sketch.hpp"

namespace eviction {

class w_tinylfu final : public policy {
 public:
  w_tinylfu(std::size_t capacity, std::size_t keys, bool adapts)
      : capacity_(capacity),
        adapts_(adapts),
        window_max_(std::max<std::size_t>(1, capacity - capacity * 99 / 100)),
        protected_max_((capacity - window_max_) * 4 / 5),
        step_(-step_share * static_cast<double>(capacity)),
        sample_max_(10 * std::uint64_t{capacity}),
        links_(keys),
        where_(keys),
        sketch_(capacity, sample_max_) {}

  bool access(key k) override {
    sketch_.add(k);
    const bool hit = where_[k] != place::nowhere;
    if (hit) {
      ++hits_;
      touch(k);
    } else {
      ++misses_;
      move(k, place::window);
      while (window_.size() > window_max_) enter_main();
    }
    if (adapts_ && hits_ + misses_ >= sample_max_) climb();
    return hit;
  }
  [[nodiscard]] std::size_t size() const override {
    return window_.size() + probation_.size() + protected_.size();
  }

 private:
  enum class place : std::uint8_t { nowhere, window, probation, proven };
  static constexpr double step_share = 0.0625;
  static constexpr double step_decay = 0.98;
  static constexpr double restart_change = 0.05;
  static constexpr unsigned warm_min = 6;  // rejected ones at least so warm get a rare chance

  void touch(key k) {
    if (where_[k] == place::window) return window_.move_to_front(k);
    move(k, place::proven);
    limit_protected();
  }

  void limit_protected() {
    while (protected_.size() > protected_max_) move(protected_.back(), place::probation);
  }

  void enter_main() {
    const key candidate = window_.back();
    move(candidate, place::probation);
    if (size() <= capacity_) return;
    // The candidate is the newest on probation: alone there, it meets the protected ones.
    const key victim =
        probation_.size() > 1 || protected_.empty() ? probation_.back() : protected_.back();
    move(admit(candidate, victim) ? victim : candidate, place::nowhere);
  }

  bool admit(key candidate, key victim) {
    const unsigned wants = sketch_.count(candidate);
    const unsigned holds = sketch_.count(victim);
    if (wants > holds) return true;
    if (wants < warm_min) return false;
    random_ = random_ * 6364136223846793005 + 1442695040888963407;
    return (random_ >> 57) == 0;
  }

  void climb() {
    const double rate = static_cast<double>(hits_) / static_cast<double>(hits_ + misses_);
    const double change = rate - rate_before_;
    const double amount = change >= 0 ? step_ : -step_;
    const double full = std::copysign(step_share * static_cast<double>(capacity_), amount);
    step_ = std::abs(change) >= restart_change ? full : step_decay * amount;
    rate_before_ = rate;
    hits_ = misses_ = 0;
    if (amount >= 0) {
      const std::size_t by = std::min(static_cast<std::size_t>(amount), protected_max_);
      protected_max_ -= by;
      window_max_ += by;
      limit_protected();
      for (std::size_t i = 0; i < by && !probation_.empty(); ++i) {
        move(probation_.back(), place::window);
      }
    } else {
      const std::size_t by = std::min(static_cast<std::size_t>(-amount), window_max_ - 1);
      protected_max_ += by;
      window_max_ -= by;
      while (window_.size() > window_max_) move(window_.back(), place::probation);
    }
  }

  void move(key k, place to) {
    if (where_[k] != place::nowhere) queue(where_[k]).remove(k);
    where_[k] = to;
    if (to != place::nowhere) queue(to).push_front(k);
  }
  chain& queue(place of) {
    return of == place::window ? window_ : of == place::probation ? probation_ : protected_;
  }

  const std::size_t capacity_;
  const bool adapts_;
  std::size_t window_max_;
  std::size_t protected_max_;
  double step_;
  const std::uint64_t sample_max_;
  std::vector<links> links_;
  std::vector<place> where_;
  chain window_{links_};
  chain probation_{links_};
  chain protected_{links_};
  sketch sketch_;
  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;
  double rate_before_ = 0;
  std::uint64_t random_ = 1;
};

}  // namespace eviction
