// cached.hpp - the style of objects in a cache: they outlive their last external reference, until
// the cache evicts them.
//
// Use it for what a cache (cache.hpp) is to find again. It is kcref, made for that one structure:
// the cache owns one reference, a hit is one atomic addition, which counts the hit too, and so is
// the put. With locks and an idle list of your own, use kcref; if nothing finds the object again,
// kref.
//
//   struct texture : lastout::cached<texture> {
//     explicit texture(std::string of) : name(std::move(of)) {}
//     const std::string name;
//     std::size_t charge() const noexcept;   // optional; default: sizeof(texture)
//     void release() noexcept;               // optional; default: delete
//   };
//
//   place      references               the last put of a holder          leaves it by
//   outside    its holders'             dies                              insert
//   queued     the cache's and theirs   does nothing: idle, findable      a hand: dead, or parked
//   parked     its holders'             back to its queue, idle again     that put
//   leaving    its holders'             dies                              nothing: erased, replaced,
//                                                                         no room, or kill_on_put
//   dead       none                                                       nothing
//
// A hand (eviction) that meets an object in use takes the cache's reference off and the object out
// of its queue: so it meets it once for each use, and the put that ends the use finds itself the
// last one. Everything but the word, and the mark on its keeper, changes under the cache's lock.
//
// Edges: the word's. In which cache an object is, and who parked it there, the put that finds itself
// the last one learns from the mark on its keeper and under the cache's lock. Whoever changed that,
// and then the word, had the lock first: else this put would have come before that change of the
// word, and not be the last one. Where no cache is found, settle() has acquired (2 of the word).
//   (1) -> (2)  kill_on_put and insert both change standing_. When kill_on_put comes second it sees
//               the cache, whoever has changed standing_ last: a plain store would end the release
//               sequence, so those under the lock release too. When it comes first its bit is seen.
//   (3) -> (4)  a put that was on its way to the keeper of a cache, and has been overtaken, is done with
//               it before that cache refuses the object, and may go; and who comes to the keeper sees
//               it as it was made. (hold_keeper, be_kept_by)
//
// Source: Brown, LWN 336224, "The kcref style"; rules 27-33, 49. Record:
// docs/design/0017-cache.md.

#pragma once

#include <cstddef>
#include <cstdint>

#include <lastout/external.hpp>
#include <lastout/hit_count.hpp>
#include <lastout/in_slab.hpp>
#include <lastout/release.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

/// What an object asks of the cache that it is in.
template <class T>
class keeper {
 public:
  /// Decides what becomes of an object whose count has reached zero.
  /// Requires  hold_keeper(): this lets it go.
  /// Returns   false when somebody has a reference again: the caller leaves.
  virtual bool last_put(T& object) noexcept = 0;
  /// The object is not to be kept when it goes.
  /// Requires  hold_keeper(): this lets it go.
  virtual void doom(T& object) noexcept = 0;

 protected:
  constexpr keeper() noexcept = default;
  ~keeper() = default;
};

template <class T>
class cached : public in_slab<T> {
 public:
  using counted_root = T;

  cached(const cached&) = delete;
  cached& operator=(const cached&) = delete;

  /// True before birth and once the object has been evicted, or killed.
  [[nodiscard]] bool dead() const noexcept { return word_.dead(); }
  /// The external references at some moment during the call. For reports only: see rule 12.
  [[nodiscard]] std::uint32_t references() const noexcept {
    const std::uint32_t all = word_.references();
    const std::uint32_t own = place_now() == place::queued ? 1 : 0;
    return all > own ? all - own : 0;
  }

 protected:
  constexpr cached() noexcept = default;
  ~cached() {
    if (!word_.dead()) [[unlikely]]
      report(violation::destroyed_in_use, {type_name<T>(), this}, "destroy", word_.references());
  }

 private:
  friend struct reference_access;
  template <class>
  friend class slot_chain;
  template <class, class>
  friend class lap_fifo;
  template <class, class, auto, class, class, class>
  friend class cache;
  template <class, class>
  friend class cache_keeper;

  enum class place : std::uint8_t { outside, queued, parked, leaving };
  static constexpr std::uint64_t place_mask = 3;
  static constexpr std::uint64_t main_bit = 4;
  static constexpr unsigned reason_shift = 3;  // why it is leaving: 3 bits
  static constexpr std::uint64_t unwanted_bit = 1u << 6;
  static constexpr unsigned charge_shift = 8;

  void birth_reference() noexcept { word_.birth(1, who()); }
  void get_reference() const noexcept { word_.get(who()); }
  void get_references(std::uint32_t n) const noexcept { word_.get(n, who()); }
  bool get_reference_not_zero() const noexcept { return word_.get_not_zero(who()); }
  // A look-up that wanted another one.
  void unfind_reference() const noexcept {
    word_.take_hits(1);
    put_reference();
  }
  bool get_reference_unnoticed() const noexcept { return word_.get_not_zero_unnoticed(who()); }
  // A moment's answer, for a statistic: nobody has it but the cache and who has just got it.
  bool reference_was_idle() const noexcept {
    return place_now() == place::queued && references() == 1;
  }
  void put_reference() const noexcept {
    if (word_.put_to_zero(who())) [[unlikely]]
      last_put();
  }
  LASTOUT_OUT_OF_LINE void doom_reference() const noexcept {
    standing_.fetch_or(unwanted_bit, order::acquire);  // (2) pairs with (1)
    if (kept_by() == nullptr) return;
    if (keeper<T>* const in = hold_keeper()) {
      in->doom(*self());
    } else {
      let_keeper_go();
    }
  }

