// cache_end.pml - a cache is destroyed while others have references and put them: its keeper lives as
// long as anybody needs it, and no longer, and nobody is told anything once the destructor has returned.
//
//   model           header
//   put_reference   cached::put_reference, last_put; cache_keeper::last_put: take_back and come_back, and
//                   then settle() of the policy, which may evict the other one; or settle
//   meet            lap_fifo::next, end, park
//   finish          cache_keeper::finish: on_evict, out of the table, advance, release
//   finished        cache_keeper::finished
//   keeper_last_put cache_keeper::reach, last_put
//   holder          external::kill_on_put -> cached::doom_reference -> cache_keeper::doom; or not;
//                   and the put
//   inserter        cache::insert: cache_keeper::claim, the table, enter -> try_enter, refuse, disown
//   closer          cache_keeper::close: name_table::for_each, end_if_idle, retire, leave_for; then
//                   wait_for_finishing. It comes when nobody uses the cache any more: only references
//   hold_keeper     cached::hold_keeper, let_keeper_go
//   advance, wait   turnstile
//
// Two objects: `old` is in the cache in the beginning, anywhere, and held by HOLDERS; `young` is
// inserted, or refused, while somebody else has it too; with BY_MARK by somebody who has got it from a
// mark, maybe between the two halves of its last put; or with YOUNG_IS_IN is in the cache already.
// Without HEARS there is no on_evict. What comes too late for the keeper comes to freed memory: so who
// is on the way to it holds it, and who gives an object up, or takes one, waits for him. Rules 27-36, 42, 49; record 0017.

#ifndef HOLDERS
#define HOLDERS 1
#endif
#ifndef YOUNG_HOLDERS
#define YOUNG_HOLDERS 1
#endif
#ifdef YOUNG_IS_IN
#define INSERTERS 0
#else
#define INSERTERS 1
#endif
#ifdef BY_MARK
#define INSERTER_HAS 0
#else
#define INSERTER_HAS INSERTERS
#endif

#define TOUCH assert(!w.freed)
#define MISUSE assert(false)
#define GOT skip
#define COUNTED NOTES_ARE_RIGHT(w); assert(w.state != counting || w.references == w.users + w.own)
#include "counted_word.pml"

#define old 0
#define young 1
#define nobody 2

mtype = { outside, queued, parked, leaving };
mtype = { holder, inserter, closer };

word_type word[2];
mtype place[2] = outside;  // under keeper_lock
bool kept[2];              // keeper_
bool held[2];              // its mark: somebody is on his way to the keeper
bool unwanted[2];          // in standing_
lock_type table_lock;
bool named[2];
lock_type keeper_lock;     // guards what follows
byte members;
byte finishing;
bool closed;
bool orphan;
byte passed;               // gone_
bool keeper_freed;         // ghost
bool cache_gone;           // ghost: its destructor has returned
byte telling;              // ghost: so many on_evict run
bool told[2];              // ghost
byte using = INSERTERS;    // ghost: so many use the cache
byte running = HOLDERS + YOUNG_HOLDERS + INSERTERS + 1;
bool ended;

#define KEEPER assert(!keeper_freed)
#define TABLE assert(!cache_gone)

// Who has the keeper's lock does until his next word or ticket what nobody can see: one step.
inline lock_keeper() {
  keeper_lock == 0; KEEPER; keeper_lock = _pid + 1
}
inline unlock_keeper() {
  KEEPER; unlock(keeper_lock)
}
inline delete_keeper() {
  d_step { assert(!keeper_freed && keeper_lock == 0); keeper_freed = true }
}
inline advance() {
  d_step { KEEPER; passed++ };
  KEEPER  // notify_all
}
inline leave_table(y) {
  atomic { table_lock == 0 -> TABLE; named[y] = false }
}

// Whose it is, if anybody's: neither changes until it is let go.
inline hold_keeper() {
#ifdef TWIN_does_not_hold_its_keeper
  in = kept[x]
#else
  atomic { !held[x] -> in = kept[x]; held[x] = true }
#endif
}

