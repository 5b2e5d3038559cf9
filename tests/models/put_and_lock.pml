// put_and_lock.pml - kcref with two locks: last puts, look-ups under either lock, and evictors.
//
// The object stands in two lists, each with its lock: a name table and an LRU list, say. With INNER
// the second lock lies inside the object instead (dput's d_lock), and its unlocking looks at the lock
// once more after handing it over, as some do.
//
//   model           header
//   put_reference   kcref::put_reference, put_and_lock
//   kill            kcref::kill: unlink(), bury
//   release         kcref::release_in_turn, killed<T>
//   look_up         kcref::resurrect, or internal::get_not_zero, under one lock
//   kill_on_put     external::kill_on_put -> kcref::doom_reference
//   evictor         kcref::kill_idle with both locks, in their order
//   reclaimer       the same from the second list: it only tries the first lock (rule 33)
//
// HOLDERS have a reference each in the beginning; NAMERS and AGERS look the object up under the first
// and the second lock. What idle() answers is anybody's guess. Rules 13, 26-37, 49; record 0005.

#ifndef HOLDERS
#define HOLDERS 2
#endif
#ifndef NAMERS
#define NAMERS 1
#endif
#ifndef AGERS
#ifdef INNER
#define AGERS 0
#else
#define AGERS 1
#endif
#endif
#ifndef EVICTORS
#define EVICTORS 1
#endif
#ifndef RECLAIMERS
#define RECLAIMERS 0
#endif

bool said_kill;  // ghost: somebody has, of this use or an earlier one

#define TOUCH assert(!w.freed)
#define MISUSE assert(false)
#define GOT skip
#define COUNTED NOTES_ARE_RIGHT(w); assert(w.state != counting || w.references == w.users)
#include "counted_word.pml"

word_type w;
lock_type first_lock, second_lock;
bool named = true;    // under first_lock
bool in_lru = true;   // under second_lock
byte running = HOLDERS + NAMERS + AGERS + EVICTORS + RECLAIMERS;
bool putting;         // the first holder is at it
bool ended;           // all have, and it came to the right end

inline lock_second() {
#ifdef INNER
  atomic { second_lock == 0 -> TOUCH; second_lock = _pid + 1 }
#else
  lock(second_lock)
#endif
}
inline unlock_second() {
#ifdef INNER
  TOUCH;
  unlock(second_lock);
  TOUCH
#else
  unlock(second_lock)
#endif
}

// kcref::lock and unlock: in the order of locks(), and back.
inline lock_both() {
#ifdef TWIN_takes_them_the_other_way_round
  lock_second();
  lock(first_lock)
#else
  lock(first_lock);
#ifndef TWIN_takes_one_lock
  lock_second()
#endif
#endif
}
inline unlock_both() {
#ifdef TWIN_unlocks_in_the_same_order
  unlock(first_lock);
  unlock_second()
#else
#ifndef TWIN_takes_one_lock
  unlock_second();
#endif
  unlock(first_lock)
#endif
}

inline kill() {
  d_step {  // unlink()
    assert(w.users == 0 && named && in_lru);  // only what nobody uses is killed, and once
    named = false;
    in_lru = false
  }
  bury(w)
}
inline release() {
  d_step {
    assert(!w.freed && w.users == 0 && w.state == dead);
    w.freed = true
  }
}

inline put_reference() {
  put_to_zero(w, crossed);
#ifdef TWIN_decides_before_it_locks
  if
  :: crossed -> settle(w, idle, ours, doomed)
  :: else
  fi;
#endif
  if
  :: crossed ->
    do
    :: lock_both();
#ifdef TWIN_does_not_test_again
      ours = true;
#else
#ifndef TWIN_decides_before_it_locks
      settle(w, idle, ours, doomed);
#endif
#endif
#ifdef TWIN_forgets_who_said_kill
      doomed = false;
#endif
      if
      :: ours ->
        killed = doomed;
        if
        :: !doomed ->
          assert(w.users == 0);  // idle() is asked when nobody uses the object
          if
          :: killed = true
          :: killed = false
          fi
        :: else
        fi;
        if
        :: killed -> kill()
        :: else
        fi;
        unlock_both();
        if
        :: killed -> release(); killed = false
        :: else
        fi;
        break
      :: else ->
#ifndef TWIN_keeps_its_locks
        unlock_both();
#endif
        leave(w, left);
        if
        :: left -> break
        :: else
        fi
      fi
    od
  :: else
  fi
}

