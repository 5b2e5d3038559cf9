// reclaim.pml - kcref without a lock: look-ups and last puts against reclaim(), which freezes.
//
// The structure owns a reference. Look-ups take no lock: a grace period keeps the memory while they
// read, and whoever frees waits for it.
//
//   model           header
//   put_reference   kcref<T>::put_reference, last_put
//   look_up         internal::get_not_zero under a read-side guard
//   kill_on_put     external::kill_on_put -> kcref<T>::doom_reference; the name goes under the lock
//   reclaimer       kcref<T>::reclaim under the structure's lock: freeze, idle(), unfreeze or bury
//   release         release() after a grace period
//
// HOLDERS have a reference each in the beginning, FINDERS look the object up.
// Rules 12, 26, 27, 31, 40, 60; record 0005, "Freeze for the lockless".

#ifndef HOLDERS
#define HOLDERS 1
#endif
#ifndef FINDERS
#define FINDERS 2
#endif
#ifndef RECLAIMERS
#define RECLAIMERS 2
#endif
#define OWN 1

#define TOUCH assert(!w.freed)
#define MISUSE assert(false)
#define GOT skip
#define COUNTED NOTES_ARE_RIGHT(w); assert(w.state != counting || w.references == w.users + w.own)
#include "counted_word.pml"

word_type w;
lock_type table_lock;
bool named = true;    // written under it
byte readers;         // look-ups that may have read the name before it went
byte running = HOLDERS + FINDERS + RECLAIMERS + 1;

inline release() {
#ifndef TWIN_frees_at_once
  readers == 0;  // synchronize()
#endif
  d_step {
    assert(!w.freed && w.users == 0 && w.own == 0 && w.state == dead && !named);
    w.freed = true
  }
}

inline put_reference() {
  put_to_zero(w, crossed);
  if
  :: crossed ->
    do
    :: settle(w, dead, ours, doomed);
      if
      :: ours -> assert(doomed); release(); break  // else a put too many
      :: else ->
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

inline kill_on_put() {
  lock(table_lock);
#ifdef TWIN_dooms_and_keeps_its_own
  doom(w, 0, did);
#else
  doom(w, OWN, did);
#endif
  if
  :: did -> named = false
  :: else
  fi;
  unlock(table_lock)
}
inline use_and_put() {
  if
  :: got ->
    assert(!w.freed && w.state == counting);  // in use
    if
    :: true
    :: kill_on_put()
    fi;
    put_reference();
    got = false
  :: else
  fi
}

proctype holder() {
  bool got = true, crossed, ours, doomed, left, did;
  use_and_put();
  running--
}

proctype finder() {
  bool got, revived, crossed, ours, doomed, left, did;
  readers++;
  if
  :: named -> get_not_zero(w, got, revived)  // no: frozen, or dead
  :: !named
  fi;
#ifdef TWIN_releases_in_its_own_grace_period
  use_and_put();
  readers--;
#else
  readers--;
  use_and_put();
#endif
  running--
}

proctype reclaimer(bool after_all) {
  bool did, keep;
  if
  :: after_all -> running == 1
  :: !after_all
  fi;
  lock(table_lock);
  if
  :: named ->
#ifdef TWIN_counts_and_kills
    // "count == 1" is no decision.
    did = (w.state == counting && w.references == OWN);
    if
    :: did -> d_step { w.state = frozen; w.references = 0 }
    :: else
    fi;
#else
    freeze(w, OWN, did);
#endif
    if
    :: did ->
      assert(w.users == 0);  // idle() is asked when nobody uses it
      if
      :: after_all -> keep = false
      :: !after_all -> keep = true
      :: !after_all -> keep = false
      fi;
      if
      :: keep ->
#ifndef TWIN_forgets_to_unfreeze
        unfreeze(w, OWN);
#endif
        skip
      :: !keep ->
        d_step { assert(w.users == 0); named = false; w.own = 0 };
        bury(w)
      fi
    :: else
    fi;
    did = did && !keep
  :: !named -> did = false
  fi;
  unlock(table_lock);
  if
  :: did -> release()
  :: else
  fi;
  if
  :: after_all -> assert(w.freed)
  :: !after_all
  fi;
  running--
}

init {
  byte n;
  atomic {
    w.users = HOLDERS;
    w.own = OWN;
    birth(w, HOLDERS + OWN);
    RUN(HOLDERS, holder());
    RUN(FINDERS, finder());
    RUN(RECLAIMERS, reclaimer(false));
    run reclaimer(true)
  }
}

ltl all_end { <> (running == 0) }