inline release(y) {
  d_step {
    assert(!word[y].freed && word[y].users == 0 && word[y].own == 0 && word[y].state == dead);
    assert(!named[y]);
    word[y].freed = true
  }
}
inline finish(y) {
#ifdef HEARS
  d_step { KEEPER; TABLE; assert(!told[y]); told[y] = true; telling++ };  // on_evict
  d_step { TABLE; telling-- };
#endif
  leave_table(y);
#ifdef HEARS
  advance();
#endif
  release(y)
}

// One that last_put() ended is freed.
inline finished() {
  atomic {
    lock_keeper();
    members--;
#ifndef TWIN_does_not_count_who_is_finished
    finishing--;
#endif
    last = (orphan && members == 0);
    waits = (closed && !orphan)
  };
#ifdef TWIN_does_not_announce
  waits = false;
#endif
#ifdef TWIN_announces_after_its_lock
  d_step { unlock_keeper() };
  if
  :: waits -> advance()
  :: else
  fi;
#else
  if
  :: waits -> advance()
  :: else
  fi;
  d_step { unlock_keeper() };
#endif
#ifdef TWIN_looks_after_its_lock
  d_step { KEEPER; last = (orphan && members == 0) };
#endif
  if
  :: last -> delete_keeper(); last = false
  :: else
  fi;
  waits = false
}

// lap_fifo::next and end, of the policy: the cache's own reference to who is in the queue.
inline put_own_not_last(y) {
  d_step {
    assert(!word[y].freed && word[y].state == counting && word[y].references > 0);
    did = (word[y].references > 1);
    if
    :: did -> word[y].references--; word[y].own = 0
    :: else
    fi
  }
}
inline meet() {
  do
  :: put_own_not_last(met);
    if
    :: did -> place[met] = parked; break
    :: else
    fi;
    d_step {
      did = (word[met].state == counting && plain_word(word[met]) && word[met].references == 1);
      if
      :: did ->
        word[met].state = dead; word[met].references = 0; word[met].own = 0;
        place[met] = leaving; ending = met
      :: else  // somebody has come for it
      fi
    };
    if
    :: did -> break
    :: else
    fi
  od
}

// With the keeper's lock; the caller has a reference.
inline leave_for() {
  if
  :: place[x] == queued -> put_own_not_last(x); assert(did)
  :: else
  fi;
  place[x] = leaving
}

// `over`: hands off.
inline keeper_last_put_locked() {
  if
  :: place[x] == parked && !closed ->
    d_step {  // take_back, come_back
      assert(!word[x].freed);
      over = (word[x].state == counting && word[x].references == 0 && NONE_STALLED(word[x]));
      if
      :: over ->
        word[x].references = 1; word[x].unsettled--; word[x].own = 1;
        place[x] = queued
      :: else
      fi
    };
    if
    :: over ->
#if HOLDERS > 0
      do  // settle: is there room?
      :: ending == nobody && (place[old] == queued || place[young] == queued) ->
        if
        :: place[old] == queued -> met = old
        :: place[young] == queued -> met = young
        fi;
        meet()
      :: break
      od
#else
      skip
#endif
    :: else
    fi
#ifdef BY_MARK
  :: place[x] == queued -> assert(word[x].references > 0)  // got, and inserted, before it came here
  :: place[x] != queued && (place[x] != parked || closed) ->
#else
  :: place[x] != parked || closed ->
    assert(place[x] != queued);  // else the queue's reference has been put by somebody else
#endif
    settle(word[x], dead, over, doomed);
    if
    :: over ->
      d_step {
        place[x] = leaving; ending = x;
#ifdef TWIN_tells_though_it_is_orphaned
        quiet = false
#else
        quiet = orphan
#endif
      }
    :: else
    fi
  fi;
  atomic {
#ifndef TWIN_does_not_count_who_is_finished
    if
    :: ending != nobody -> finishing++
    :: else
    fi;
#endif
    held[x] = false;
    unlock_keeper()
  };
#ifdef TWIN_does_not_take_its_hands_off
  if
  :: over && ending == nobody -> KEEPER
  :: else
  fi;
#endif
  if
  :: ending != nobody ->
#ifdef TWIN_counts_before_it_finishes
    finished();
#endif
    if
    :: quiet -> release(ending)
    :: !quiet -> finish(ending)
    fi;
#ifndef TWIN_counts_before_it_finishes
    finished();
#endif
    d_step { ending = nobody; met = 0; quiet = false }
  :: else
  fi
}

