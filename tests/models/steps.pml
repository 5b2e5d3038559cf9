// steps.pml - prints what counted_word.pml's steps do to each word: for steps_test.cpp to compare.
//
// A line: step, argument; state, references, stalled, doomed; the same afterwards; the answer, a second
// one, misuse.

bool misused;
#define TOUCH skip
#define MISUSE misused = true
#define GOT skip
#define COUNTED skip
#include "counted_word.pml"

#define references_max 3
#define stalled_max 2

word_type w, before;
bool yes, second;

#define SHOW(step, argument)                                                                     \
  printf(#step);                                                                                 \
  printf(" %d %e %d %d %d %e %d %d %d %d %d %d\n", argument, before.state, before.references,     \
         before.stalled, before.doomed, w.state, w.references, w.stalled, w.doomed, yes, second, \
         misused)
#define AGAIN                                                                                    \
  w.state = before.state; w.references = before.references; w.stalled = before.stalled;          \
  w.doomed = before.doomed; w.unsettled = 9; w.unnoted = 9; w.users = 9; w.own = 9;              \
  misused = false; yes = false; second = false

inline all_steps() {
  AGAIN; get(w); SHOW(get, 1);
  AGAIN; get_not_zero_add(w, yes, second); SHOW(get_not_zero_add, 1);
  AGAIN; note_stalled(w); SHOW(note_stalled, 0);
  AGAIN; put_to_zero(w, yes); SHOW(put_to_zero, 0);
  AGAIN; put_not_last(w, yes); SHOW(put_not_last, 0);
  AGAIN; settle(w, dead, yes, second); SHOW(settle_dead, 0);
  AGAIN; settle(w, idle, yes, second); SHOW(settle_idle, 0);
  AGAIN; take_back(w, yes); SHOW(take_back, 0);
  AGAIN; leave(w, yes); SHOW(leave, 0);
  AGAIN; freeze(w, 0, yes); SHOW(freeze, 0);
  AGAIN; freeze(w, 1, yes); SHOW(freeze, 1);
  AGAIN; freeze(w, 2, yes); SHOW(freeze, 2);
  AGAIN; unfreeze(w, 0); SHOW(unfreeze, 0);
  AGAIN; unfreeze(w, 1); SHOW(unfreeze, 1);
  AGAIN; bury(w); SHOW(bury, 0);
  AGAIN; bury_sole(w, 1, yes); SHOW(bury_sole, 1);
  AGAIN; bury_sole(w, 2, yes); SHOW(bury_sole, 2);
  AGAIN; resurrect(w, yes); SHOW(resurrect, 0);
  AGAIN; doom(w, 0, yes); SHOW(doom, 0);
  AGAIN; doom(w, 1, yes); SHOW(doom, 1)
}

init {
  short r, s;
  bool d;
  before.state = idle; all_steps();
  before.state = frozen; all_steps();
  before.state = dead; all_steps();
  before.state = counting;
  do
  :: r <= references_max ->
    s = -1;
    do
    :: s <= stalled_max ->
      before.references = r; before.stalled = s; before.doomed = false;
      all_steps();
      before.doomed = true;
      all_steps();
      s++
    :: else -> break
    od;
    r++
  :: else -> break
  od
}
