// parking.pml - a cache's entry between its users and the hands that want its room: nobody is evicted
// in use, and who is idle stands in a queue, where a hand finds it.
//
//   model           header
//   get             cache::get -> table_segment::find_at_once: get_not_zero, then the slot once more; in
//                   a slab, so it may come too late, and to another life
//   put_reference   cached::put_reference, last_put; cache_keeper::last_put: take_back and come_back,
//                   or settle; then settle() of the policy, which may evict
//   hand            cache_keeper::shrink -> lap_fifo::evict_one: next, park, end
//   eraser          cache::erase: the table's lock and get_unnoticed; cache_keeper::retire -> leave_for
//   killer          external::kill_on_put -> cached::doom_reference -> cache_keeper::doom
//   maker           make in the same slot, claim, into the table, cache_keeper::enter; when that has
//                   no room, out of the table, and refuse, or enter_leaving
//   finish          cache_keeper::finish: out of the table, release
//
// One name, LIVES objects of it one after the other in the same slot of the slab. GETTERS look it up,
// HANDS evict, ERASERS erase. A getter may say kill. Rules 27-36, 49; record 0017.

#ifndef GETTERS
#define GETTERS 2
#endif
#ifndef HANDS
#define HANDS 1
#endif
#ifndef ERASERS
#define ERASERS 1
#endif
#ifndef LIVES
#define LIVES 1
#endif

byte life;       // ghost: which object stands in the slot
byte published;  // ghost: which was in the table last

// `mine`: the life that the process has a reference to, or answers for; 0 without.
#define TOUCH assert(mine == 0 || (mine == life && !w.freed))
#define MISUSE assert(false)
#define GOT mine = life
#define COUNTED NOTES_ARE_RIGHT(w); assert(w.state != counting || w.references == w.users + w.own)
#include "counted_word.pml"

mtype = { outside, queued, parked, leaving };

word_type w;
lock_type keeper_lock;  // guards what follows; table_lock is inside of nothing
mtype place = outside;
bool in_queue;          // the queue has it linked
lock_type table_lock;
bool named;             // in the table
bool kept;              // by the cache
bool unwanted;          // kill_on_put; in standing_
byte running = GETTERS + HANDS + ERASERS + 2;

// cache_keeper::finish, with no lock held.
inline finish() {
  lock(table_lock);
  named = false;
  unlock(table_lock);
  d_step {
    assert(mine == life && !w.freed && w.users == 0 && w.own == 0 && w.state == dead);
    assert(!in_queue && !named);
    w.freed = true
  };
  mine = 0
}

// lap_fifo::next and end: the hand has the keeper's lock. `evicted`: it is for finish().
inline meet(evicted) {
  d_step { assert(in_queue && place == queued && w.own == 1); in_queue = false; mine = life };
  do
#ifdef TWIN_waits_until_it_is_idle
  :: did = false;  // though who uses it may want the lock
#else
  :: put_own_not_last(did);
#endif
    if
    :: did ->
#ifdef TWIN_parks_late
      unlock(keeper_lock);
      lock(keeper_lock);
#endif
      place = parked; evicted = false; break
    :: else
    fi;
    bury_own(did);
    if
    :: did -> place = leaving; evicted = true; break
    :: else  // somebody has come for it
    fi
  od
}
// put_not_last of the queue's own reference.
inline put_own_not_last(did) {
#ifdef TWIN_looks_and_then_puts
  // As if "it is in use" were still so: nobody may be left to notice the zero.
  did = (w.references > 1);
  if
  :: did ->
    d_step { w.own = 0; w.references--; if :: w.references == 0 -> w.unsettled++ :: else fi }
  :: else
  fi
#else
  d_step {
    TOUCH;
    assert(w.state == counting && w.references > 0);
    did = (w.references > 1);
    if
    :: did -> w.references--; w.own = 0
    :: else
    fi;
    COUNTED
  }
#endif
}
inline bury_own(did) {
#ifdef TWIN_buries_what_was_sole
  d_step { w.state = dead; w.references = 0; w.own = 0; did = true }
#else
  d_step {
    TOUCH;
    did = (w.state == counting && plain_word(w) && w.references == 1);
    if
    :: did -> w.state = dead; w.references = 0; w.own = 0
    :: else
    fi;
    COUNTED
  }
#endif
}

// cache_keeper::leave_for, with the keeper's lock; the caller has a reference.
inline leave_for() {
  if
  :: place == queued ->
    in_queue = false;
    place = leaving;
    put_own_not_last(did);
    assert(did)
  :: else -> place = leaving
  fi
}
inline retire() {
  lock(keeper_lock);
  assert(kept);
  if
  :: place != leaving -> leave_for()
  :: else
  fi;
  unlock(keeper_lock)
}
inline kill_on_put() {
  unwanted = true;
  if
  :: kept ->
    lock(keeper_lock);
    if
    :: place == queued || place == parked -> leave_for()
    :: else  // who enters it will see that it is unwanted
    fi;
    unlock(keeper_lock)
  :: !kept
  fi
}