// A hand that holds the lock may be waiting for just this put to say that it was overtaken.
inline keeper_last_put() {
  atomic {
    over = false;
    if
    :: lock_keeper(); reached = true
#if defined(BY_MARK) && HOLDERS > 0  // else no hand
#ifndef TWIN_waits_for_a_hand
    :: keeper_lock != 0 && word[x].state == counting && word[x].references > 0 ->
      KEEPER; held[x] = false; reached = false
#endif
#endif
    fi
  };
  if
  :: reached -> keeper_last_put_locked()
  :: else
  fi;
  reached = false
}

inline put_reference() {
  put_to_zero(word[x], crossed);
  if
  :: crossed ->
    do
    :: hold_keeper();
#ifdef TWIN_holds_nobody
      if
      :: !in -> held[x] = false
      :: else
      fi;
#endif
      if
      :: in -> keeper_last_put()
#if INSERTERS > 0
      :: !in ->  // refused, and nobody's
        settle(word[x], dead, over, doomed);
        held[x] = false;
        if
        :: over -> release(x)
        :: else  // never without a mark
        fi
#endif
      fi;
      if
      :: over -> break
      :: else ->
        leave(word[x], left);
        if
        :: left -> break
        :: else
        fi
      fi
    od
  :: else
  fi;
  atomic { did = false; crossed = false; over = false; left = false; doomed = false; in = false }
}