inline look_up(listed) {
  if
  :: listed ->
    if
    :: resurrect(w, got);
      assert(got)  // else unlink() forgot a list
    :: get_not_zero(w, got, revived)  // no: idle
    fi
  :: !listed
  fi
}
inline use_and_put() {
  if
  :: got ->
    if
    :: true
    :: atomic { doom(w, 0, said); said_kill = true }
    fi;
    put_reference();
    got = false
  :: else
  fi
}
inline kill_idle() {
  if
#ifdef TWIN_kills_what_was_idle
  :: was_idle -> kill(); killed = true
#else
  :: w.state == idle -> TOUCH; kill(); killed = true
#endif
  :: else
  fi
}

proctype holder(bool watched) {
  bool got = true, crossed, ours, doomed, left, killed, said;
  putting = putting || watched;
  use_and_put();
  d_step { putting = putting && !watched; running-- }
}
#if NAMERS > 0
proctype namer() {
  bool got, revived, crossed, ours, doomed, left, killed, said;
#ifdef ENDLESS
again:
#endif
  lock(first_lock);
  look_up(named);
  unlock(first_lock);
  use_and_put();
#ifdef ENDLESS
progress_found:
  goto again
#else
  running--
#endif
}  // never with ENDLESS
#endif
#if AGERS > 0
proctype ager() {
  bool got, revived, crossed, ours, doomed, left, killed, said;
  lock(second_lock);
  look_up(in_lru);
  unlock(second_lock);
  use_and_put();
  running--
}
#endif
#if EVICTORS > 0
proctype evictor() {
  bool killed;
#ifdef TWIN_kills_what_was_idle
  // Looks under one lock, and takes both afterwards, without looking again.
  bool was_idle;
  lock(first_lock);
  was_idle = named && w.state == idle;
  unlock(first_lock);
#endif
  lock(first_lock);
  if
  :: named ->
    lock_second();
    kill_idle();
    unlock_second()
  :: !named
  fi;
  unlock(first_lock);
  if
  :: killed -> release()
  :: else
  fi;
  running--
}
#endif
#if RECLAIMERS > 0
proctype reclaimer() {
  bool killed, did;
  lock(second_lock);
  if
  :: in_lru ->
#ifdef TWIN_waits_for_the_first_lock
    lock(first_lock);
    did = true;
#else
    try_lock(first_lock, did);
#endif
    if
    :: did -> kill_idle(); unlock(first_lock)
    :: else
    fi
  :: !in_lru
  fi;
  unlock(second_lock);
  if
  :: killed -> release()
  :: else
  fi;
  running--
}
#endif

init {
  byte n;
  atomic {
    w.users = HOLDERS;
    birth(w, HOLDERS);
    RUN(HOLDERS, holder(n == 1));
#if NAMERS > 0
    RUN(NAMERS, namer());
#endif
#if AGERS > 0
    RUN(AGERS, ager());
#endif
#if EVICTORS > 0
    RUN(EVICTORS, evictor());
#endif
#if RECLAIMERS > 0
    RUN(RECLAIMERS, reclaimer());
#endif
    skip
  }
#ifndef ENDLESS
  running == 0;
  assert(w.freed == (w.state == dead));
  assert(w.freed || (w.state == idle && named && in_lru));  // nothing is undecided
  assert(w.freed || !said_kill);
  ended = true
#endif
}

ltl every_put_ends { [] (putting -> <> !putting) }
ltl all_end { <> ended }