// cached::last_put -> cache_keeper::last_put. `over`: finish() is to be called.
inline put_reference() {
  put_to_zero(w, crossed);
  if
  :: crossed ->
    do
    :: !kept ->  // refused, and nobody's: it dies without the cache
      settle(w, dead, did, doomed);
      if
      :: did ->
        d_step { assert(mine == life && !w.freed && w.users == 0 && !named); w.freed = true };
        over = false;
        break
      :: else ->
        leave(w, left);
        if
        :: left -> over = false; break
        :: else
        fi
      fi
    :: kept ->
      lock(keeper_lock);
      over = false;
      if
      :: place == parked ->
        take_back_own(did);
        if
        :: did ->
          place = queued;
#ifndef TWIN_does_not_come_back
          in_queue = true;
#endif
          if  // lap_fifo::settle: is there room?
          :: true
          :: meet(over)
          fi
        :: else
        fi
      :: else ->
        assert(place != queued);  // else the queue's reference has been put by somebody else
        settle(w, dead, did, doomed);
        over = did
      fi;
#ifdef TWIN_keeps_the_lock
      if
      :: did || over -> unlock(keeper_lock)
      :: else
      fi;
#else
      unlock(keeper_lock);
#endif
      if
      :: did || over -> break
      :: else ->
        leave(w, left);
        if
        :: left -> break
        :: else
        fi
      fi
    od;
    if
    :: over -> finish()
    :: else
    fi
  :: else
  fi;
  mine = 0
}
inline take_back_own(did) {
  d_step {
    TOUCH;
    did = (w.state == counting && w.references == 0 && NONE_STALLED(w));
    if
    :: did -> w.references = 1; w.unsettled--; w.own = 1
    :: else
    fi;
    COUNTED
  }
}

mtype = { getter, eraser, maker };

proctype user(mtype role) {
  bool got, revived, crossed, over, did, doomed, left, in, ours;
  byte mine;
  if
  :: role == getter ->
    if
    :: named ->
      get_not_zero(w, got, revived);
#ifdef TWIN_does_not_look_at_the_slot_again
      did = true;
#else
      did = named;
#endif
      if
      :: got && did ->
        assert(mine == life && !w.freed && w.state == counting);  // in use
        assert(published == mine);                                // and what was looked for
        if
        :: true
        :: kill_on_put()
        fi
      :: else
      fi
    :: !named
    fi

  :: role == eraser ->
    lock(table_lock);
    if
    :: named ->
      get_not_zero(w, got, revived);  // no: a dying one
      if
      :: got -> named = false
      :: else
      fi
    :: else
    fi;
    unlock(table_lock);
    if
    :: got -> retire()
    :: else
    fi

  :: role == maker ->
again:
    if
    :: life < LIVES && w.freed ->
      d_step {
        w.freed = false; life++; mine = life;
        w.users = 1; place = outside; unwanted = false; got = true
      };
      birth(w, 1);
      kept = true;  // claim
      lock(table_lock);
      d_step { named = true; published = life };
      unlock(table_lock);
      lock(keeper_lock);  // enter
      if
      :: place == outside && unwanted -> place = leaving; in = true
      :: place == outside && !unwanted ->
        if
        :: d_step { get(w); w.users--; w.own = 1; place = queued; in_queue = true }; in = true
        :: place = parked; in = true  // no room, and at_limit::overshoot
        :: in = false                 // no room
        fi
      :: else -> in = true  // erased meanwhile
      fi;
      unlock(keeper_lock);
      if
      :: in
      :: !in ->
        lock(table_lock);
#ifdef TWIN_gives_up_who_was_erased
        ours = true;
#else
        ours = named;
#endif
        named = false;
        unlock(table_lock);
        lock(keeper_lock);
        if
        :: ours -> kept = false  // refuse
        :: !ours && place == outside -> place = leaving  // enter_leaving
        :: !ours && place != outside
        fi;
        unlock(keeper_lock)
      fi
    :: life > 0 -> role = eraser  // makes no more
    fi
  fi;
  if
  :: got -> put_reference(); got = false
  :: else
  fi;
  if
  :: role == maker -> goto again
  :: role != maker -> running--
  fi
}

proctype hand(bool after_all) {
  bool did, evicted;
  byte mine;
  if
  :: after_all -> running == 1
  :: !after_all
  fi;
  lock(keeper_lock);
  if
  :: in_queue -> meet(evicted)
  :: else
  fi;
  unlock(keeper_lock);
  if
  :: evicted -> finish()
  :: else -> mine = 0
  fi;
  if
  :: after_all -> assert(w.freed && !named)
  :: !after_all
  fi;
  running--
}

init {
  byte n;
  atomic {
    w.freed = true;
    run user(maker);
    RUN(GETTERS, user(getter));
    RUN(HANDS, hand(false));
#if ERASERS > 0
    RUN(ERASERS, user(eraser));
#endif
    run hand(true)
  }
}

ltl all_end { <> (running == 0) }
