// refcount.hpp - one counted word, shared by threads: state and count, changed and tested by one
// RMW.
//
// Use a style (kref, kcref, plain, dual) unless you are writing one: refcount knows nothing of the
// object that it counts for. On a target without atomic addition use locked_word; for objects that
// never leave their thread use local_word. All three have this interface.
//
// The states and the numbers: count_state.hpp. What each operation does: count_step.hpp.
//
// get, get_not_zero and put are one unconditional atomic addition and one branch that is not taken.
// Whatever is rare, the last put included, makes the word negative and goes to a cold function.
//
// Edges:
//   (1) -> (2)  put -> settle: what any holder wrote is visible to release.
//   (1) -> (5)  put -> freeze: what earlier holders wrote is visible to the sole owner.
//   (1) -> (4)  put -> get_not_zero, resurrect: what the last holder wrote is visible to the next
//               one.
//   (3) -> (4)  birth -> get_not_zero: who gets a reference sees the new object's fields, on reused
//               memory too.
//   (6) -> (4)  unfreeze -> get_not_zero: what the sole owner changed is visible to the next
//               holder.
//   (7) -> (2)  leave -> settle: an overtaken put is done with the object before it is freed.
//
// Source: Gleixner's rcuref for add-then-look, Linux's page_ref_freeze for freeze, rules 1-15, 31,
// 40, 55-59.
// Record: docs/design/0001-counted-word.md, 0002-stalled-releaser.md, 0003-acquire-not-fence.md.

#pragma once

#include <cstdint>

#include <lastout/atomic.hpp>
#include <lastout/count_step.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

class hit_count;

/// Cell: 32 bits with the interface of atomic<std::uint32_t>. One that also counts how often the
/// object was found has fetch_add_found(order), for get_not_zero: hit_cell.hpp.
template <class Cell>
class basic_refcount {
 public:
  /// A word that is not born: dead until birth().
  constexpr basic_refcount() noexcept = default;
  /// A word with n references. Requires  nobody else sees it yet; 1 <= n <= count_max.
  constexpr explicit basic_refcount(std::uint32_t n) noexcept : word_(word::live(n)) {}
  basic_refcount(const basic_refcount&) = delete;
  basic_refcount& operator=(const basic_refcount&) = delete;

  /// Gives the word its first n references, once everything else of the object is initialised.
  /// Requires  the word is dead. 1 <= n <= count_max.
  /// Order     (3) release.
  /// Fails     violation::birth_of_a_live, and does nothing.
  void birth(std::uint32_t n = 1, subject who = {}) noexcept {
    const std::uint32_t seen =
        word_.load(order::relaxed);  // only the owner of a dead word calls this
    if (word::state(seen) != count_state::dead) [[unlikely]]
      return tell(violation::birth_of_a_live, who, "birth", seen);
    word_.store(word::live(n), order::release);  // (3) pairs with (4)
  }

  /// Takes one more reference, from one that the caller has.
  /// Order     relaxed: the caller's own reference orders the object.
  /// Fails     violation::get_at_zero, get_once_dead, get_while_frozen; get_overflow saturates.
  /// Cost      one atomic add.
  void get(subject who = {}) noexcept { get(1, who); }

  /// Takes n more references at once, for n holders who put one by one.
  /// Requires  n <= get_max.
  void get(std::uint32_t n, subject who = {}) noexcept {
    const std::uint32_t seen = word_.fetch_add(n, order::relaxed);  // relaxed: see above
    if (word::rare(seen)) [[unlikely]]
      get_slow(seen, n, who);
  }
  static constexpr std::uint32_t get_max = lastout::get_max;

  /// Takes a reference where the caller has none, unless the object is idle, frozen or dead.
  /// Requires  the word's memory stays a word during the call.
  /// Order     (4) acquire.
  /// Fails     at the maximum: violation::get_overflow, and the word saturates.
  /// Cost      one atomic add.
  [[nodiscard]] bool get_not_zero(subject who = {}) noexcept {
    const std::uint32_t seen = add_found();
    if (word::rare(seen)) [[unlikely]]
      return get_not_zero_slow(seen, who);
    return true;
  }

