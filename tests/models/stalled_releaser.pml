// stalled_releaser.pml - the last puts of a kref, and look-ups that revive it between the two halves
// of a put: nobody frees it under another one's feet, and it is freed.
//
//   model           header
//   put_reference   kref::put_reference -> refcount::put, put_slow
//   look_up         internal::get_not_zero under the list's lock; with STABLE as a table without a
//                   lock does it on a slab: table_segment::find
//   release         release() of an object that its own list names: unlink, then delete
//   maker           make() in the same slot of the slab, and insert (STABLE)
//
// HOLDERS have a reference each in the beginning, FINDERS look the object up; with ENDLESS they do so
// for ever. Rules 13, 20, 30, 31; record 0002.

#ifndef HOLDERS
#define HOLDERS 2
#endif
#ifndef FINDERS
#define FINDERS 3
#endif
#ifndef LIVES
#define LIVES 1
#endif

byte life = 1;  // ghost: which object stands in the memory

// `mine`: the life that the process has a reference to, or has until its put has left; 0 without.
#ifdef STABLE
#define TOUCH assert(mine == 0 || (mine == life && !w.freed))
#else
#define TOUCH assert(mine == life && !w.freed)
#endif
#define MISUSE assert(false)
#define GOT mine = life
#define COUNTED NOTES_ARE_RIGHT(w); assert(w.state != counting || w.references == w.users)
#include "counted_word.pml"

word_type w;
lock_type list;
bool listed = true;
byte running = HOLDERS + FINDERS + LIVES - 1;
bool putting;  // the first holder is at it

inline release() {
  lock(list);
  listed = false;
  unlock(list);
  d_step {
    assert(mine == life && !w.freed);  // freed once
    assert(w.users == 0 && w.state == dead);
    w.freed = true
  }
}

inline put_reference() {
  put_to_zero(w, crossed);
#ifdef TWIN_looks_again
  // rcuref's slow path: no note of the overtaken, so the exchange may meet another life.
  if
  :: crossed ->
    settle(w, dead, ours, was_doomed);
    if
    :: ours -> release()
    :: else
    fi
  :: else
  fi;
#else
  if
  :: crossed ->
    do
    :: settle(w, dead, ours, was_doomed);
      if
      :: ours -> release(); break
      :: else ->
        leave(w, left);
        if
        :: left -> break
        :: else
        fi
      fi
    od
  :: else
  fi;
#endif
  mine = 0
}

#ifdef STABLE
inline look_up() {
  if
  :: listed ->
    get_not_zero(w, got, revived);
    if
    :: got && !listed -> put_reference(); got = false  // the second look at the slot
    :: else
    fi
  :: !listed
  fi
}
#else
inline look_up() {
  lock(list);
  if
  :: listed ->
    mine = life;
#ifdef TWIN_waits_under_the_lock
    // Until who is dying is out of the list: who takes him out wants the lock.
    do
    :: listed && !got -> get_not_zero(w, got, revived)
    :: else -> break
    od
#else
    get_not_zero(w, got, revived)
#endif
  :: !listed
  fi;
  unlock(list)
}
#endif

proctype holder(bool first) {
  bool crossed, ours, was_doomed, left;
  byte mine = 1;
  putting = putting || first;
  put_reference();
  d_step { putting = putting && !first; running-- }
}

proctype finder() {
  bool got, revived, crossed, ours, was_doomed, left;
  byte mine;
#ifdef ENDLESS
again:
#endif
  look_up();
  if
  :: got ->
    assert(mine == life && !w.freed);  // in use
    put_reference();
    got = false
  :: else -> mine = 0
  fi;
#ifdef ENDLESS
progress_found:
  goto again
#else
  running--
#endif
}  // never with ENDLESS

#if LIVES > 1
proctype maker() {
  bool crossed, ours, was_doomed, left;
  byte mine, made = 1;
  do
  :: made < LIVES ->
    d_step { w.freed -> w.freed = false; life++; mine = life; w.users++ };
    birth(w, 1);
    lock(list);
    listed = true;
    unlock(list);
    put_reference();
    d_step { made++; running-- }
  :: else -> break
  od
}
#endif

init {
  byte mine = 1, n;
  atomic {
    w.users = HOLDERS;
    birth(w, HOLDERS);
    RUN(HOLDERS, holder(n == 1));
#if FINDERS > 0
    RUN(FINDERS, finder());
#endif
    skip;
#if LIVES > 1
    run maker()
#endif
  }
}

ltl every_put_ends { [] (putting -> <> !putting) }
ltl all_end { <> (running == 0 && w.freed && !listed) }
