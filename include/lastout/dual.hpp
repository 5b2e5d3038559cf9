// dual.hpp - two counts in one word: "is in use as what it is", and "may not be freed yet".
//
// Use dual when an object stops being what it is before its memory can go: a superblock that is
// unmounted while a list walker still looks at it. If the two moments are one, use kref.
//
//   state      active   passive   leaves it by
//   open       n >= 1   n >= 1    close; the last active put
//   closed     n >= 1   n >= 1    the last active put
//   inactive   none     n >= 1    the last passive put: deactivate() has run
//   dead       none     none      nothing: release() runs
//   leaked     too many, or misused: nothing. Told once, closed, never freed
//
// active<T> means "in use"; it only moves, and share() makes another one, unless the object is
// closed: after close() has returned no new active reference is ever made. passive<T> means "may
// not be freed". All active references together hold one passive one. Each put is one RMW, except
// the last active one. An active reference is made from a passive or an internal one by
// compare-exchange: zero active is for ever.
//
// Hooks of T, noexcept: `void deactivate()` (optional), run once by the last active put; `void
// release()`, default delete, run once by the last passive put.
//
//   word   63 closed | 62 inactive | 61..32 active | 31..0 passive
//
// Edges:
//   (1) -> (2)  put of an active -> deactivate: what any user wrote is visible to deactivate.
//   (3) -> (4)  put of a passive -> release: what any holder wrote is visible to release.
//   (5) -> (6)  deactivate -> drain: what deactivate did is visible to who drained.
//   (7) -> (8)  birth -> get_active, get_passive from an internal reference: the fields are the
//               object's.
//
// Source: Brown, LWN 336224, s_active and s_count, exercise 1; Linux percpu_ref for close and
// drain; rules 38-43.
// Record: docs/design/0008-dual-in-one-word.md.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <new>
#include <thread>
#include <type_traits>
#include <utility>

#include <lastout/atomic.hpp>
#include <lastout/counted.hpp>
#include <lastout/holders.hpp>
#include <lastout/holding.hpp>
#include <lastout/release.hpp>
#include <lastout/not_empty.hpp>
#include <lastout/type_name.hpp>
#include <lastout/violation.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

template <class T, bool InLedger = in_ledger<T>>
class active;
template <class T, bool InLedger = in_ledger<T>>
class passive;

/// A holder that gives no name.
inline constexpr char unnamed[] = "unnamed";

/// What a drain came to.
struct drained {
  bool complete;          // no active reference is left and deactivate() has returned
  std::uint32_t holding;  // else: the active references that were left at the deadline
};

/// Adds two counts to T (8 bytes; with Holders that name, a list besides).
/// Holders: named_holders tells who holds each active reference, at the price of a lock and an
/// allocation for each; unnamed_holders (the default of an unchecked build) only counts.
template <class T, class Holders = default_holders>
class dual {
 public:
  using handle_type = active<T>;  // what internal<T>::get_not_zero returns
  using holders_type = Holders;

  dual(const dual&) = delete;
  dual& operator=(const dual&) = delete;

  /// Stops new active references: once this has returned, none is ever made. Idempotent.
  /// Order     relaxed: it orders nothing but the word, which has one order.
  void close() noexcept { word_.fetch_or(closed_bit, order::relaxed); }

  /// Waits until the last active reference is put and deactivate() has returned.
  /// Requires  a passive reference, and no active one, of the caller's. close() first, or it may
  ///           never end.
  /// Returns   at once when it is so; at the deadline, how many are held, and for_each_holder()
  ///           says by whom.
  /// Order     (6) acquire.
  /// Cost      looks again after waits that double from 10 us to 1 ms.
  drained drain(std::chrono::steady_clock::time_point deadline) noexcept {
    std::chrono::nanoseconds nap = std::chrono::microseconds(10);
    return drain(deadline, [&nap]() noexcept {
      std::this_thread::sleep_for(nap);
      nap = std::min<std::chrono::nanoseconds>(2 * nap, std::chrono::milliseconds(1));
    });
  }
  /// The same, with `wait()`, which throws nothing, called after each look in vain.
  template <class Wait>
  drained drain(std::chrono::steady_clock::time_point deadline, Wait wait) noexcept {
    for (;;) {
      const std::uint64_t seen = word_.load(order::acquire);  // (6) pairs with (5)
      if ((seen & inactive_bit) != 0) return {true, 0};
      if (std::chrono::steady_clock::now() >= deadline) return {false, active_of(seen)};
      wait();
    }
  }

