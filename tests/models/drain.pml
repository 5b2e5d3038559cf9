// drain.pml - dual: two counts in one word; users share and put while others close and drain.
//
//   model            header
//   share            active::share -> dual::share_active
//   get_active       passive::get_active, internal::get_not_zero -> dual::get_reference_not_zero
//   put_active       dual::put_active, last_active
//   get_passive      dual::get_passive_not_zero: from an internal reference, under the list's lock
//   put_passive      dual::put_passive, last_passive; release(): leaves the list, then delete
//   close, drain     the same; the deadline may have come at any look
//
// A compare-exchange loop is spelled out here: load, then exchange, and it may fail spuriously.
// USERS have an active reference each in the beginning, LOOKERS a passive one, CLOSERS too; WALKERS
// come from the list. With ENDLESS users share and lookers try for ever, until the object is closed.
// Rules 13, 38, 41, 42; record 0008.

#ifndef USERS
#define USERS 2
#endif
#ifndef LOOKERS
#define LOOKERS 1
#endif
#ifndef CLOSERS
#define CLOSERS 1
#endif
#ifndef WALKERS
#define WALKERS 1
#endif

#include "lock.pml"

// The word. All of it changes in one step.
short active_count;
short passive_count;
bool closed;
bool inactive;

bool listed = true;
lock_type list;
bool freed;                  // ghost
byte users = USERS;          // ghost: active references in somebody's hand
byte guests;                 // ghost: shares that have added and will take it back
byte holders;                // ghost: passive references in somebody's hand
byte deactivated;            // ghost: 1 while deactivate() runs, 2 afterwards
bool close_returned;         // ghost
byte running = USERS + LOOKERS + CLOSERS + WALKERS;
bool draining;
bool ended;

#define TOUCH assert(!freed)
#define COUNTED                                                              \
  assert(active_count == users + guests);                                    \
  assert(passive_count == holders + (deactivated < 2 || unput -> 1 : 0))
#define LOOK                                                        \
  was_active = active_count; was_passive = passive_count;           \
  was_closed = closed; was_inactive = inactive
#define UNCHANGED                                                   \
  (active_count == was_active && passive_count == was_passive &&    \
   closed == was_closed && inactive == was_inactive)

bool unput;                  // ghost: the passive reference of all the active ones is there yet

inline close() {
#ifdef TWIN_closes_by_a_store
  was_active = active_count; was_passive = passive_count;
  d_step {
    TOUCH;
    active_count = was_active; passive_count = was_passive;
    closed = true
  };
#else
  d_step { TOUCH; closed = true; COUNTED };
#endif
  close_returned = true
}

inline share() {
#ifdef TWIN_shares_unheeded
  // Looks first, and adds whatever has come in between.
  shared = !closed;
  if
  :: shared -> d_step { TOUCH; active_count++; users++; assert(!close_returned); COUNTED }
  :: else
  fi
#else
  d_step {
    TOUCH;
    assert(active_count >= 1);
    active_count++;
    shared = !closed;
    if
    :: shared -> users++; assert(!close_returned)
    :: else -> guests++
    fi;
    COUNTED
  };
  if
  :: !shared -> d_step { TOUCH; assert(active_count > 1); active_count--; guests--; COUNTED }
  :: else
  fi
#endif
}

inline get_active() {
#ifdef TWIN_promotes_blindly
  d_step {
    TOUCH;
    got = !closed;
    if
    :: got -> active_count++; users++; assert(deactivated == 0 && !close_returned)
    :: else
    fi;
    COUNTED
  }
#else
  d_step { TOUCH; LOOK };
  do
  :: was_closed || was_active == 0 -> got = false; break
  :: else ->
    d_step {
      TOUCH;
      got = UNCHANGED;
      if
      :: got -> active_count++; users++; assert(deactivated == 0 && !close_returned)
      :: else -> LOOK
      fi;
      COUNTED
    };
    if
    :: got -> break
    :: else
    fi
  od
#endif
}

// Under the list's lock, which keeps the object in its place.
inline get_passive() {
  d_step { TOUCH; LOOK };
  do
  :: was_passive == 0 -> got = false; break
  :: else ->
    d_step {
      TOUCH;
      got = UNCHANGED;
      if
      :: got -> passive_count++; holders++
      :: else -> LOOK
      fi;
      COUNTED
    };
    if
    :: got -> break
    :: else
    fi
  od
}

