// count_state.hpp - the states of a counted word, and how 32 bits spell them.
//
// This is the one private place where the numbers are. Users see states and counts, never a number.
//
//   state      references     get        get_not_zero   put        leaves it by
//   live       n >= 1         n + 1      true           n - 1      the last put, freeze
//   zero       0, undecided   violation  true: n = 1    violation  settle: dead, idle, frozen
//   idle       0, findable    violation  false          violation  resurrect, freeze(0), bury
//   frozen     owner decides  violation  false          violation  unfreeze, bury
//   dead       none ever      violation  false          violation  nothing; birth of a new object
//   saturated  too many       stays      true           stays      nothing: told once, leaked
//
// A live word may carry notes: the object is doomed (kill, do not keep, when it goes), or some puts
// that reached zero have not settled yet (see refcount.hpp). A noted word does the same things as
// an un-noted one, in the cold path.
//
//   word                         state
//   0x00000000 .. 0x7fffffff     live: how many references there are besides one
//   0x80000000 .. 0x9fffffff     saturated (the next number after the largest live one)
//   0xa....... dead (lower half: not born yet)   0xb....... idle   0xc....... frozen
//   0xd....... 0xe.......        live or zero, with notes
//   0xf.......                   below one: 0xffffffff is zero, anything less a put too many
//   0xf0000000                   a locked_word whose lock is taken: no step makes this number
//
// Why "besides one": then zero is the first negative number, and one sign test tells every rare
// case, the last put included, from the common one. A state other than live occupies 2^27 numbers
// or more and is entered at their middle, so that a get_not_zero which fails need not undo its
// addition: the next change of state overwrites it.
//
// Source: Gleixner's rcuref (Linux, lib/rcuref.c) for the zones.
// Record: docs/design/0001-counted-word.md.

#pragma once

#include <cstdint>

#include <lastout/config.hpp>