  /// Calls visit(const holder&) for each active reference, if Holders names them; under the
  /// holders' lock, so visit neither takes nor puts one of this object.
  template <class Visit>
  void for_each_holder(Visit visit) const {
    holders_.for_each(visit);
  }

  [[nodiscard]] bool closed() const noexcept { return (look() & closed_bit) != 0; }
  [[nodiscard]] bool inactive() const noexcept { return (look() & inactive_bit) != 0; }
  /// Active references at some moment during the call. For reports only: see rule 12.
  [[nodiscard]] std::uint32_t active_references() const noexcept { return active_of(look()); }
  /// Passive references, the one of all the active ones included. For reports only.
  [[nodiscard]] std::uint32_t passive_references() const noexcept { return passive_of(look()); }

 protected:
  constexpr dual() noexcept = default;
  ~dual() {
    const std::uint64_t left = look();
    if (active_of(left) != 0 || passive_of(left) != 0) [[unlikely]]
      tell(violation::destroyed_in_use, this, "destroy", left);
  }

 private:
  template <class, bool>
  friend class lastout::active;
  template <class, bool>
  friend class lastout::passive;
  friend struct reference_access;

  static constexpr std::uint64_t one_passive = 1;
  static constexpr std::uint64_t one_active = 1ull << 32;
  static constexpr std::uint64_t active_mask = ((1ull << 30) - 1) << 32;
  static constexpr std::uint64_t inactive_bit = 1ull << 62;
  static constexpr std::uint64_t closed_bit = 1ull << 63;
  // Counts beyond these are leaked: far enough below what the fields hold that no race gets past.
  static constexpr std::uint32_t active_max = 1u << 29;
  static constexpr std::uint32_t passive_max = 1u << 30;
  // What leaked counts are set to: neither gets nor puts bring them to an end.
  static constexpr std::uint64_t leaked_active = (3ull << 28) << 32;
  static constexpr std::uint64_t leaked_passive = 3ull << 30;

  static constexpr std::uint32_t active_of(std::uint64_t w) noexcept {
    return static_cast<std::uint32_t>((w & active_mask) >> 32);
  }
  static constexpr std::uint32_t passive_of(std::uint64_t w) noexcept {
    return static_cast<std::uint32_t>(w);
  }

  // relaxed: for reports and retries
  std::uint64_t look() const noexcept { return word_.load(order::relaxed); }

  void birth_reference() noexcept {
    const std::uint64_t seen = look();
    if (active_of(seen) != 0 || passive_of(seen) != 0) [[unlikely]]
      return tell(violation::birth_of_a_live, self(), "birth", seen);
    word_.store(one_active + one_passive, order::release);  // (7) pairs with (8)
  }

  // From an active reference.
  bool share_active() noexcept {
    const std::uint64_t seen =
        word_.fetch_add(one_active, order::relaxed);  // relaxed: the caller has one
    if ((seen & closed_bit) != 0) [[unlikely]] {
      word_.fetch_sub(one_active,
                      order::relaxed);  // relaxed: the caller's own keeps this from being the last
      return false;
    }
    if (active_of(seen) - 1 >= active_max) [[unlikely]]
      misused(active_of(seen) == 0 ? violation::get_at_zero : violation::get_overflow, "share",
              seen);
    return true;
  }

  // From a passive or an internal reference.
  bool get_reference_not_zero() noexcept {
    std::uint64_t seen = look();
    for (;;) {
      if ((seen & closed_bit) != 0 || active_of(seen) == 0) return false;
      if (active_of(seen) > active_max) [[unlikely]] {
        misused(violation::get_overflow, "get_active", seen);
        return false;  // leaked, and closed with it
      }
      // (8) pairs with (7)
      if (word_.compare_exchange_weak(seen, seen + one_active, order::acquire, order::relaxed))
        return true;
    }
  }

  void put_active() noexcept {
    const std::uint64_t seen = word_.fetch_sub(one_active, order::release);  // (1) pairs with (2)
    if (active_of(seen) - 2 >= active_max) [[unlikely]]
      last_active(seen);
  }