  /// As get_not_zero(), and a cell that counts findings does not count this one.
  [[nodiscard]] bool get_not_zero_unnoticed(subject who = {}) noexcept {
    const std::uint32_t seen = word_.fetch_add(1, order::acquire);  // (4) pairs with (1, 3, 6)
    if (word::rare(seen)) [[unlikely]]
      return get_not_zero_slow(seen, who);
    return true;
  }

  /// Gives one reference back.
  /// Returns   true when it was the last one: the word is dead, and everything else is the caller's
  ///           duty. false: hands off, the object may be gone.
  /// Order     (1) release; the last one also (2) acquire.
  /// Fails     violation::put_at_zero, put_once_dead, put_while_frozen.
  /// Cost      one atomic subtract; the last one also a compare-exchange.
  [[nodiscard]] bool put(subject who = {}) noexcept {
    const std::uint32_t now = word_.fetch_sub(1, order::release) - 1;  // (1) pairs with (2, 4, 5)
    if (word::rare(now)) [[unlikely]]
      return put_slow(now, who);
    return false;
  }

  /// Gives one reference back, unless it is the last one.
  /// Returns   false when it is: nothing was done.
  /// Order     (1) release.
  [[nodiscard]] bool put_not_last(subject who = {}) noexcept {
    // (1) pairs with (2, 4, 5)
    return change(order::release, who, "put_not_last", word::put_not_last).yes;
  }

  /// The first half of a put whose last one is settled elsewhere, under locks say.
  /// Returns   true when the count reached zero: the caller calls settle() until it is `ours`, or
  ///           leave() answers true. The object stays in place until then.
  [[nodiscard]] bool put_to_zero(subject who = {}) noexcept {
    const std::uint32_t now = word_.fetch_sub(1, order::release) - 1;  // (1) pairs with (2, 4, 5)
    if (word::rare(now)) [[unlikely]]
      return put_to_zero_slow(now, who);
    return false;
  }

  /// The second half: from zero to `to` (dead, idle, frozen), unless somebody has a reference
  /// again.
  /// Requires  put_to_zero() answered true to this caller.
  /// Order     (2) acquire when ours.
  [[nodiscard]] settled settle(count_state to) noexcept {
    // (2) pairs with (1, 7)
    const auto [seen, did] =
        change_from(order::acquire, word::zero, {}, "settle",
                    [to](std::uint32_t w) noexcept { return word::settle(w, to); });
    if (!did) return settled::not_ours;
    return word::open(seen).doomed ? settled::ours_doomed : settled::ours;
  }

  /// Another second half: from zero to one reference, which is the structure's: the object is kept.
  /// Requires  as settle().
  /// Returns   false when somebody has a reference again: leave().
  /// Order     relaxed: nothing is freed.
  [[nodiscard]] bool take_back(subject who = {}) noexcept {
    return change(order::relaxed, who, "take_back", word::take_back).yes;
  }

  /// The other way out of put_to_zero(), once settle() answered not_ours. The last touch of the
  /// object.
  /// Returns   false when nobody else can settle any more: settle() again.
  /// Order     (7) release.
  [[nodiscard]] bool leave(subject who = {}) noexcept {
    return change(order::release, who, "put", word::leave).yes;  // (7) pairs with (2)
  }

  /// Makes the word unusable in one step, when it has exactly n references (0: when it is idle).
  /// Requires  the caller answers for all n.
  /// Returns   false when it has another count: somebody else is there.
  /// Order     (5) acquire when true.
  [[nodiscard]] bool freeze(std::uint32_t n) noexcept {
    // (5) pairs with (1)
    return change(order::acquire, {}, "freeze",
                  [n](std::uint32_t w) noexcept { return word::freeze(w, n); })
        .yes;
  }

  /// Ends the life of an object whose n references are all the caller's.
  /// Returns   false when it has another count: somebody else is there.
  /// Order     (5) acquire when true.
  [[nodiscard]] bool bury_sole(std::uint32_t n) noexcept {
    // (5) pairs with (1)
    return change(order::acquire, {}, "bury",
                  [n](std::uint32_t w) noexcept { return word::bury_sole(w, n); })
        .yes;
  }

  /// Restores exactly n references (0: idle).
  /// Requires  freeze(n) answered true to this caller.
  /// Order     (6) release.
  /// Fails     violation::unfreeze_unfrozen.
  void unfreeze(std::uint32_t n, subject who = {}) noexcept {
    // (6) pairs with (4)
    change(order::release, who, "unfreeze",
           [n](std::uint32_t w) noexcept { return word::unfreeze(w, n); });
  }

