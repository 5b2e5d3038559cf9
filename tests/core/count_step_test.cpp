// count_step_test.cpp - the steps as pure functions, at the borders of every zone of numbers.
//
// Everything here that can be is checked by the compiler too: a step is constexpr.

#include <cstdint>

#include <gtest/gtest.h>

#include <lastout/count_step.hpp>

namespace {

using namespace lastout::word;
using lastout::count_max;
using lastout::count_state;
using lastout::noted_count_max;
using lastout::violation;

// ---- zones ----

static_assert(state(0x00000000) == count_state::live && references(0x00000000) == 1);
static_assert(state(0x7fffffff) == count_state::live && references(0x7fffffff) == count_max);
static_assert(state(0x80000000) == count_state::saturated);
static_assert(state(0x9fffffff) == count_state::saturated);
static_assert(state(0xa0000000) == count_state::dead && state(0xafffffff) == count_state::dead);
static_assert(state(0xb0000000) == count_state::idle && state(0xbfffffff) == count_state::idle);
static_assert(state(0xc0000000) == count_state::frozen && state(0xcfffffff) == count_state::frozen);
static_assert(state(0xffffffff) == count_state::zero);
static_assert(counting(0xffffffff) && !counting(0xfffffffe));

static_assert(untold(0x80000000) && untold(0x87ffffff), "half of the zone before its middle");
static_assert(!untold(0x88000000) && !untold(saturated) && !untold(0x7fffffff) && !untold(dead));

static_assert(centre(count_state::saturated) == saturated && saturated == 0x90000000);
static_assert(unborn - 0xa0000000 == 1u << 26 && dead - 0xa8000000 == 1u << 26);
static_assert(before_birth(0xa0000000) && before_birth(0xa7ffffff) && !before_birth(0xa8000000));
static_assert(idle - 0xb0000000 == 1u << 27);
static_assert(frozen - 0xc0000000 == 1u << 27);
static_assert(centre(count_state::zero) == zero);

constexpr bool rare_is_the_sign() {
  for (const std::uint32_t w : {0u, 1u, 0x7fffffffu})
    if (rare(w)) return false;
  for (const std::uint32_t w : {0x80000000u, dead, idle, frozen, zero})
    if (!rare(w)) return false;
  return true;
}
static_assert(rare_is_the_sign());

// ---- notes: open and close are inverse over everything a word can note ----

constexpr bool notes_survive(notes n) {
  const notes back = open(close(n));
  return back.references == n.references && back.stalled == n.stalled && back.doomed == n.doomed;
}

constexpr bool notes_survive_everywhere() {
  for (const std::uint32_t references : {0u, 1u, 2u, noted_count_max - 1, noted_count_max}) {
    for (int stalled = -1; stalled <= stalled_max; ++stalled) {
      if (!notes_survive({references, stalled, false})) return false;
      if (!notes_survive({references, stalled, true})) return false;
      if (stalled != 0 && !noted(close({references, stalled, false}))) return false;
    }
  }
  return true;
}
static_assert(notes_survive_everywhere());
static_assert(close({.references = 1}) == live(1), "nothing noted: an ordinary word");
static_assert(state(close({.references = 0, .stalled = 3})) == count_state::zero);
static_assert(state(close({.references = 1, .stalled = -1})) == count_state::live);

// ---- get ----

constexpr std::uint32_t doomed_one = close({.references = 1, .doomed = true});
static_assert(get(live(1), 1).next == live(2));
static_assert(get(live(1), 1).yes && get(doomed_one, 1).yes, "the caller has one more");
static_assert(get(saturated, 1).yes && !get(saturated, 1).misuse &&
              get(saturated, 1).next == saturated);
static_assert(!get(dead, 1).yes && !get(idle, 1).yes && !get(frozen, 1).yes && !get(zero, 1).yes);
static_assert(get(live(count_max - 1), 1).next == live(count_max));
static_assert(get(live(count_max), 1).next == saturated && get(live(count_max), 1).misuse);
static_assert(get(live(count_max), 1).which == violation::get_overflow);
constexpr std::uint32_t doomed_full = close({.references = noted_count_max, .doomed = true});
static_assert(get(close({.references = noted_count_max - 1, .doomed = true}), 1).next ==
              doomed_full);
static_assert(get(doomed_full, 1).next == saturated);
static_assert(get(doomed_full, 1).which == violation::get_overflow);
static_assert(get(zero, 1).misuse && get(zero, 1).which == violation::get_at_zero);
static_assert(get(close({.references = 0, .stalled = 1}), 1).which == violation::get_at_zero);

// ---- get_not_zero and the notes about overtaken puts ----

static_assert(open(get_not_zero(zero).next).stalled == 1 && get_not_zero(zero).yes);
static_assert(open(get_not_zero(zero).next).references == 1);
static_assert(get_not_zero(live(1)).next == live(2));
static_assert(!get_not_zero(dead).yes && get_not_zero(dead).next == dead);
static_assert(!get_not_zero(idle).yes && !get_not_zero(frozen).yes && get_not_zero(saturated).yes);

constexpr std::uint32_t crowded = close({.references = 0, .stalled = stalled_max});
static_assert(get_not_zero(crowded).next == saturated,
              "more overtaken puts than the word can note: leaked, never freed early");
static_assert(get_not_zero(crowded).yes && get_not_zero(crowded).which == violation::get_overflow);
static_assert(resurrect(crowded).next == saturated);
static_assert(open(get_not_zero(close({.references = 0, .stalled = stalled_max - 1})).next)
                  .stalled == stalled_max);

static_assert(open(note_stalled(live(1)).next).stalled == 1);
static_assert(note_stalled(close({.references = 1, .stalled = -1})).next == live(1));
static_assert(note_stalled(close({.references = 1, .stalled = stalled_max})).next == saturated);
static_assert(note_stalled(close({.references = 1, .stalled = stalled_max})).yes, "never a wait");
static_assert(note_stalled(live(1)).yes && note_stalled(zero).yes, "noted");
static_assert(note_stalled(dead).yes && note_stalled(dead).next == dead);

// ---- put ----

static_assert(put(live(1)).next == zero && put(live(1)).yes);
static_assert(put(live(2)).next == live(1) && !put(live(2)).yes);
static_assert(put(live(count_max)).next == live(count_max - 1));
static_assert(put(zero).which == violation::put_at_zero && put(zero).next == saturated);
static_assert(put(close({.references = 1, .stalled = 2})).yes, "a crossing like any other");
static_assert(put(0xfffffffe).which == violation::put_at_zero, "below zero: a put too many");
static_assert(!put_not_last(live(1)).yes && put_not_last(live(1)).next == live(1));
static_assert(put_not_last(live(2)).yes && put_not_last(live(2)).next == live(1));
static_assert(!put_not_last(close({.references = 1, .doomed = true})).yes);

// ---- settle and leave ----

static_assert(settle(zero, count_state::dead).next == dead);
static_assert(settle(zero, count_state::idle).next == idle);
static_assert(settle(zero, count_state::frozen).next == frozen);
static_assert(!settle(live(1), count_state::dead).yes);
static_assert(!settle(close({.references = 0, .stalled = 1}), count_state::dead).yes);
static_assert(settle(close({.references = 0, .doomed = true}), count_state::dead).yes);
static_assert(!leave(zero).yes, "nobody else can settle");
static_assert(leave(close({.references = 0, .stalled = 1})).next == zero);
static_assert(open(leave(live(1)).next).stalled == -1,
              "the put leaves before the reviver has noted it");
static_assert(leave(close({.references = 1, .stalled = -1})).misuse, "revived by a plain get");
static_assert(leave(close({.references = 1, .stalled = -1})).next == saturated);
static_assert(leave(close({.references = 1, .stalled = -1})).yes, "saturated: nobody settles it");
static_assert(leave(dead).yes && leave(idle).yes);

// ---- freeze, unfreeze, bury, resurrect, doom, saturate ----

static_assert(freeze(live(2), 2).next == frozen && !freeze(live(3), 2).yes);
static_assert(freeze(idle, 0).next == frozen && freeze(idle + 5, 0).next == frozen);
static_assert(!freeze(zero, 0).yes && !freeze(close({.references = 1, .doomed = true}), 1).yes);
static_assert(unfreeze(frozen, 0).next == idle && unfreeze(frozen + 7, 2).next == live(2));
static_assert(unfreeze(frozen, 0).yes && unfreeze(frozen, 2).yes);
static_assert(unfreeze(saturated, 2).yes && unfreeze(saturated, 2).next == saturated);
static_assert(!unfreeze(saturated, 2).misuse, "who saturated it has told");
static_assert(!unfreeze(live(1), 1).yes && unfreeze(live(1), 1).next == live(1));
static_assert(unfreeze(live(1), 1).which == violation::unfreeze_unfrozen);
static_assert(bury(frozen).next == dead && bury(idle).next == dead);
static_assert(!bury(saturated).yes && !bury(saturated).misuse);
static_assert(bury(live(1)).which == violation::unfreeze_unfrozen);
static_assert(resurrect(idle).next == live(1) && resurrect(idle + 99).next == live(1));
static_assert(open(resurrect(zero).next).stalled == 1);
static_assert(!resurrect(dead).yes && !resurrect(frozen).yes);
static_assert(open(doom(live(2), 1).next).references == 1 && open(doom(live(2), 1).next).doomed);
static_assert(!doom(live(1), 1).yes && !doom(zero, 0).yes && !doom(dead, 0).yes);
static_assert(doom(live(noted_count_max + 1), 0).next == saturated);
static_assert(open(doom(live(noted_count_max + 1), 1).next).references == noted_count_max);
static_assert(saturate(live(1)).next == saturated && saturate(dead).next == dead);
static_assert(saturate(live(1)).yes && saturate(unborn).yes && !saturate(dead).yes);

// One put after another, with a reviver between each: the notes add up, and all come off.
TEST(count_step_test, notes_add_up_and_all_come_off) {
  for (int overtaken = 1; overtaken <= stalled_max; ++overtaken) {
    std::uint32_t w = live(1);
    for (int i = 0; i < overtaken; ++i) {
      ASSERT_TRUE(put(w).yes);
      w = get_not_zero(put(w).next).next;
    }
    ASSERT_EQ(open(w).stalled, overtaken);
    w = put(w).next;
    for (int i = 0; i < overtaken; ++i) {
      ASSERT_FALSE(settle(w, count_state::dead).yes) << i << " of " << overtaken;
      ASSERT_TRUE(leave(w).yes);
      w = leave(w).next;
    }
    ASSERT_EQ(w, zero);
    ASSERT_TRUE(settle(w, count_state::dead).yes);
  }
}

// Whatever a step makes of any border, the answer is a state that has a name.
TEST(count_step_test, no_step_leaves_the_numbers_that_states_have) {
  const std::uint32_t borders[] = {0,
                                   1,
                                   0x7ffffffe,
                                   0x7fffffff,
                                   0x80000000,
                                   0x9fffffff,
                                   0xa0000000,
                                   0xafffffff,
                                   0xb0000000,
                                   0xbfffffff,
                                   0xc0000000,
                                   0xcfffffff,
                                   close({.references = 0, .stalled = -1}),
                                   doomed_full,
                                   crowded,
                                   zero};
  for (const std::uint32_t w : borders) {
    for (const step done : {get(w, 1), get_not_zero(w), put(w), put_not_last(w), note_stalled(w),
                            settle(w, count_state::dead), leave(w), freeze(w, 1), unfreeze(w, 1),
                            bury(w), resurrect(w), doom(w, 0), saturate(w)}) {
      EXPECT_TRUE(counting(done.next) || done.next < 0xd0000000)
          << std::hex << w << " -> " << done.next;
    }
  }
}

}  // namespace