  LASTOUT_COLD void last_active(std::uint64_t seen) noexcept {
    if (active_of(seen) == 0)
      return misused(violation::put_at_zero, "put of an active reference", seen);
    if (active_of(seen) != 1) return;  // leaked: too many to count
    (void)word_.load(order::acquire);  // (2) pairs with (1)
    reference_access::deactivate(*self());
    word_.fetch_or(inactive_bit, order::release);  // (5) pairs with (6)
    put_passive();
  }

  void get_passive() noexcept {
    const std::uint64_t seen =
        word_.fetch_add(one_passive, order::relaxed);  // relaxed: the caller has a reference
    if (passive_of(seen) - 1 >= passive_max) [[unlikely]]
      misused(passive_of(seen) == 0 ? violation::get_at_zero : violation::get_overflow,
              "get of a passive reference", seen);
  }

  bool get_passive_not_zero() noexcept {
    std::uint64_t seen = look();
    for (;;) {
      if (passive_of(seen) == 0) return false;
      // (8) pairs with (7)
      if (word_.compare_exchange_weak(seen, seen + one_passive, order::acquire, order::relaxed)) {
        if (passive_of(seen) > passive_max) [[unlikely]]
          misused(violation::get_overflow, "get of a passive reference", seen);
        return true;
      }
    }
  }

  void put_passive() noexcept {
    const std::uint64_t seen = word_.fetch_sub(one_passive, order::release);  // (3) pairs with (4)
    if (passive_of(seen) - 2 >= passive_max) [[unlikely]]
      last_passive(seen);
  }

  LASTOUT_COLD void last_passive(std::uint64_t seen) noexcept {
    if (passive_of(seen) == 0)
      return misused(violation::put_at_zero, "put of a passive reference", seen);
    if (passive_of(seen) != 1) return;  // leaked: too many to count
    (void)word_.load(order::acquire);   // (4) pairs with (3)
    run_release(*self());
  }

  // Leaks the object: its counts stand where no put reaches zero. What was over stays over, also
  // when a put too many has just borrowed the bit that says so: `seen` is from before it.
  LASTOUT_COLD void misused(violation what, const char* operation, std::uint64_t seen) noexcept {
    std::uint64_t before = look();
    std::uint64_t after = 0;
    do {
      const bool over = ((before | seen) & inactive_bit) != 0;
      after = closed_bit | leaked_passive | (over ? inactive_bit : leaked_active);
    } while (!word_.compare_exchange_weak(before, after, order::relaxed, order::relaxed));
    // An overflow is told by who leaks the object, other misuse each time.
    if (what == violation::get_overflow && passive_of(before) > leaked_passive / 2) return;
    tell(what, self(), operation, seen);
  }

  LASTOUT_COLD static void tell(violation what, const void* object, const char* operation,
                                std::uint64_t seen) noexcept {
    const char* const state = (seen & inactive_bit) != 0 ? "inactive"
                              : (seen & closed_bit) != 0 ? "closed"
                                                         : "open";
    report(what, {type_name<T>(), object}, operation, active_of(seen), state);
  }

  T* self() noexcept { return static_cast<T*>(this); }

  atomic<std::uint64_t> word_{0};
  [[no_unique_address]] Holders holders_;
};

/// Means "in use". Moves; share() makes another.
template <class T, bool InLedger>
class active {
 public:
  constexpr active() noexcept = default;
  active(active&& other) noexcept
      : object_(std::exchange(other.object_, nullptr)),
        entry_(std::move(other.entry_)),
        holding_(std::move(other.holding_)) {}
  active& operator=(active&& other) noexcept {
    active taken = std::move(other);
    std::swap(object_, taken.object_);
    std::swap(entry_, taken.entry_);
    swap(holding_, taken.holding_);
    return *this;
  }
  ~active() {
    if (object_ == nullptr || !holding_.end(*object_)) return;
    object_->holders_.remove(entry_);
    reference_access::tell(*object_, event::put);
    object_->put_active();
  }

  /// Another active reference, held by `holder` (static text, for reports).
  /// Returns   empty once the object is closed.
  [[nodiscard]] active share(const char* holder = unnamed) const noexcept {
    if (!not_empty(object_)->share_active()) return {};
    reference_access::tell(*object_, event::got);
    return active(*object_, holder);
  }
  /// A reference that outlasts the use.
  [[nodiscard]] passive<T> get_passive() const noexcept;

