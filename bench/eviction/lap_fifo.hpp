// lap_fifo.hpp - a small queue for newcomers, a main queue, and ghosts that live for part of a lap.
//
//   queue    who is in it                            who leaves it
//   small    newcomers; 1 % to 20 % of the cache     at its end: unused ones to the ghosts, used
//                                                    ones to main
//   main     who was used in small, or came back     at its end: who was not used since the hand's
//            while its ghost lived                   last visit; used ones go round, up to 3 times
//   ghosts   names of those who left small unused;   pushed out by newer ones
//            twice as many as entries
//
// What it has over S3-FIFO, and why:
//   - The lap. A ghost lives until main's hand has gone a quarter of a round: who comes back so soon
//     was used again sooner than the entry that the hand finds unused for a whole round. This is the
//     rule of LIRS and of CLOCK-Pro, kept with one counter. It makes the hand hold itself back, so
//     that a loop larger than the cache cannot wash main out.
//   - Small slides: an entry that leaves it used makes it larger by one, eight that leave it unused
//     make it smaller by one. A loop or a scan is left 1 %, bursts of reuse take up to 20 %.
//   - An empty cache fills main first.
//   - A miss meets `visits_max` entries at most, and one more.
//
// Entries in use (pinned) are taken out of their queue when a hand meets them and come back when
// their use ends: each is met once for each time that it is pinned, whatever else is pinned.
//
// Sources: s3_fifo.hpp; clock_pro.hpp; Jiang and Zhang, "LIRS", SIGMETRICS 2002.

#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "chain.hpp"
#include "lapped_ghosts.hpp"
#include "lazy_policy.hpp"

namespace eviction {

class lap_fifo final : public lazy_policy {
 public:
  struct shape {
    double small_share_min = 0.01;
    double small_share_max = 0.2;
    unsigned unused_for_one_less = 8;
    double ghosts_per_entry = 2;
    unsigned ghost_life_eighths = 2;  // of a lap of main's hand; begun eighths count as whole
    unsigned rounds_max = 3;
    unsigned visits_max = 32;
  };

  lap_fifo(std::size_t capacity, std::size_t keys) : lap_fifo(capacity, keys, shape()) {}
  lap_fifo(std::size_t capacity, std::size_t keys, const shape& of)
      : lazy_policy(keys),
        shape_(of),
        capacity_(capacity),
        small_min_(share(of.small_share_min)),
        small_max_(share(of.small_share_max)),
        small_target_(small_min_),
        links_(keys),
        entries_(keys),
        ghosts_(static_cast<std::size_t>(of.ghosts_per_entry * static_cast<double>(capacity)),
                of.ghost_life_eighths) {}

  /// Says that `k`, which is resident, is in use: it will not leave.
  void pin(key k) { entries_[k].pinned = true; }
  /// Says that the use of `k` has ended.
  void unpin(key k) {
    entry& e = entries_[k];
    e.pinned = false;
    if (!e.parked) return;
    e.parked = false;
    --parked_;
    queue_of(k).push_front(k);
  }

  [[nodiscard]] std::size_t small_target() const { return small_target_; }
  /// Entries that a hand met, those in use included.
  [[nodiscard]] std::uint64_t looks() const { return looks_; }
  [[nodiscard]] bool in_main(key k) const { return entries_[k].in_main; }

 private:
  struct entry {
    unsigned rounds = 0;
    bool in_main = false;
    bool pinned = false;
    bool parked = false;
  };

  void miss(key k) override {
    const std::optional<std::uint64_t> proven_until = ghosts_.take(k, eighths_);
    visits_left_ = shape_.visits_max;
    bool for_main = size() < capacity_ ? proven_until || main_room() : proven_until.has_value();
    while (size() >= capacity_ && evict(for_main, proven_until.value_or(end_of_life()))) continue;
    entries_[k] = {.in_main = for_main};
    queue_of(k).push_front(k);
    enter(k);
  }

