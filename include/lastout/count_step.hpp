// count_step.hpp - what each operation does to a counted word, as pure functions.
//
// A step takes the word as it is and says what it becomes, what the caller is told, and whether
// that was misuse. The words run the same steps: refcount by compare-exchange in its cold
// paths, locked_word under its lock, local_word directly.
//
// "Crossing" is a put that takes the count to zero. It has two halves: the put itself, and settling
// what zero means (dead, idle, frozen). Between the halves a get_not_zero may revive the object
// (take a reference from zero, before it is settled),
// and then the object may be put and settled by somebody else, who would free it under the first
// one's feet. So the word notes how many crossings are unsettled ("stalled"): a reviver adds one on
// behalf of the put that it overtook, that put takes one off when it leaves, and zero is settled
// only by a put that finds none but itself. The two may come in either order, so the number can be
// -1 for a moment, never at count zero: the reviver holds its reference until it has added.
//
// Record: docs/design/0002-stalled-releaser.md.

#pragma once

#include <cstdint>

#include <lastout/count_state.hpp>
#include <lastout/violation.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {
namespace word {

/// What one operation makes of a word.
struct step {
  std::uint32_t next;   // the word afterwards
  bool yes;             // what the caller is told
  bool misuse = false;  // then: which
  violation which = violation::get_at_zero;
};

constexpr step stay(std::uint32_t w, bool yes) noexcept { return {.next = w, .yes = yes}; }
constexpr step wrong(std::uint32_t next, violation which, bool yes = false) noexcept {
  return {.next = next, .yes = yes, .misuse = true, .which = which};
}

/// `n` put back into the word; one that is too large to count saturates.
constexpr step write(notes n, bool yes) noexcept {
  const bool unnoted = n.stalled == 0 && !n.doomed;
  if (n.references > (unnoted ? count_max : noted_count_max))
    return wrong(saturated, violation::get_overflow, yes);
  return {.next = close(n), .yes = yes};
}

/// n more references, from one that the caller has.
constexpr step get(std::uint32_t w, std::uint32_t n) noexcept {
  if (counting(w)) {
    notes now = open(w);
    if (now.references == 0) return wrong(saturated, violation::get_at_zero);
    now.references += n;
    return write(now, true);
  }
  switch (state(w)) {
    case count_state::saturated: return stay(w, true);
    case count_state::dead:
      // A constructor that hands its object out: birth finds it saturated, and it leaks.
      return wrong(before_birth(w) ? saturated : w, violation::get_once_dead);
    case count_state::frozen: return wrong(saturated, violation::get_while_frozen);
    default: return wrong(saturated, violation::get_at_zero);
  }
}

/// The reviver's second half: one crossing more is unsettled. Too many to note saturate the word:
/// the puts that a wait would be for may be waiting for a lock of the caller's.
constexpr step note_stalled(std::uint32_t w) noexcept {
  if (!counting(w)) return stay(w, true);
  notes now = open(w);
  if (now.stalled == stalled_max) return wrong(saturated, violation::get_overflow, true);
  ++now.stalled;
  return write(now, true);
}

/// One more reference, unless there is none to share and never will be again.
constexpr step get_not_zero(std::uint32_t w) noexcept {
  if (!counting(w)) return stay(w, state(w) == count_state::saturated);
  notes now = open(w);
  if (now.references == 0) {
    if (now.stalled == stalled_max) return wrong(saturated, violation::get_overflow, true);
    ++now.stalled;
  }
  ++now.references;
  return write(now, true);
}

/// One reference less. Answers yes when that was a crossing.
constexpr step put(std::uint32_t w) noexcept {
  if (counting(w)) {
    notes now = open(w);
    if (now.references == 0) return wrong(saturated, violation::put_at_zero);
    --now.references;
    return {.next = close(now), .yes = now.references == 0};
  }
  switch (state(w)) {
    case count_state::saturated: return stay(w, false);
    case count_state::dead: return wrong(w, violation::put_once_dead);
    case count_state::frozen: return wrong(saturated, violation::put_while_frozen);
    default: return wrong(saturated, violation::put_at_zero);
  }
}

/// One reference less, unless it is the last one. Answers no, and does nothing, when it is.
constexpr step put_not_last(std::uint32_t w) noexcept {
  if (counting(w) && open(w).references == 1) return stay(w, false);
  step done = put(w);
  done.yes = true;
  return done;
}

/// A crossing's second half. Answers yes when the word went to `to`.
constexpr step settle(std::uint32_t w, count_state to) noexcept {
  if (!counting(w)) return stay(w, false);
  const notes now = open(w);
  if (now.references != 0 || now.stalled != 0) return stay(w, false);
  return {.next = centre(to), .yes = true};
}

/// Another second half: the structure that finds the object keeps it, and has a reference of its
/// own again. Answers no when somebody has one, or an earlier crossing is unsettled.
constexpr step take_back(std::uint32_t w) noexcept {
  if (!counting(w)) return stay(w, false);
  notes now = open(w);
  if (now.references != 0 || now.stalled != 0) return stay(w, false);
  now.references = 1;
  return write(now, true);
}

/// The other way out of a crossing: somebody else will settle. Answers no when nobody else can.
constexpr step leave(std::uint32_t w) noexcept {
  if (!counting(w)) return stay(w, true);
  notes now = open(w);
  if (now.references == 0 && now.stalled == 0) return stay(w, false);
  // A reviver always adds what an overtaken put takes off; less than -1, or -1 at zero, means that
  // somebody revived the object by a plain get.
  if (now.stalled == -1) return wrong(saturated, violation::get_at_zero, true);
  --now.stalled;
  return write(now, true);
}

/// From exactly n references to frozen. Answers no when the count is another one.
constexpr step freeze(std::uint32_t w, std::uint32_t n) noexcept {
  const bool exact = n == 0 ? state(w) == count_state::idle : w == live(n);
  return exact ? step{.next = frozen, .yes = true} : stay(w, false);
}

/// Back to exactly n references.
constexpr step unfreeze(std::uint32_t w, std::uint32_t n) noexcept {
  switch (state(w)) {
    case count_state::frozen: return {.next = n == 0 ? idle : live(n), .yes = true};
    case count_state::saturated: return stay(w, true);
    default: return wrong(w, violation::unfreeze_unfrozen);
  }
}

/// From idle or frozen to dead. Answers no when misuse has saturated the word: leak it then.
constexpr step bury(std::uint32_t w) noexcept {
  switch (state(w)) {
    case count_state::frozen:
    case count_state::idle: return {.next = dead, .yes = true};
    case count_state::saturated: return stay(w, false);
    default: return wrong(w, violation::unfreeze_unfrozen);
  }
}

/// From exactly n references to dead, in one step. Answers no when the count is another one.
constexpr step bury_sole(std::uint32_t w, std::uint32_t n) noexcept {
  return w == live(n) ? step{.next = dead, .yes = true} : stay(w, false);
}

/// One more reference, from idle too. Answers no when dead or frozen.
constexpr step resurrect(std::uint32_t w) noexcept {
  if (state(w) == count_state::idle) return {.next = live(1), .yes = true};
  return get_not_zero(w);
}

/// Notes that some holder said kill, and takes `drop` references off. Answers no when it is noted
/// already.
constexpr step doom(std::uint32_t w, std::uint32_t drop) noexcept {
  if (!counting(w)) return stay(w, false);
  notes now = open(w);
  if (now.doomed || now.references <= drop) return stay(w, false);
  now.doomed = true;
  now.references -= drop;
  return write(now, true);
}

/// Too far to count, by decision.
constexpr step saturate(std::uint32_t w) noexcept {
  const bool gone = state(w) == count_state::dead && !before_birth(w);
  return gone ? stay(w, false) : step{.next = saturated, .yes = true};
}

}  // namespace word
}  // namespace LASTOUT_ABI
}  // namespace lastout