inline last_passive() {
  d_step { TOUCH; assert(active_count == 0 && passive_count == 0) };
  lock(list);
  listed = false;
  unlock(list);
  d_step {
    assert(!freed && users == 0 && holders == 0 && deactivated == 2);  // release once, all over
    freed = true
  }
}

inline put_passive() {
  d_step {
    TOUCH;
    assert(passive_count > 0);
    holders--; passive_count--;
    last = (passive_count == 0);
    COUNTED
  };
  if
  :: last -> last_passive()
  :: else
  fi
}

inline put_active() {
  d_step {
    TOUCH;
    assert(active_count > 0);
    users--; active_count--;
    last = (active_count == 0);
    COUNTED
  };
  if
  :: last ->
    d_step { TOUCH; assert(deactivated == 0 && users == 0); deactivated = 1 };  // once, unused
#ifdef TWIN_says_inactive_first
    d_step { TOUCH; inactive = true };
    d_step { TOUCH; deactivated = 2; unput = true };
#else
    d_step { TOUCH; deactivated = 2; unput = true };
#ifndef TWIN_never_says_inactive
#ifndef TWIN_puts_before_it_says_so
    d_step { TOUCH; inactive = true };
#endif
#endif
#endif
    d_step {
      TOUCH;
      unput = false; passive_count--;
      last = (passive_count == 0);
      COUNTED
    };
#ifdef TWIN_puts_before_it_says_so
    d_step { TOUCH; inactive = true };
#endif
    if
    :: last -> last_passive()
    :: else
    fi
  :: else
  fi
}

proctype user() {
  bool wants = true, shared, last;  // one more, beside his own
  byte mine = 1;
  do
  :: wants && mine == 1 ->
    share();
    mine = mine + shared;
#ifdef ENDLESS
    wants = shared
#else
    wants = false
#endif
  :: mine > wants -> put_active(); mine--
  :: mine == 0 -> break
  od;
  running--
}

#if LOOKERS > 0
proctype looker() {
  bool has = true, got, last, was_closed, was_inactive;
  short was_active, was_passive;
  get_active();
  do
  :: got -> put_active(); got = false
  :: has -> put_passive(); has = false
  :: !got && !has -> break
  od;
  running--
}
#endif

#if WALKERS > 0
proctype walker() {
  bool got, last, was_closed, was_inactive;
  short was_active, was_passive;
  lock(list);
  if
  :: listed ->
    if
    :: get_passive();
      unlock(list);
      if
      :: got -> put_passive()
      :: else
      fi
    :: get_active();
      unlock(list);
      if
      :: got -> put_active()
      :: else
      fi
    fi
  :: !listed -> unlock(list)
  fi;
  running--
}
#endif

proctype closer(bool watched) {
  bool last, complete;
  short was_active, was_passive;
#ifndef TWIN_drains_without_closing
#ifdef TWIN_drains_first
  draining = draining || watched;
  do
  :: d_step { inactive -> TOUCH }; break
  od;
  draining = draining && !watched;
#endif
  close();
#endif
  draining = draining || watched;
  do
  :: d_step { TOUCH;
#ifdef TWIN_drains_at_zero
              complete = (active_count == 0)
#else
              complete = inactive
#endif
     };
    if
    :: complete ->
      // exactly when the last one is put, and deactivate() has returned
      assert(deactivated == 2 && users == 0 && active_count == 0);
      break
    :: else  // wait(), and look again
#ifndef WAITS
    :: !complete -> break  // the deadline
#endif
    fi
  od;
  draining = draining && !watched;
  put_passive();
  running--
}

init {
  byte n;
  atomic {
    holders = LOOKERS + CLOSERS;
    active_count = USERS;                     // birth, and what was shared
    passive_count = LOOKERS + CLOSERS + 1;
    COUNTED;
    RUN(USERS, user());
#if LOOKERS > 0
    RUN(LOOKERS, looker());
#endif
#if WALKERS > 0
    RUN(WALKERS, walker());
#endif
    RUN(CLOSERS, closer(n == 1))
  }
  running == 0;
  assert(freed && !listed && users == 0 && holders == 0 && guests == 0);
  ended = true
}

ltl drain_returns { [] (draining -> <> !draining) }
ltl all_end { <> ended }