  // One leaves. A newcomer for main is for small instead when main's hand found all in use lately.
  // Returns   false when all are pinned.
  bool evict(bool& for_main, std::uint64_t until) {
    const std::size_t small = small_.size() + (for_main ? 0 : 1);
    if (small <= small_target_) {
      if (evict_from_main(until)) return true;
      for_main = false;
    }
    return evict_from_small() || evict_any();
  }

  // One leaves main, if the hand finds one in time.
  bool evict_from_main(std::uint64_t until) {
    while (!main_.empty() && visits_left_ > 0 && eighths_ <= until) {
      const key k = next(main_);
      if (k == no_key) continue;
      entry& e = entries_[k];
      e.rounds = std::min(e.rounds + visit(k), shape_.rounds_max);
      if (e.rounds == 0) {
        turn_hand();
        leave(k);
        return true;
      }
      --e.rounds;
      main_.push_front(k);
      turn_hand();
    }
    return false;
  }

  // One leaves small; or main, for one from small that was used.
  bool evict_from_small() {
    while (!small_.empty()) {
      const key k = next(small_);
      if (k == no_key) continue;
      const bool used = visit(k) != 0;
      slide(used);
      if (!used || visits_left_ == 0) {
        ghosts_.add(k, eighths_);
        leave(k);
        return true;
      }
      const bool room = main_room();
      entries_[k].in_main = room || evict_from_main(end_of_life());
      queue_of(k).push_front(k);
      if (entries_[k].in_main && !room) return true;
    }
    return false;
  }

  // Small has nobody who could leave, and in main the hand did not find one in time.
  bool evict_any() {
    while (!main_.empty()) {
      const key k = next(main_);
      if (k == no_key) continue;
      turn_hand();
      visit(k);
      leave(k);
      return true;
    }
    return false;
  }

  // Takes the oldest out; no_key when that is in use and stays out until it is not.
  key next(chain& queue) {
    ++looks_;
    if (visits_left_ > 0) --visits_left_;
    const key k = queue.pop_back();
    if (!entries_[k].pinned) return k;
    entries_[k].parked = true;
    ++parked_;
    return no_key;
  }

  void slide(bool used) {
    if (used) {
      small_target_ = std::min(small_target_ + 1, small_max_);
    } else if (++unused_ == shape_.unused_for_one_less) {
      unused_ = 0;
      small_target_ = std::max(small_target_ - 1, small_min_);
    }
  }

  // One lap is as many visits as main has entries.
  void turn_hand() {
    since_eighth_ += lapped_ghosts::eighths_in_lap;
    const std::size_t lap = std::max<std::size_t>(1, main_.size());
    for (; since_eighth_ >= lap; since_eighth_ -= lap) ++eighths_;
  }

  [[nodiscard]] std::uint64_t end_of_life() const { return eighths_ + shape_.ghost_life_eighths; }
  [[nodiscard]] bool main_room() const {
    return main_.size() + small_target_ + parked_ < capacity_;
  }
  [[nodiscard]] std::size_t share(double of) const {
    return std::max<std::size_t>(1, static_cast<std::size_t>(of * static_cast<double>(capacity_)));
  }
  chain& queue_of(key k) { return entries_[k].in_main ? main_ : small_; }

  const shape shape_;
  const std::size_t capacity_;
  const std::size_t small_min_;
  const std::size_t small_max_;
  std::size_t small_target_;
  unsigned unused_ = 0;
  unsigned visits_left_ = 0;  // of this miss
  std::size_t parked_ = 0;
  std::uint64_t looks_ = 0;
  std::uint64_t eighths_ = 0;     // of a lap that main's hand has gone
  std::size_t since_eighth_ = 0;  // visits since then, times eight
  std::vector<links> links_;
  std::vector<entry> entries_;
  chain small_{links_};
  chain main_{links_};
  lapped_ghosts ghosts_;
};

}  // namespace eviction
