// counted_word.pml - the word of refcount.hpp, one step for each of its atomic operations.
//
// Included by the models; not one itself. A word is what count_state.hpp's open() makes of it. What
// an addition leaves in a state without a count (dead, idle, frozen) is not kept: the next change of
// state overwrites it, and recentre() sees to the rest.
//
// A compare-exchange loop (refcount::change) is one step here: what it does depends on nothing but
// the value that it exchanges. steps.pml prints what each of these steps does to each word, and
// steps_test.cpp asks count_step.hpp whether that is so.
//
// The model says, before it includes this:
//   TOUCH     an assertion that the word's memory is still the one that the process may touch
//   MISUSE    what a violation is: assert(false)
//   COUNTED   an assertion about the word after each step; may use the ghosts below
//   GOT       a ghost: what else happens in the step that takes a reference
//
// The ghosts of record 0002: `unsettled` puts have reached zero and neither settled nor left,
// `unnoted` revivers have added their reference and not yet their note.

#include "lock.pml"

mtype = { counting, idle, frozen, dead };

typedef word_type {
  mtype state = dead;
  short references;  // external references
  short stalled;     // puts that reached zero, were overtaken and have not left; may be -1
  bool doomed;       // some holder said kill
  byte unsettled;    // ghost
  byte unnoted;      // ghost
  byte users;        // ghost: references in somebody's hand
  byte own;          // ghost: references of the structure's, in nobody's hand
  bool freed;        // ghost: the memory is nobody's any more
}

#define plain_word(w) (w.stalled == 0 && !w.doomed)
#if defined(TWIN_settles_whoever_is_stalled) || defined(TWIN_looks_again)
#define NONE_STALLED(w) true
#else
#define NONE_STALLED(w) w.stalled == 0
#endif

// Record 0002, "Why it is right": with nobody at count zero one put of the unsettled ones is
// overtaken by nobody; at any other count all of them are.
#ifdef TWIN  // who is broken is to be caught by what he does
#define NOTES_ARE_RIGHT(w)
#else
#define NOTES_ARE_RIGHT(w)                                                              \
  assert(w.state != counting || w.unnoted <= 1);                                        \
  assert(w.state != counting || w.references > 0 ||                                     \
         (w.unnoted == 0 && w.stalled == w.unsettled - 1));                             \
  assert(w.state != counting || w.references == 0 || w.stalled == w.unsettled - w.unnoted); \
  assert(w.state == counting || w.unsettled == 0)
#endif

// refcount::birth
inline birth(w, n) {
  d_step {
    TOUCH;
    if
    :: w.state == dead -> w.state = counting; w.references = n; w.stalled = 0; w.doomed = false
    :: else -> MISUSE  // never
    fi;
    COUNTED
  }
}

// refcount::get
inline get(w) {
  d_step {
    TOUCH;
    if
    :: w.state == counting && w.references > 0 -> w.references++;
      w.users++; GOT
    :: else -> MISUSE  // never
    fi;
    COUNTED
  }
}

// refcount::get_not_zero, the addition. `revived`: get_not_zero_slow() has a second half to do.
inline get_not_zero_add(w, got, revived) {
  d_step {
    TOUCH;
    revived = false;
    if
    :: w.state == counting ->
      got = true;
      if
      :: w.references == 0 -> revived = true; w.unnoted++
      :: else
      fi;
      w.references++;
      w.users++; GOT
    :: else -> got = false
    fi;
    COUNTED
  }
}

// word::note_stalled, the second half.
inline note_stalled(w) {
  d_step {
    TOUCH;
    if
#ifndef TWIN_looks_again
    :: w.state == counting -> w.stalled++
#endif
    :: else  // never: who has a reference keeps it counting
    fi;
    w.unnoted--;
    COUNTED
  }
}

// refcount::get_not_zero
inline get_not_zero(w, got, revived) {
  get_not_zero_add(w, got, revived);
  if
  :: revived -> note_stalled(w); revived = false
  :: else
  fi
}