  /// Takes over a reference that is counted already.
  /// Returns   empty when the ledger knows that the object has been released.
  [[nodiscard]] static active adopt(T* counted_already, const char* holder = unnamed) noexcept {
    active taken;
    if (counted_already == nullptr || !taken.holding_.adopt(*counted_already)) return taken;
    taken.entry_ = counted_already->holders_.add(holder);
    taken.object_ = counted_already;
    return taken;
  }
  /// Gives the reference back now; the handle is empty before the object is put.
  void put() noexcept { active gone = std::move(*this); }

  [[nodiscard]] T& operator*() const noexcept { return *not_empty(object_); }
  [[nodiscard]] T* operator->() const noexcept { return not_empty(object_); }
  [[nodiscard]] T* address() const noexcept { return object_; }
  [[nodiscard]] explicit operator bool() const noexcept { return object_ != nullptr; }

 private:
  friend struct reference_access;
  template <class, bool>
  friend class passive;

  explicit active(T& counted_now, const char* holder = unnamed) noexcept
      : object_(&counted_now), entry_(counted_now.holders_.add(holder)) {
    holding_.begin(counted_now);
    if (holder != unnamed) holding_.set_tag(holder);
  }

  T* object_ = nullptr;
  [[no_unique_address]] typename T::holders_type::entry entry_{};
  [[no_unique_address]] holding<InLedger, ledger::kind::active> holding_;
};

/// Means "may not be freed". Copies.
template <class T, bool InLedger>
class passive {
 public:
  constexpr passive() noexcept = default;
  passive(const passive& other) noexcept : object_(other.object_) {
    if (object_ == nullptr) return;
    object_->get_passive();
    holding_.begin_another(*object_);
  }
  passive(passive&& other) noexcept
      : object_(std::exchange(other.object_, nullptr)), holding_(std::move(other.holding_)) {}
  // NOLINTNEXTLINE(bugprone-unhandled-self-assignment): copies before it changes anything
  passive& operator=(const passive& other) noexcept {
    passive taken = other;
    std::swap(object_, taken.object_);
    swap(holding_, taken.holding_);
    return *this;
  }
  passive& operator=(passive&& other) noexcept {
    passive taken = std::move(other);
    std::swap(object_, taken.object_);
    swap(holding_, taken.holding_);
    return *this;
  }
  ~passive() {
    if (object_ != nullptr && holding_.end(*object_)) object_->put_passive();
  }

  /// Requires  a reference of either kind, borrowed.
  [[nodiscard]] static passive get(T& borrowed) noexcept {
    borrowed.get_passive();
    return passive(borrowed);
  }
  /// From an internal reference.
  /// Requires  memory that stays during the call.
  /// Returns   empty when dead.
  [[nodiscard]] static passive get_not_zero(T& object) noexcept {
    return object.get_passive_not_zero() ? passive(object) : passive();
  }
  /// An active reference, held by `holder`.
  /// Returns   empty once closed or inactive.
  [[nodiscard]] active<T> get_active(const char* holder = unnamed) const noexcept {
    return reference_access::get_not_zero(*not_empty(object_)) ? active<T>(*object_, holder)
                                                               : active<T>();
  }
  void put() noexcept { passive gone = std::move(*this); }

  [[nodiscard]] T& operator*() const noexcept { return *not_empty(object_); }
  [[nodiscard]] T* operator->() const noexcept { return not_empty(object_); }
  [[nodiscard]] T* address() const noexcept { return object_; }
  [[nodiscard]] explicit operator bool() const noexcept { return object_ != nullptr; }

 private:
  explicit passive(T& counted_now) noexcept : object_(&counted_now) { holding_.begin(counted_now); }
  friend class active<T>;

  T* object_ = nullptr;
  [[no_unique_address]] holding<InLedger, ledger::kind::passive> holding_;
};

template <class T, bool InLedger>
passive<T> active<T, InLedger>::get_passive() const noexcept {
  return passive<T>::get(*not_empty(object_));
}

/// Makes an object and its first active reference.
/// Returns   the reference; empty when there is no memory.
template <class T, class... Argument>
[[nodiscard]] active<T> make_active(Argument&&... argument) {
  T* const born = new (std::nothrow) T(std::forward<Argument>(argument)...);
  if (born == nullptr) return {};
  reference_access::birth(*born);
  return reference_access::hand_out<active<T>>(*born, "maker");
}

}  // namespace LASTOUT_ABI
}  // namespace lastout