  /// From idle or frozen to dead.
  /// Requires  what keeps everybody else from resurrecting: the lock, or the freeze.
  /// Returns   false when misuse has saturated the word: leak the object.
  /// Order     relaxed: the lock or the freeze orders the object.
  [[nodiscard]] bool bury(subject who = {}) noexcept {
    return change(order::relaxed, who, "bury", word::bury).yes;
  }

  /// Takes a reference, from idle too.
  /// Requires  the lock that guards the internal references; without one, nobody buries.
  /// Returns   false when dead or frozen.
  /// Order     (4) acquire, unless saturated.
  [[nodiscard]] bool resurrect(subject who = {}) noexcept {
    return change(order::acquire, who, "resurrect", word::resurrect)
        .yes;  // (4) pairs with (1, 3, 6)
  }

  /// Notes that the object is not to be kept when it goes; takes `drop` references off with it.
  /// Requires  a reference besides those that are dropped.
  /// Returns   false when it was noted already.
  /// Order     relaxed: the caller's own put orders the object.
  bool doom(std::uint32_t drop = 0, subject who = {}) noexcept {
    return change(order::relaxed, who, "doom",
                  [drop](std::uint32_t w) noexcept { return word::doom(w, drop); })
        .yes;
  }

  /// Leaks the object on purpose: no put is the last one any more.
  /// Order     relaxed: it is never freed.
  void saturate() noexcept { change(order::relaxed, {}, "saturate", word::saturate); }

  /// True before birth and once release has begun.
  [[nodiscard]] bool dead() const noexcept { return state() == count_state::dead; }
  /// The state at some moment during the call. For reports and for assertions, not for decisions.
  [[nodiscard]] count_state state() const noexcept {
    return word::state(word_.load(order::relaxed));  // relaxed: nothing is read because of it
  }
  /// The external references at some moment during the call. For reports only: see rule 12.
  [[nodiscard]] std::uint32_t references() const noexcept {
    return word::references(word_.load(order::relaxed));  // relaxed: nothing is read because of it
  }
  /// True once a holder has said that the object is not to be kept. For reports only, too.
  [[nodiscard]] bool doomed() const noexcept {
    const std::uint32_t seen = word_.load(order::relaxed);  // relaxed: as above
    return word::noted(seen) && word::open(seen).doomed;
  }

 private:
  std::uint32_t add_found() noexcept {
    if constexpr (requires(Cell& cell) { cell.fetch_add_found(order::acquire); }) {
      return word_.fetch_add_found(order::acquire);  // (4) pairs with (1, 3, 6)
    } else {
      return word_.fetch_add(1, order::acquire);  // (4) pairs with (1, 3, 6)
    }
  }

  struct changed {
    std::uint32_t seen;
    bool yes;
  };

  LASTOUT_COLD void get_slow(std::uint32_t seen, std::uint32_t n, subject who) noexcept;
  LASTOUT_COLD bool get_not_zero_slow(std::uint32_t seen, subject who) noexcept;
  LASTOUT_OUT_OF_LINE bool put_slow(std::uint32_t now, subject who) noexcept;
  LASTOUT_OUT_OF_LINE bool put_to_zero_slow(std::uint32_t now, subject who) noexcept;
  LASTOUT_COLD void overflow(std::uint32_t seen, std::uint32_t n, subject who,
                             const char* operation) noexcept;
  LASTOUT_COLD void tell(violation what, subject who, const char* operation,
                         std::uint32_t seen) const noexcept;
  void recentre(std::uint32_t seen) noexcept;

  // Runs one step by compare-exchange; the failure order is relaxed, because the step starts again.
  template <class Step>
  changed change(order::which success, subject who, const char* operation, Step step) noexcept {
    return change_from(success, word_.load(order::relaxed), who, operation, step);
  }

  // The same, from a guess at the word: one that the step changes, so that a wrong guess is found
  // out.
  template <class Step>
  changed change_from(order::which success, std::uint32_t seen, subject who, const char* operation,
                      Step step) noexcept {
    for (;;) {
      const word::step done = step(seen);
      if (done.next == seen ||
          word_.compare_exchange_weak(seen, done.next, success, order::relaxed)) {
        if (done.misuse) [[unlikely]]
          tell(done.which, who, operation, seen);
        return {seen, done.yes};
      }
    }
  }

