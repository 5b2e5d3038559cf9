// eviction_model.hpp - the cache's policy once more, after the words of lap_fifo.hpp: queues that
// are deques, use that is a number, nothing in the bits of a word. One thread only.
//
// Its ghosts are the library's: ghosts_test.cpp asks about them.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include <lastout/cache_statistics.hpp>
#include <lastout/key_hash.hpp>
#include <lastout/lap_fifo.hpp>
#include <lastout/lapped_ghosts.hpp>

class eviction_model {
 public:
  using name = std::uint64_t;

  eviction_model(lastout::cache_budget budget, bool refuses) : refuses_(refuses) { resize(budget); }

  /// What on_evict has heard since it was asked last: "7:capacity 8:erased".
  std::string left() { return std::exchange(left_, {}); }
  [[nodiscard]] const lastout::cache_statistics& counted() const { return counted_; }
  [[nodiscard]] bool has(name n) const { return known_.contains(n); }
  [[nodiscard]] bool in_use(name n) const { return has(n) && known_.at(n).handles != 0; }

  /// Look-up: a hit is a handle more.
  bool get(name n) {
    if (!has(n)) return false;
    ++known_.at(n).handles;
    ++known_.at(n).hits;
    ++counted_.hits;
    return true;
  }
  /// Requires  it is not there. Returns   false when it is refused; else the caller has a handle.
  bool insert(name n, std::uint64_t charge) {
    entry& made = known_[n] = {.charge = charge, .handles = 1};
    if (charge > room_most()) {
      depart(made, lastout::eviction::capacity);
    } else if (const std::optional<bool> for_main = make_room(n, charge)) {
      made.main = *for_main;
      enter(n);
    } else if (!refuses_) {
      park(made);
    } else {
      known_.erase(n);
      ++counted_.refusals;
      tell_who_left();
      return false;
    }
    ++counted_.inserts;
    tell_who_left();
    return true;
  }
  /// A handle less. Requires  there is one.
  void put(name n) {
    entry& e = known_.at(n);
    if (--e.handles != 0 || e.at == place::queued) return;
    if (e.at == place::parked) {
      parked_ -= e.charge;
      enter(n);
      settle();
    } else {
      gone_.push_back({n, *e.why});
    }
    tell_who_left();
  }
  /// It is not to be kept: it leaves now, or with its last handle.
  void depart(name n, lastout::eviction why) {
    entry& e = known_.at(n);
    depart(e, why);
    if (e.handles == 0) gone_.push_back({n, why});
    tell_who_left();
  }
  void set_budget(lastout::cache_budget budget) {
    resize(budget);
    settle();
    tell_who_left();
  }
  std::uint64_t shrink(std::uint64_t charge) {
    std::uint64_t freed = 0;
    while (freed < charge) {
      const std::size_t before = gone_.size();
      if (!evict_one(lastout::eviction::shrunk)) break;
      for (std::size_t i = before; i < gone_.size(); ++i) freed += known_.at(gone_[i].who).charge;
    }
    tell_who_left();
    return freed;
  }
  /// One that is chosen leaves at once, if it is idle, whosever turn it is.
  bool evict(name n) {
    entry& e = known_.at(n);
    if (e.handles != 0 || e.at != place::queued) return false;
    depart(n, lastout::eviction::shrunk);
    return true;
  }

  void count_what_is_there() {
    counted_.idle_entries = counted_.idle_charge = 0;
    counted_.pinned_entries = counted_.pinned_charge = 0;
    for (const auto& [n, e] : known_) {
      ++(e.handles != 0 ? counted_.pinned_entries : counted_.idle_entries);
      (e.handles != 0 ? counted_.pinned_charge : counted_.idle_charge) += e.charge;
    }
  }

 private:
  enum class place : std::uint8_t { queued, parked, leaving };
  struct entry {
    std::uint64_t charge = 0;
    std::uint64_t handles = 0;
    std::uint64_t hits = 0;  // since a hand came by
    bool main = false;
    place at = place::leaving;
    std::optional<lastout::eviction> why = {};
  };
  struct gone {
    name who;
    lastout::eviction why;
  };
  using queue = std::deque<name>;  // the newest at the end

  static lastout::hash_bits hash_of(name n) {
    return lastout::hash_bits(lastout::key_hash<name>{}(n));
  }
  queue& queue_of(const entry& e) { return e.main ? main_ : small_; }
  [[nodiscard]] std::uint64_t charge_of(const queue& of) const {
    std::uint64_t sum = 0;
    for (const name n : of) sum += known_.at(n).charge;
    return sum;
  }

  // Room. Small has a hundredth of it at least, a fifth at most.
  void resize(lastout::cache_budget budget) {
    budget_ = budget;
    target_ = std::clamp(target_, room_most() / 100, room_most() / 5);
  }
  [[nodiscard]] std::uint64_t room_most() const { return std::min(budget_.idle, budget_.all); }
  [[nodiscard]] bool fits(std::uint64_t charge) const {
    const std::uint64_t sum = charge_of(small_) + charge_of(main_) + charge;
    return sum <= budget_.idle && sum + parked_ <= budget_.all;
  }
  [[nodiscard]] bool filled_by_use(std::uint64_t charge) const {
    return parked_ > budget_.pinned || parked_ + charge > budget_.all;
  }
  [[nodiscard]] bool fits_into_main(std::uint64_t charge) const {
    const std::uint64_t left = budget_.all - std::min(parked_, budget_.all);
    return charge_of(main_) + charge + target_ <= std::min(budget_.idle, left);
  }

