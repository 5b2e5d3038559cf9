// lap_fifo.hpp - whom the cache evicts: a small queue for newcomers, a main queue, and ghosts that
// live for part of a lap.
//
//   queue    who is in it                            who leaves it
//   small    newcomers; 1 % to 20 % of the room      at its end: unused ones to the ghosts, used
//                                                    ones to main
//   main     who was used in small, or came back     at its end: who was not used since the hand's
//            while its ghost lived                   last visit; used ones go round, up to 3 times
//   ghosts   names of those who left small unused    pushed out by newer ones
//   parked   nobody: they are in no queue            the put that ends their use
//
// It learns of hits when a hand meets the entry, from the entry's word. Room and lengths of queues
// are sums of charges; laps and ghosts are counted in entries. Everything under the cache's lock.
//
// One entry or none is evicted for each one that enters, on average; 32 are met at most, and those
// in use once for each time that they are used: so an idle one is found in constant time, amortised,
// whatever is in use.
//
// Source: Yang and others, "S3-FIFO", SOSP 2023; Jiang and Zhang, "LIRS", SIGMETRICS 2002, for the
// lap. Record: docs/design/0013-eviction-policy.md.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <lastout/cached.hpp>
#include <lastout/key_hash.hpp>
#include <lastout/lapped_ghosts.hpp>
#include <lastout/slot_chain.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

/// How much charge a cache may hold.
struct cache_budget {
  std::uint64_t idle;    // in the queues: idle entries, and those in use that no hand has met
  std::uint64_t pinned;  // besides: in use, and met
  std::uint64_t all;     // both
};

/// HashOf: hash_bits(const T&), of the entry's key.
template <class T, class HashOf>
class lap_fifo {
 public:
  using chain = slot_chain<T>;

  explicit lap_fifo(cache_budget budget) noexcept { set_budget(budget); }

  /// The queues may not fit any more: settle().
  void set_budget(cache_budget budget) noexcept {
    budget_ = budget;
    small_min_ = room_most() / small_shares_most;
    small_max_ = room_most() / small_shares_least;
    small_target_ = std::clamp(small_target_, small_min_, small_max_);
  }

  /// The most that one entry can be, to be kept.
  [[nodiscard]] std::uint64_t room_most() const noexcept {
    return std::min(budget_.idle, budget_.all);
  }
  [[nodiscard]] std::uint64_t queued() const noexcept { return small_.charge() + main_.charge(); }
  [[nodiscard]] std::uint64_t parked() const noexcept { return parked_; }
  [[nodiscard]] std::size_t size() const noexcept { return small_.size() + main_.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return ghosts_.bytes(); }
  /// Hits of which the words of living entries know no more.
  [[nodiscard]] std::uint64_t hits() const noexcept { return hits_; }
  /// How many entries the hands have met.
  [[nodiscard]] std::uint64_t visits() const noexcept { return visits_; }
  [[nodiscard]] std::uint64_t small_target() const noexcept { return small_target_; }

  /// Makes room for a newcomer of that charge, who enters `at_any_rate` or only if there is room. Who is
  /// to be refused pushes nobody out, but whom the hands meet before they have met all who are in use.
  /// Returns   which queue it is for; nothing when there is no room.
  std::optional<bool> make_room(std::uint64_t charge, hash_bits hash, bool at_any_rate,
                                chain& evicted) noexcept {
    ghosts_.reserve(2 * (size() + 1));
    const std::optional<std::uint64_t> proven_until = ghosts_.take(hash, eighths_);
    visits_left_ = visits_max;
    bool for_main = proven_until.has_value() || (fits(charge) && main_room(charge));
    while (!fits(charge)) {
      if (!at_any_rate && filled_by_use(charge)) return {};
      if (!evict(for_main, charge, proven_until.value_or(end_of_life()), evicted)) return {};
    }
    if (parked_ > budget_.pinned) return {};
    return for_main;
  }

  /// Takes the entry in; its own reference, for the queue's, is the caller's to take.
  void enter(T& in, bool for_main) noexcept {
    in.stand(T::place::queued);
    in.belong_to_main(for_main);
    queue_of(in).push(in);
  }

  /// The same for one that there is no room for: parked, as if a hand had met it.
  void enter_parked(T& in) noexcept {
    in.belong_to_main(false);
    park(in);
  }
  /// A parked one is idle again, and its queue has a reference again.
  void come_back(T& in) noexcept {
    parked_ -= in.its_charge();
    in.stand(T::place::queued);
    queue_of(in).push(in);
  }
  /// Evicts until the queues fit, or all who are left are in use.
  void settle(chain& evicted) noexcept {
    while (!fits(0))
      if (!evict_one(evicted)) return;
  }

  /// Takes the entry out, wherever it is.
  /// Returns   true when its queue had a reference: that is the caller's now.
  bool leave(T& out) noexcept {
    const bool queued = out.place_now() == T::place::queued;
    if (queued) queue_of(out).remove(out);
    if (out.place_now() == T::place::parked) parked_ -= out.its_charge();
    out.stand(T::place::leaving);
    return queued;
  }

  /// Evicts one. Returns   false when all who are left are in use.
  bool evict_one(chain& evicted) noexcept {
    bool for_main = false;
    visits_left_ = visits_max;
    return evict(for_main, 0, end_of_life(), evicted);
  }

  /// Notes the hits of an entry that leaves.
  void note_hits_of(T& leaving) noexcept { forget_hits(leaving, 0); }

 private:
  static constexpr unsigned small_shares_most = 100;  // small is 1 % at least
  static constexpr unsigned small_shares_least = 5;   // and 20 % at most
  static constexpr unsigned unused_for_one_less = 8;
  static constexpr std::int64_t rounds_max = 3;
  static constexpr unsigned visits_max = 32;
  static constexpr unsigned eighths_in_lap = 8;

