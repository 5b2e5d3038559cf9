// words.hpp - a counted word in any state, for rules that hold in each.

#pragma once

#include <lastout/local_word.hpp>
#include <lastout/locked_word.hpp>
#include <lastout/refcount.hpp>

namespace rules {

/// Brings an unborn word to `state`: live and frozen with one reference.
template <class Word>
void bring(Word& word, lastout::count_state state) {
  using lastout::count_state;
  if (state == count_state::dead) return;
  word.birth();
  if (state == count_state::saturated) word.saturate();
  if (state == count_state::frozen) (void)word.freeze(1);
  if (state == count_state::zero || state == count_state::idle) (void)word.put_to_zero();
  if (state == count_state::idle) (void)word.settle(count_state::idle);
}

inline constexpr lastout::count_state all_states[] = {
    lastout::count_state::live,   lastout::count_state::zero, lastout::count_state::idle,
    lastout::count_state::frozen, lastout::count_state::dead, lastout::count_state::saturated};

}  // namespace rules

// The rule holds for each of the three words.
#define EXPECT_HELD_BY_EACH_WORD(check)         \
  do {                                          \
    EXPECT_HELD(check<lastout::refcount>());    \
    EXPECT_HELD(check<lastout::locked_word>()); \
    EXPECT_HELD(check<lastout::local_word>());  \
  } while (false)