  // Returns  whether it is for main; nothing when all are in use.
  std::optional<bool> make_room(name n, std::uint64_t charge) {
    ghosts_.reserve(2 * (small_.size() + main_.size() + 1));
    const std::optional<std::uint64_t> lives = ghosts_.take(hash_of(n), eighths_);
    bool for_main = lives || (fits(charge) && fits_into_main(charge));
    looks_left_ = 32;
    while (!fits(charge)) {
      if (refuses_ && filled_by_use(charge)) return {};
      if (!evict(for_main, charge, lives.value_or(eighths_ + 2), lastout::eviction::capacity))
        return {};
    }
    if (parked_ > budget_.pinned) return {};
    return for_main;
  }
  void settle() {
    while (!fits(0))
      if (!evict_one(lastout::eviction::capacity)) return;
  }
  bool evict_one(lastout::eviction why) {
    looks_left_ = 32;
    bool for_main = false;
    return evict(for_main, 0, eighths_ + 2, why);
  }
  bool evict(bool& for_main, std::uint64_t charge, std::uint64_t until, lastout::eviction why) {
    const std::uint64_t small = charge_of(small_) + (for_main ? 0 : charge);
    if (small <= std::max(target_, charge)) {
      if (evict_from_main(until, why)) return true;
      for_main = false;
    }
    return evict_from_small(why) || evict_any(why);
  }

  bool evict_from_main(std::uint64_t until, lastout::eviction why) {
    while (!main_.empty() && looks_left_ != 0 && eighths_ <= until) {
      const std::optional<name> met = next(main_);
      if (!met) continue;
      turn_hand();
      entry& e = known_.at(*met);
      if (e.hits == 0) return leave(*met, why);
      e.hits = std::min<std::uint64_t>(e.hits, 3) - 1;
      main_.push_back(*met);
    }
    return false;
  }
  bool evict_from_small(lastout::eviction why) {
    while (!small_.empty()) {
      const std::optional<name> met = next(small_);
      if (!met) continue;
      entry& e = known_.at(*met);
      slide(e.hits != 0, e.charge);
      if (e.hits == 0 || looks_left_ == 0) {
        ghosts_.add(hash_of(*met), eighths_);
        return leave(*met, why);
      }
      e.hits = 0;
      const bool room = fits_into_main(e.charge);
      const bool made = !room && evict_from_main(eighths_ + 2, why);
      e.main = room || made;
      queue_of(e).push_back(*met);
      if (made) return true;
    }
    return false;
  }
  bool evict_any(lastout::eviction why) {
    while (!main_.empty()) {
      const std::optional<name> met = next(main_);
      if (!met) continue;
      turn_hand();
      return leave(*met, why);
    }
    return false;
  }

  // The oldest, out of its queue; nothing when it is in use: it is parked.
  std::optional<name> next(queue& of) {
    ++counted_.visits;
    if (looks_left_ != 0) --looks_left_;
    const name met = of.front();
    of.pop_front();
    entry& e = known_.at(met);
    if (e.handles == 0) return met;
    park(e);
    return {};
  }
  void park(entry& in_use) {
    in_use.at = place::parked;
    parked_ += in_use.charge;
  }
  void enter(name n) {
    entry& e = known_.at(n);
    e.at = place::queued;
    queue_of(e).push_back(n);
  }
  void take_out(name n) { std::erase(queue_of(known_.at(n)), n); }
  bool leave(name n, lastout::eviction why) {
    gone_.push_back({n, why});
    ++counted_.evictions[static_cast<std::size_t>(why)];
    return true;
  }
  void depart(entry& e, lastout::eviction why) {
    if (e.why) return;
    for (const auto& [n, each] : known_)
      if (&each == &e && e.at == place::queued) take_out(n);
    if (e.at == place::parked) parked_ -= e.charge;
    e.at = place::leaving;
    e.why = why;
    ++counted_.evictions[static_cast<std::size_t>(why)];
  }
  void tell_who_left() {
    for (const auto& [who, why] : gone_) {
      left_ += std::to_string(who) + ":" + lastout::name(why) + " ";
      known_.erase(who);
    }
    gone_.clear();
  }

  // One used makes small larger by its charge, eight unused smaller by one's.
  void slide(bool used, std::uint64_t charge) {
    if (used) {
      target_ = std::min(target_ + charge, room_most() / 5);
      return;
    }
    unused_ += charge;
    for (; unused_ >= 8; unused_ -= 8)
      if (target_ > room_most() / 100) --target_;
  }
  // A lap of main's hand is as many looks as main has entries; it is told in eighths.
  void turn_hand() {
    since_ += 8;
    const std::size_t lap = std::max<std::size_t>(1, main_.size());
    for (; since_ >= lap; since_ -= lap) ++eighths_;
  }

  const bool refuses_;
  lastout::cache_budget budget_{};
  std::map<name, entry> known_;
  queue small_, main_;
  std::deque<gone> gone_;
  lastout::lapped_ghosts ghosts_;
  std::uint64_t target_ = 0;  // of small
  std::uint64_t parked_ = 0;
  std::uint64_t unused_ = 0;
  std::uint64_t eighths_ = 0;
  std::size_t since_ = 0;
  unsigned looks_left_ = 0;
  lastout::cache_statistics counted_;
  std::string left_;
};