  [[nodiscard]] bool fits(std::uint64_t charge) const noexcept {
    const std::uint64_t now = queued() + charge;
    return now <= budget_.idle && now + parked_ <= budget_.all;
  }
  [[nodiscard]] bool filled_by_use(std::uint64_t charge) const noexcept {
    return parked_ > budget_.pinned || parked_ + charge > budget_.all;
  }
  [[nodiscard]] std::uint64_t room() const noexcept {
    return parked_ >= budget_.all ? 0 : std::min(budget_.idle, budget_.all - parked_);
  }
  [[nodiscard]] bool main_room(std::uint64_t charge) const noexcept {
    return main_.charge() + charge + small_target_ <= room();
  }
  [[nodiscard]] std::uint64_t end_of_life() const noexcept {
    return eighths_ + lapped_ghosts::age_max;
  }
  chain& queue_of(const T& of) noexcept { return of.in_main() ? main_ : small_; }

  // One leaves. A newcomer for main is for small instead when main's hand found all in use lately.
  // Returns   false when all are in use.
  bool evict(bool& for_main, std::uint64_t charge, std::uint64_t until, chain& evicted) noexcept {
    const std::uint64_t small = small_.charge() + (for_main ? 0 : charge);
    if (small <= std::max(small_target_, charge)) {
      if (evict_from_main(until, evicted)) return true;
      for_main = false;
    }
    return evict_from_small(evicted) || evict_any(evicted);
  }

  // One leaves main, if the hand finds one in time.
  bool evict_from_main(std::uint64_t until, chain& evicted) noexcept {
    while (!main_.empty() && visits_left_ > 0 && eighths_ <= until) {
      T* const met = next(main_);
      if (met == nullptr) continue;
      const std::int64_t rounds = std::min(met->word_.hits(), rounds_max);
      turn_hand();
      if (rounds <= 0) {
        if (end(*met, evicted)) return true;
        continue;
      }
      forget_hits(*met, rounds - 1);
      main_.push(*met);
    }
    return false;
  }

  // One leaves small; or main, for one from small that was used.
  bool evict_from_small(chain& evicted) noexcept {
    while (!small_.empty()) {
      T* const met = next(small_);
      if (met == nullptr) continue;
      const bool used = met->word_.hits() > 0;
      slide(used, met->its_charge());
      if (!used || visits_left_ == 0) {
        if (!end(*met, evicted)) continue;
        ghosts_.add(HashOf{}(*met), eighths_);  // not before: a holder may rename it
        return true;
      }
      forget_hits(*met, 0);
      const bool room = main_room(met->its_charge());
      const bool made_room = !room && evict_from_main(end_of_life(), evicted);
      met->belong_to_main(room || made_room);
      queue_of(*met).push(*met);
      if (made_room) return true;
    }
    return false;
  }

  // Small has nobody who could leave, and in main the hand did not find one in time.
  bool evict_any(chain& evicted) noexcept {
    while (!main_.empty()) {
      T* const met = next(main_);
      if (met == nullptr) continue;
      turn_hand();
      if (end(*met, evicted)) return true;
    }
    return false;
  }

  // Takes the oldest out; nullptr when that is in use: it is parked.
  T* next(chain& queue) noexcept {
    ++visits_;
    if (visits_left_ > 0) --visits_left_;
    T* const met = queue.pop();
    if (!met->word_.put_not_last()) return met;
    park(*met);
    return nullptr;
  }
  void park(T& in_use) noexcept {
    in_use.stand(T::place::parked);
    parked_ += in_use.its_charge();
  }

  // Ends the life of an entry that is in no queue, unless somebody has come for it.
  bool end(T& unused, chain& evicted) noexcept {
    while (!unused.word_.bury_sole(1)) {
      if (unused.word_.put_not_last()) {
        park(unused);
        return false;
      }
      relax();  // and has gone again, or is a last put that was overtaken and has not said so yet
    }
    note_hits_of(unused);
    unused.stand(T::place::leaving);
    evicted.push(unused);
    return true;
  }

  void forget_hits(T& met, std::int64_t left) noexcept {
    const std::int64_t fewer = met.word_.hits() - left;
    if (fewer == 0) return;
    met.word_.take_hits(fewer);
    hits_ += static_cast<std::uint64_t>(fewer);
  }

  void slide(bool used, std::uint64_t charge) noexcept {
    if (used) {
      small_target_ = std::min(small_target_ + charge, small_max_);
      return;
    }
    unused_ += charge;
    const std::uint64_t less = unused_ / unused_for_one_less;
    unused_ %= unused_for_one_less;
    small_target_ = small_target_ > small_min_ + less ? small_target_ - less : small_min_;
  }

  // One lap is as many visits as main has entries.
  void turn_hand() noexcept {
    since_eighth_ += eighths_in_lap;
    const std::size_t lap = std::max<std::size_t>(1, main_.size());
    for (; since_eighth_ >= lap; since_eighth_ -= lap) ++eighths_;
  }

  cache_budget budget_{};
  std::uint64_t small_min_ = 0;
  std::uint64_t small_max_ = 0;
  std::uint64_t small_target_ = 0;
  std::uint64_t unused_ = 0;  // charges, since small_target_ was made less
  std::uint64_t parked_ = 0;  // charges
  unsigned visits_left_ = 0;  // of this newcomer's
  std::uint64_t visits_ = 0;
  std::uint64_t hits_ = 0;
  std::uint64_t eighths_ = 0;     // of a lap that main's hand has gone
  std::size_t since_eighth_ = 0;  // visits since then, times eight
  chain small_;
  chain main_;
  lapped_ghosts ghosts_;
};

}  // namespace LASTOUT_ABI
}  // namespace lastout