  LASTOUT_OUT_OF_LINE void last_put() const noexcept {
    for (;;) {
      if (keeper<T>* const in = hold_keeper()) {
        if (in->last_put(*self())) return;
      } else {
        const bool over = word_.settle(count_state::dead) != settled::not_ours;
        let_keeper_go();
        if (over) return run_release(*self());
      }
      if (word_.leave(who())) return;
    }
  }

  // relaxed: it is set before the object is in the cache's table; the table or the word orders it
  keeper<T>* kept_by() const noexcept { return keeper_in(keeper_.load(order::relaxed)); }

  // Returns  false when somebody else keeps it, or did.
  bool be_kept_by(keeper<T>& by) noexcept {
    const auto it = reinterpret_cast<std::uintptr_t>(&by);
    for (std::uintptr_t nobody = 0;; nobody = 0) {
      if (keeper_.compare_exchange_strong(nobody, it,
                                          order::release,  // (3) pairs with (4)
                                          order::relaxed))
        return true;
      if (nobody != held_bit) return false;
      relax();  // a put that was overtaken is about to learn of it
    }
  }

  // The keeper, or that there is none: neither changes before it is let go. So a cache that refuses the
  // object does not give it up and go, while somebody is on his way to it; and none takes an object
  // that is about to die without. Who has come to the keeper's lock lets it go under that.
  keeper<T>* hold_keeper() const noexcept {
    for (;;) {
      std::uintptr_t seen = keeper_.load(order::relaxed);
      if ((seen & held_bit) == 0 &&
          keeper_.compare_exchange_strong(seen, seen | held_bit,
                                          order::acquire,  // (4) pairs with (3)
                                          order::relaxed))
        return keeper_in(seen);
      relax();
    }
  }
  void let_keeper_go() const noexcept {
    // relaxed: only who holds it changes it
    keeper_.store(keeper_.load(order::relaxed) & ~held_bit, order::release);  // (3) pairs with (4)
  }
  static constexpr std::uintptr_t held_bit = 1;
  static keeper<T>* keeper_in(std::uintptr_t word) noexcept {
    return reinterpret_cast<keeper<T>*>(word & ~held_bit);
  }

  // relaxed, but for what kill_on_put may meet: the cache's lock orders it
  [[nodiscard]] place place_now() const noexcept {
    return static_cast<place>(standing_.load(order::relaxed) & place_mask);
  }
  [[nodiscard]] bool in_main() const noexcept {
    return (standing_.load(order::relaxed) & main_bit) != 0;
  }
  [[nodiscard]] std::uint64_t its_charge() const noexcept {
    return standing_.load(order::relaxed) >> charge_shift;
  }
  void stand(place now) noexcept {
    const std::uint64_t before = standing_.load(order::relaxed);
    standing_.store((before & ~place_mask) | static_cast<std::uint64_t>(now),
                    order::release);  // (1) pairs with (2)
  }
  void belong_to_main(bool now) noexcept {
    const std::uint64_t before = standing_.load(order::relaxed);
    standing_.store((before & ~main_bit) | (now ? main_bit : 0),
                    order::release);  // (1) pairs with (2)
  }
  [[nodiscard]] std::uint8_t reason() const noexcept {
    return static_cast<std::uint8_t>(standing_.load(order::relaxed) >> reason_shift & 7);
  }
  void note_reason(std::uint8_t why) noexcept {
    const std::uint64_t before = standing_.load(order::relaxed);
    standing_.store(before | std::uint64_t{why} << reason_shift, order::relaxed);
  }
  // A step, for another cache that has refused it may have written before.
  void set_charge(std::uint64_t charge) noexcept {
    constexpr std::uint64_t others = (std::uint64_t{1} << charge_shift) - 1;
    std::uint64_t before = standing_.load(order::relaxed);
    while (!standing_.compare_exchange_weak(before, (before & others) | charge << charge_shift,
                                            order::release,  // (1) pairs with (2): after keeper_
                                            order::relaxed)) {
    }
  }
  // kill_on_put came before the object had a place.
  [[nodiscard]] bool unwanted() const noexcept {
    return (standing_.load(order::relaxed) & unwanted_bit) != 0;
  }

  T* self() const noexcept { return const_cast<T*>(static_cast<const T*>(this)); }
  subject who() const noexcept { return {type_name<T>(), static_cast<const T*>(this)}; }

  mutable hit_count word_;
  mutable atomic<std::uintptr_t> keeper_{0};  // its address, and held_bit
  std::uint32_t older_ = 0;  // under the cache's lock: numbers of slots, neighbours in its queue
  std::uint32_t newer_ = 0;
  // Where it stands, in the lowest byte; its charge above. Changed under the cache's lock, or before
  // it is in the cache, but for unwanted_bit; looked at by statistics.
  mutable atomic<std::uint64_t> standing_{0};
};

}  // namespace LASTOUT_ABI
}  // namespace lastout
