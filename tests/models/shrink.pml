// shrink.pml - resurrect against shrink: kcref with one lock, an idle list, and a child that holds its
// parent.
//
// Object 0 is the parent, 1 the child, which has an external reference to it (a dentry and its
// directory). idle() puts on the idle list what it keeps; resurrect takes it off, or with LAZY leaves
// it there for shrink to skip.
//
//   model           header
//   put_reference   kcref::put_reference, put_and_lock; then release_in_turn: the child's release puts
//                   the parent, after it and not within it
//   look_up         kcref::resurrect under the lock
//   shrinker        kcref::kill_idle for all that is on the idle list, killed<T> after the lock
//
// HOLDERS have a reference to the child in the beginning, FINDERS look up the one or the other.
// Rules 27-34; records 0005, 0009.

#ifndef HOLDERS
#define HOLDERS 1
#endif
#ifndef FINDERS
#define FINDERS 2
#endif
#ifndef SHRINKERS
#define SHRINKERS 1
#endif

#define TOUCH assert(!w.freed)
#define MISUSE assert(false)
#define GOT skip
#define COUNTED NOTES_ARE_RIGHT(w); assert(w.state != counting || w.references == w.users)
#include "counted_word.pml"

#define parent 0
#define child 1
#define nobody 2

word_type object[2];
lock_type cache_lock;  // guards what follows
bool named[2];
bool on_idle_list[2];
#define CAN_BE_SHRUNK(o) (object[o].freed || (object[o].state == idle && on_idle_list[o]))
byte running = HOLDERS + FINDERS + SHRINKERS + 1;

// Under the lock.
inline idle_hook(o) {
  d_step {
    assert(object[o].users == 0 && named[o]);  // asked when nobody uses it
#ifndef LAZY
    assert(!on_idle_list[o]);  // it goes there once
#endif
    on_idle_list[o] = true
  }
}
inline kill(o) {
  d_step {  // unlink()
    assert(object[o].users == 0 && named[o]);
    assert(o == child || object[child].freed);  // the child pins it
    named[o] = false;
    on_idle_list[o] = false
  }
  bury(object[o])
}

// With no lock held: `then` is whom the release puts.
inline release(o, then) {
  d_step {
    assert(!object[o].freed && object[o].users == 0 && object[o].state == dead);
    object[o].freed = true
  }
  then = (o == child -> parent : nobody)
}

// o becomes nobody.
inline put_reference(o) {
  do
  :: o != nobody ->
    put_to_zero(object[o], crossed);
    if
    :: crossed ->
      do
      :: lock(cache_lock);
        settle(object[o], idle, ours, doomed);
        if
        :: ours ->
          if
          :: idle_hook(o); killed = false
          :: o == child || object[child].freed -> kill(o); killed = true
          fi;
#ifdef TWIN_releases_under_the_lock
          if
          :: killed && o == child -> release(o, next); killed = false; put_once(next)
          :: else
          fi;
#endif
          unlock(cache_lock);
          if
          :: killed -> release(o, next)
          :: else -> next = nobody
          fi;
          break
        :: else ->
#ifndef TWIN_keeps_the_lock
          unlock(cache_lock);
#endif
          leave(object[o], left);
          if
          :: left -> next = nobody; break
          :: else
          fi
        fi
      od;
      o = next
    :: else -> o = nobody
    fi
  :: o == nobody -> break
  od
}
#ifdef TWIN_releases_under_the_lock
// The parent's last put wants the lock that is held.
inline put_once(o) {
  put_to_zero(object[o], crossed);
  if
  :: crossed -> lock(cache_lock)
  :: else
  fi
}
#endif

inline take(o) {
#ifdef TWIN_inits_or_gets
  // "if (count == 0) init else get": the put that it overtakes is not noted.
  d_step {
    assert(!object[o].freed);
    if
    :: object[o].state == idle -> object[o].state = counting; object[o].references = 1
    :: object[o].state == counting -> object[o].references++
    :: else
    fi;
    object[o].users++;
    got = true
  }
#else
  resurrect(object[o], got);
  assert(got)  // else unlink() forgot a list
#endif
}

inline look_up(o) {
#ifdef TWIN_looks_up_without_the_lock
  if
  :: named[o] -> take(o)
  :: !named[o]
  fi
#else
  lock(cache_lock);
  if
  :: named[o] ->
    take(o);
#ifndef LAZY
    on_idle_list[o] = false
#endif
  :: !named[o]
  fi;
  unlock(cache_lock)
#endif
}

proctype holder() {
  bool crossed, ours, doomed, left, killed;
  byte next, mine = child;
  put_reference(mine);
  running--
}

proctype finder() {
  bool got, crossed, ours, doomed, left, killed;
  byte next, mine;
#ifdef ENDLESS
again:
#endif
  if
  :: mine = parent
  :: mine = child
  fi;
  look_up(mine);
  if
  :: got ->
    assert(!object[mine].freed && object[mine].state == counting);  // in use
    put_reference(mine);
    got = false
  :: else
  fi;
#ifdef ENDLESS
progress_found:
  goto again
#else
  running--
#endif
}  // never with ENDLESS

// What shrink does with one of the list: child and parent in turn.
inline shrink_one(o) {
  lock(cache_lock);
#ifdef TWIN_kills_later
  was_idle = on_idle_list[o] && object[o].state == idle;
  unlock(cache_lock);
  lock(cache_lock);
  if
  :: was_idle -> kill(o); killed = true
  :: else -> killed = false
  fi;
#else
  if
  :: on_idle_list[o] ->
    d_step {
      assert(!object[o].freed);
#ifdef TWIN_does_not_look_again
      ours = true;
#else
      ours = (object[o].state == idle);
#endif
#ifndef LAZY
      assert(ours);  // who is on the list is idle
#endif
      skip
    };
    if
    :: ours -> kill(o); killed = true
#ifdef LAZY
    :: !ours -> on_idle_list[o] = false; killed = false
#endif
    fi
  :: else -> killed = false
  fi;
#endif
  unlock(cache_lock);
  if
  :: killed -> release(o, next)
  :: else -> next = nobody
  fi;
  put_reference(next)
}

proctype shrinker(bool after_all) {
  bool crossed, ours, doomed, left, killed, was_idle;
  byte next, victim;
  if
  :: after_all ->
    // Nothing is undecided, and what is idle can be shrunk: the child, and then its parent.
    running == 1;  // never with ENDLESS
    assert(CAN_BE_SHRUNK(child));  // never with ENDLESS
    victim = child  // never with ENDLESS
  :: !after_all -> victim = child
  :: !after_all -> victim = parent
  fi;
again:
  shrink_one(victim);
  if
  :: after_all && victim == child -> victim = parent; goto again
  :: after_all && victim == parent -> assert(object[child].freed && object[parent].freed)  // never with ENDLESS
  :: !after_all
  fi;
  running--
}

init {
  byte n;
  atomic {
    object[child].users = HOLDERS;
    birth(object[child], HOLDERS);
    object[parent].users = 1;  // the child's
    birth(object[parent], 1);
    named[parent] = true;
    named[child] = true;
    RUN(HOLDERS, holder());
    RUN(FINDERS, finder());
    RUN(SHRINKERS, shrinker(false));
#ifndef ENDLESS
    run shrinker(true)
#endif
  }
}

ltl all_end { <> (running == 0) }