namespace lastout {
inline namespace LASTOUT_ABI {

enum class count_state : std::uint8_t { live, zero, idle, frozen, dead, saturated };

constexpr const char* name(count_state state) noexcept {
  switch (state) {
    case count_state::live: return "live";
    case count_state::zero: return "zero";
    case count_state::idle: return "idle";
    case count_state::frozen: return "frozen";
    case count_state::dead: return "dead";
    case count_state::saturated: return "saturated";
  }
  return "unknown";
}

/// The most references that a live word counts; one more saturates it.
inline constexpr std::uint32_t count_max = 0x80000000;

/// The most references that one get takes.
inline constexpr std::uint32_t get_max = 1u << 20;

/// The most references that a word with notes counts; one more saturates it.
inline constexpr std::uint32_t noted_count_max = 1u << 17;

/// What became of settling a count that had reached zero.
enum class settled : std::uint8_t {
  ours,         // the word is in the state that was asked for; everything else is the caller's duty
  ours_doomed,  // the same, and some holder had said kill
  not_ours,     // somebody has a reference again, or an earlier put has yet to settle
};

namespace word {

inline constexpr std::uint32_t zero = 0xffffffff;
inline constexpr std::uint32_t saturated = 0x90000000;
inline constexpr std::uint32_t unborn = 0xa4000000;  // dead, and birth may come
inline constexpr std::uint32_t dead = 0xac000000;
inline constexpr std::uint32_t idle = 0xb8000000;
inline constexpr std::uint32_t frozen = 0xc8000000;
inline constexpr std::uint32_t locked = 0xf0000000;  // a locked_word's lock is taken

/// A live or zero word, taken apart.
struct notes {
  std::uint32_t references;  // external references
  int stalled = 0;           // puts that reached zero, were overtaken, and have not left; may be -1
  bool doomed = false;       // some holder said kill
};

/// The most overtaken puts that a word notes; one more saturates it.
inline constexpr int stalled_max = 1000;

namespace detail {
// 29 bits of notes: stalled + 1 in 10, doomed in 1, references in 18.
inline constexpr std::uint32_t noted_first = 0xd0000000;
inline constexpr std::uint32_t noted_end = 0xf0000000;
inline constexpr unsigned stalled_shift = 19;
inline constexpr std::uint32_t doomed_bit = 1u << 18;
inline constexpr std::uint32_t references_mask = doomed_bit - 1;
}  // namespace detail

constexpr bool before_birth(std::uint32_t w) noexcept { return w >> 27 == unborn >> 27; }
constexpr bool rare(std::uint32_t w) noexcept { return static_cast<std::int32_t>(w) < 0; }
constexpr bool noted(std::uint32_t w) noexcept {
  return w >= detail::noted_first && w < detail::noted_end;
}

/// The word of a live object with n references and no notes.
/// Requires  1 <= n <= count_max.
constexpr std::uint32_t live(std::uint32_t n) noexcept { return n - 1; }

/// The middle of a state's zone.
/// Requires  a state that has one: not live.
constexpr std::uint32_t centre(count_state state) noexcept {
  switch (state) {
    case count_state::idle: return idle;
    case count_state::frozen: return frozen;
    case count_state::dead: return dead;
    case count_state::saturated: return saturated;
    case count_state::zero:
    case count_state::live: break;
  }
  return zero;
}

/// True when the word is live or zero, with or without notes.
constexpr bool counting(std::uint32_t w) noexcept { return !rare(w) || w == zero || noted(w); }

/// Takes a counting word apart.
constexpr notes open(std::uint32_t w) noexcept {
  if (!noted(w)) return {.references = w + 1};
  return {.references = w & detail::references_mask,
          .stalled = static_cast<int>((w - detail::noted_first) >> detail::stalled_shift) - 1,
          .doomed = (w & detail::doomed_bit) != 0};
}

/// Puts a word together; with nothing noted it is an ordinary live or zero word.
/// Requires  with something noted: references <= noted_count_max, -1 <= stalled <= stalled_max.
constexpr std::uint32_t close(notes n) noexcept {
  if (n.stalled == 0 && !n.doomed) return n.references - 1;
  return detail::noted_first +
         (static_cast<std::uint32_t>(n.stalled + 1) << detail::stalled_shift) +
         (n.doomed ? detail::doomed_bit : 0u) + n.references;
}

constexpr count_state state(std::uint32_t w) noexcept {
  if (!rare(w)) return count_state::live;
  switch (w >> 28) {
    case 0x8:
    case 0x9: return count_state::saturated;
    case 0xa: return count_state::dead;
    case 0xb: return count_state::idle;
    case 0xc: return count_state::frozen;
    case 0xd:
    case 0xe: return open(w).references == 0 ? count_state::zero : count_state::live;
    default: return count_state::zero;
  }
}

/// True when the word has grown past the largest live number and nobody has told of it: who tells
/// moves it to the middle of its zone.
constexpr bool untold(std::uint32_t w) noexcept {
  return state(w) == count_state::saturated && w < saturated - (1u << 27);
}

/// How many external references the word counts; 0 in every state that counts none.
constexpr std::uint32_t references(std::uint32_t w) noexcept {
  return counting(w) ? open(w).references : 0;
}

static_assert(open(live(1)).references == 1 && open(zero).references == 0);
static_assert(close({.references = 0}) == zero && close({.references = count_max}) == 0x7fffffff);
static_assert(open(close({.references = 7, .stalled = -1})).stalled == -1);
static_assert(open(close({.references = 7, .stalled = stalled_max, .doomed = true})).doomed);
static_assert(state(dead) == count_state::dead && state(idle) == count_state::idle);
static_assert(state(frozen) == count_state::frozen && state(saturated) == count_state::saturated);
static_assert(state(close({.references = 0, .stalled = 1})) == count_state::zero);

}  // namespace word
}  // namespace LASTOUT_ABI
}  // namespace lastout