// refcount::put_to_zero
inline put_to_zero(w, crossed) {
  d_step {
    TOUCH;
    crossed = false;
    if
    :: w.state == counting && w.references > 0 ->
      w.references--;
      w.users--;
      if
      :: w.references == 0 -> crossed = true; w.unsettled++
      :: else
      fi
    :: else -> MISUSE  // never
    fi;
    COUNTED
  }
}

// refcount::put_not_last
inline put_not_last(w, did) {
  d_step {
    TOUCH;
    if
    :: w.state == counting && w.references == 1 -> did = false
    :: w.state == counting && w.references > 1 -> w.references--; did = true
    :: else -> MISUSE  // never
    fi;
    COUNTED
  }
}

// refcount::settle
inline settle(w, to, ours, was_doomed) {
  d_step {
    TOUCH;
    if
    :: w.state == counting && w.references == 0 && NONE_STALLED(w) ->
      was_doomed = w.doomed;
      w.state = to; w.stalled = 0; w.doomed = false; w.unsettled--;
      ours = true
    :: else -> ours = false; was_doomed = false
    fi;
    COUNTED
  }
}

// refcount::take_back
inline take_back(w, did) {
  d_step {
    TOUCH;
    if
    :: w.state == counting && w.references == 0 && NONE_STALLED(w) ->
      w.references = 1; w.unsettled--; did = true
    :: else -> did = false
    fi;
    COUNTED
  }
}

// refcount::leave
inline leave(w, left) {
  d_step {
    TOUCH;
    if
    :: w.state != counting -> left = true  // never: nobody settles while somebody is unsettled
#ifndef TWIN_leaves_unasked
    :: w.state == counting && w.references == 0 && w.stalled == 0 -> left = false
#endif
#ifdef TWIN_does_not_leave  // looks again and again until it may settle
    :: else -> left = false
#else
    :: else ->
      if
      :: w.stalled == -1 -> MISUSE  // never
      :: else -> w.stalled--; w.unsettled--; left = true
      fi
#endif
    fi;
    COUNTED
  }
}

// refcount::freeze
inline freeze(w, n, did) {
  d_step {
    TOUCH;
    if
    :: (n == 0 && w.state == idle) ||
       (n > 0 && w.state == counting && plain_word(w) && w.references == n) ->
      w.state = frozen; w.references = 0; did = true
    :: else -> did = false
    fi;
    COUNTED
  }
}

// refcount::unfreeze
inline unfreeze(w, n) {
  d_step {
    TOUCH;
    if
    :: w.state == frozen && n == 0 -> w.state = idle
    :: w.state == frozen && n > 0 -> w.state = counting; w.references = n
    :: else -> MISUSE  // never
    fi;
    COUNTED
  }
}

// refcount::bury
inline bury(w) {
  d_step {
    TOUCH;
    if
    :: w.state == idle || w.state == frozen -> w.state = dead
    :: else -> MISUSE  // never
    fi;
    COUNTED
  }
}

// refcount::bury_sole
inline bury_sole(w, n, did) {
  d_step {
    TOUCH;
    if
    :: w.state == counting && plain_word(w) && w.references == n ->
      w.state = dead; w.references = 0; did = true
    :: else -> did = false
    fi;
    COUNTED
  }
}

// refcount::resurrect
inline resurrect(w, got) {
  d_step {
    TOUCH;
    if
    :: w.state == idle -> w.state = counting; w.references = 1; got = true; w.users++; GOT
    :: w.state == counting ->
      if
      :: w.references == 0 -> w.stalled++
      :: else
      fi;
      w.references++;
      got = true;
      w.users++; GOT
    :: else -> got = false
    fi;
    COUNTED
  }
}

// refcount::doom
inline doom(w, drop, did) {
  d_step {
    TOUCH;
    if
    :: w.state == counting && !w.doomed && w.references > drop ->
      w.doomed = true; w.references = w.references - drop;
      w.own = w.own - drop; did = true
    :: else -> did = false
    fi;
    COUNTED
  }
}