proctype user(mtype role; byte x) {
  bool did, crossed, over, doomed, left, last, waits, in, quiet, got, revived, reached;
  byte ending = nobody, met, ticket;
  bool theirs[2];
  if
  :: role == holder ->
    if
    :: true
    ::  // kill_on_put
      unwanted[x] = true;
      if
      :: kept[x] -> hold_keeper()
      :: !kept[x] -> goto put_it
      fi;
      if
      :: in ->
        atomic {
          lock_keeper();
          if
          :: place[x] == queued || place[x] == parked -> leave_for()
          :: else  // outside: who enters it will see that it is unwanted
          fi;
          held[x] = false;
          unlock_keeper()
        }
      :: else -> held[x] = false  // never where nobody is refused
      fi
    fi

#if INSERTERS > 0
  :: role == inserter ->
#ifdef BY_MARK
    if
    :: atomic { !word[x].freed -> get_not_zero_add(word[x], got, revived) };
      if
      :: revived -> note_stalled(word[x]); revived = false
      :: else
      fi
    :: word[x].freed
    fi;
    if
    :: got -> got = false
    :: else -> using--; goto done
    fi;
#endif
    atomic { !held[x] -> kept[x] = true };  // claim
    if
    ::  // its name is free
      atomic { table_lock == 0 -> named[x] = true };
      atomic {
        lock_keeper();  // enter
        in = true;
        if
        :: place[x] == outside && unwanted[x] -> place[x] = leaving
        :: place[x] == outside && !unwanted[x] ->
          if
          :: d_step { get(word[x]); word[x].users--; word[x].own = 1; place[x] = queued }
          :: place[x] = parked
          :: in = false  // no room
          fi
        fi;
        members = members + in;
        unlock_keeper()
      };
      if
      :: in
      :: !in ->
        leave_table(x);
        hold_keeper();  // refuse
        atomic {
          lock_keeper();
          assert(place[x] == outside);
          kept[x] = false;
          held[x] = false;
          unlock_keeper()
        }
      fi
    ::  // another one has it
      hold_keeper();  // disown
      atomic { lock_keeper(); kept[x] = false; held[x] = false; unlock_keeper() }
    fi;
    d_step { in = false; using-- }
#endif

  :: role == closer ->
    using == 0;
    atomic { lock_keeper(); closed = true; unlock_keeper() };
    lock(table_lock);
    do
    :: x == nobody -> x = 0; break
    :: x != nobody && named[x] ->
      get_not_zero(word[x], got, revived);
      d_step { theirs[x] = got; got = false; x++ }
    :: else -> x++
    od;
    unlock(table_lock);
    goto next_one
  fi;
put_it:
  put_reference();
next_one:
  if
  :: role == closer ->
    do
    :: x != nobody && theirs[x] ->
      theirs[x] = false;
      atomic {  // end_if_idle
        lock_keeper();
        did = ((place[x] == queued || place[x] == parked) && word[x].state == counting &&
               plain_word(word[x]) && word[x].references == 1 + word[x].own);
        if
        :: did ->
          word[x].state = dead; word[x].references = 0; word[x].own = 0; word[x].users--;
          place[x] = leaving; members--
        :: else
        fi;
        unlock_keeper()
      };
      if
      :: did -> finish(x)
      :: else ->
#ifndef TWIN_does_not_retire_who_is_in_use
        atomic {
          lock_keeper();
          if
          :: place[x] != leaving -> leave_for()
          :: else
          fi;
          unlock_keeper()
        };
#endif
        leave_table(x);
        goto put_it
      fi
    :: x != nobody && !theirs[x] -> x++
    :: x == nobody -> break
    od;
    do  // wait_for_finishing
    ::
#ifndef TWIN_takes_its_ticket_late
      d_step { KEEPER; ticket = passed };
#endif
      atomic {
        lock_keeper();
#ifdef TWIN_does_not_wait
        orphan = true;
#else
        orphan = (finishing == 0);
#endif
        did = orphan;
        last = (orphan && members == 0);
        unlock_keeper()
      };
      if
      :: last -> delete_keeper(); break
      :: did && !last -> break  // who is left deletes it
      :: !did ->
#ifdef TWIN_takes_its_ticket_late
        d_step { KEEPER; ticket = passed };
#endif
        passed != ticket;
        KEEPER
      fi
    od;
    atomic { assert(telling == 0); cache_gone = true }
  :: else
  fi;
done:
  running--
}

init {
  byte n;
  atomic {
#if HOLDERS > 0
    word[old].users = HOLDERS;
    kept[old] = true;
    named[old] = true;
    members = 1;
    birth(word[old], HOLDERS);
    if
    :: d_step { word[old].references++; word[old].own = 1; place[old] = queued }
    :: place[old] = parked
    :: place[old] = leaving                         // killed
    :: place[old] = leaving; named[old] = false     // erased
    fi;
#else
    word[old].freed = true;
#endif
    word[young].users = YOUNG_HOLDERS + INSERTER_HAS;
#ifdef YOUNG_IS_IN
    word[young].own = 1;
    birth(word[young], YOUNG_HOLDERS + 1);
    place[young] = queued;
    kept[young] = true;
    named[young] = true;
    members++;
#else
    birth(word[young], YOUNG_HOLDERS + INSERTER_HAS);
    run user(inserter, young);
#endif
#if HOLDERS > 0
    RUN(HOLDERS, user(holder, old));
#endif
#if YOUNG_HOLDERS > 0
    RUN(YOUNG_HOLDERS, user(holder, young));
#endif
    run user(closer, 0)
  }
  running == 0;
  assert(keeper_freed && word[old].freed && word[young].freed);
  ended = true
}

ltl all_end { <> ended }
