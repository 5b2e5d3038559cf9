// dying_twin.pml - who asks a cache to create a name whose object is dying waits, gets on, and never
// meets what on_evict still writes back.
//
//   model           header
//   get_or_create   cache::get_or_create -> find_or_create -> creations::run: one creates, the others
//                   wait in its room and then look for themselves
//   wait            cache::wait_for_the_dying -> cache_keeper::wait_while: ticket, look, wait
//   evictor         cache_keeper::shrink, finish: dead, on_evict, the name out of the table, advance()
//   advance, wait   turnstile
//
// One name. CREATORS ask for it, EVICTORS evict whatever stands there. Who got an object has put it
// again at once: the counts are other models' business. A creation may fail (answer empty).
// Rules 35, 36; record 0017, "The order of leaving".

#ifndef CREATORS
#define CREATORS 3
#endif
#ifndef EVICTORS
#define EVICTORS 2
#endif

#include "lock.pml"

mtype = { absent, present, dying };
mtype name = absent;     // what stands under the name: table::look
bool writing_back;       // ghost: on_evict runs
byte creating;           // ghost: create() runs
lock_type gate;          // creations' gate: guards what follows
bool listed;             // somebody's creation is
#define CREATIONS 16     // more than there can be
byte room;               // which creation that is: each has a room to wait in
bool opened[CREATIONS];
bool answer[CREATIONS];  // it was not empty
byte passed;             // turnstile
byte running = CREATORS + EVICTORS;

inline advance() {
#ifndef TWIN_does_not_announce
  passed++
#else
  skip
#endif
}

// Of who creates. `found`: it is there after all.
inline wait_for_the_dying() {
  found = false;
  do
  :: name == absent -> break
  :: name == present -> found = true; break
  :: name == dying ->
#ifdef TWIN_takes_its_ticket_late
    if
    :: name != dying
    :: name == dying -> ticket = passed; passed != ticket
    fi
#else
    ticket = passed;
    if
    :: name != dying
    :: name == dying -> passed != ticket
    fi
#endif
  od
}

proctype creator() {
  bool found, mine;
  byte ticket, theirs;
again:
  if
  :: name == present -> goto got  // a hit
  :: name != present
  fi;
  lock(gate);
  d_step {  // creation::enter
    mine = !listed;
    if
    :: mine -> listed = true; room++
    :: else
    fi;
    theirs = room
  };
  unlock(gate);
  if
  :: !mine ->
    opened[theirs];  // room::wait
    if
    :: !answer[theirs] -> goto over  // takes its failure
    :: answer[theirs] -> goto again
    fi
  :: mine ->
#ifdef TWIN_does_not_wait
    found = (name == present);
#else
    wait_for_the_dying();
#endif
    if
    :: !found ->
      creating++;
      assert(creating == 1);   // one creates
      assert(!writing_back);   // and meets nobody who has not gone
      if
      :: d_step { assert(name != present); name = present }; found = true
      :: found = false  // create() answered so
      fi;
      creating--
    :: found
    fi;
    lock(gate);
    listed = false;  // creation::leave
    unlock(gate);
#ifndef TWIN_does_not_open_when_it_fails
    d_step { answer[theirs] = found; opened[theirs] = true };
#else
    if
    :: found -> d_step { answer[theirs] = found; opened[theirs] = true }
    :: !found
    fi;
#endif
    if
    :: found
    :: !found -> goto over
    fi
  fi;
got:
over:
  running--
}

proctype evictor() {
  atomic {
    if
    :: name == present -> name = dying  // bury_sole, under the keeper's lock
    :: name != present -> goto over
    fi
  };
  writing_back = true;
#ifdef TWIN_frees_the_name_first
  name = absent;
#endif
  writing_back = false;
#ifdef TWIN_announces_first
  advance();
  name = absent;
#else
  name = absent;
  advance();
#endif
over:
  running--
}

init {
  byte n;
  atomic {
    name = present;
    RUN(CREATORS, creator());
    RUN(EVICTORS, evictor())
  }
}

ltl all_end { <> (running == 0) }