  friend class hit_count;  // its cell has hits besides

  Cell word_{word::unborn};
};

/// The word of the styles: 4 bytes.
using refcount = basic_refcount<atomic<std::uint32_t>>;

static_assert(sizeof(refcount) == 4);

// The cold paths. The addition has been made already; each finds out what it was made to.

template <class Cell>
void basic_refcount<Cell>::tell(violation what, subject who, const char* operation,
                                std::uint32_t seen) const noexcept {
  if (who.object == nullptr) who.object = this;
  report(what, who, operation, word::references(seen), name(word::state(seen)));
}

// Additions to a state without a count drift from the middle of its zone. They are not undone, one
// by one, but brought back together, long before they could reach the next zone. Whoever loses the
// exchange leaves it to the next one.
template <class Cell>
void basic_refcount<Cell>::recentre(std::uint32_t seen) noexcept {
  constexpr std::uint32_t far = 1u << 20;
  const count_state state = word::state(seen);
  if (word::counting(seen)) return;
  const std::uint32_t centre = word::before_birth(seen) ? word::unborn : word::centre(state);
  if (seen - centre + far <= 2 * far) return;
  std::uint32_t expected = word_.load(order::relaxed);
  if (word::state(expected) != state) return;
  word_.compare_exchange_strong(expected, centre, order::relaxed, order::relaxed);
}

template <class Cell>
void basic_refcount<Cell>::overflow(std::uint32_t seen, std::uint32_t n, subject who,
                                    const char* operation) noexcept {
  // Growth from the largest live number, and of a noted count past its share of the word.
  const bool grown = word::untold(seen);
  const bool noted = word::noted(seen) && word::open(seen).references + n > noted_count_max;
  if (!grown && !noted) return recentre(seen);
  // Many may notice; who moves the word to the middle of its zone tells.
  const auto did = change(order::relaxed, who, operation, [](std::uint32_t w) noexcept {
    const bool told = word::state(w) == count_state::saturated && !word::untold(w);
    return word::step{.next = told ? w : word::saturated, .yes = !told};
  });
  if (did.yes) tell(violation::get_overflow, who, operation, did.seen);
}

template <class Cell>
void basic_refcount<Cell>::get_slow(std::uint32_t seen, std::uint32_t n, subject who) noexcept {
  const word::step done = word::get(seen, n);
  if (word::state(seen) == count_state::saturated ||
      (done.misuse && done.which == violation::get_overflow)) {
    return overflow(seen, n, who, "get");
  }
  if (!done.misuse) return;
  if (done.next == word::saturated) saturate();
  recentre(seen + n);
  tell(done.which, who, "get", seen);
}

template <class Cell>
bool basic_refcount<Cell>::get_not_zero_slow(std::uint32_t seen, subject who) noexcept {
  if (!word::counting(seen)) {
    const bool saturated = word::state(seen) == count_state::saturated;
    saturated ? overflow(seen, 1, who, "get_not_zero") : recentre(seen);
    return saturated;
  }
  if (word::open(seen).references == 0) {
    // We revived the object between a put that reached zero and its settling.
    change(order::relaxed, who, "get_not_zero", word::note_stalled);
  } else {
    overflow(seen, 1, who, "get_not_zero");
  }
  return true;
}

template <class Cell>
bool basic_refcount<Cell>::put_to_zero_slow(std::uint32_t now, subject who) noexcept {
  if (now == word::zero) [[likely]]
    return true;
  const std::uint32_t seen = now + 1;
  const word::step done = word::put(seen);
  if (!done.misuse) {
    // A get of n that overflowed looked at the word before it: then this put is the first to
    // notice.
    word::state(seen) == count_state::saturated ? overflow(seen, 0, who, "put") : recentre(seen);
    return done.yes;
  }
  if (done.next == word::saturated) saturate();
  recentre(now);
  tell(done.which, who, "put", seen);
  return false;
}

template <class Cell>
bool basic_refcount<Cell>::put_slow(std::uint32_t now, subject who) noexcept {
  if (!put_to_zero_slow(now, who)) return false;
  for (;;) {
    if (settle(count_state::dead) != settled::not_ours) return true;
    if (leave(who)) return false;
  }
}

}  // namespace LASTOUT_ABI
}  // namespace lastout
