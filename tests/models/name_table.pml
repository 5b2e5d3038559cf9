// name_table.pml - a table that is read without a lock, while names come and go, move up in their
// segment, and move to another one because the table grows or shrinks.
//
//   model           header
//   finder          name_table::find -> table_segment::find_at_once; name_table::find_again ->
//                   table_segment::find. What it got and did not want it puts: the last put, maybe
//   lock_segment    name_table::locked
//   find_locked     table_segment::find_locked
//   put_in          table_segment::insert
//   take_out        table_segment::remove, take: those behind move up
//   maker           make in a free slot of the slab, registry::insert -> name_table::insert; without
//                   make_room: where there is none it gives up. Or it keeps what it made to itself
//   eraser          registry::erase -> name_table::erase, before or after its own put; with ONLY_PUTS that
//   release         registry::leave -> name_table::remove; the memory goes back (slab::give)
//   grower          name_table::grow_if_worth_it, divide, extend
//   shrinker        name_table::shrink_if_worth_it, join, extend; table_segment::clear
//   walker          name_table::for_each, walking; row_extent::next_prefix
//
// Two segments of SLOTS slots at most. The name `stays` is in all the time, in cell 0 of the slab, held
// by nobody that is modelled; `comes` comes and goes, in the other cells, and stands before it in the
// beginning. Both have one mark, unless UNLIKE. When the table grows, who has its bit set moves.
// When growing or shrinking is worth it is anybody's guess. Rules 4, 5, 16-24, 35, 36; record 0016.

#ifndef FINDERS
#define FINDERS 1
#endif
#ifndef MAKERS
#define MAKERS 1
#endif
#ifndef ERASERS
#define ERASERS 1
#endif
#ifndef GROWERS
#define GROWERS 0
#endif
#ifndef SHRINKERS
#define SHRINKERS 0
#endif
#ifndef WALKERS
#define WALKERS 0
#endif
#ifndef SLOTS
#define SLOTS 4
#endif
#ifndef STAYS_BIT
#define STAYS_BIT 1
#endif
#ifndef COMES_BIT
#define COMES_BIT 1
#endif
#ifndef STAYS_HOME
#define STAYS_HOME 0
#endif
#define COMES_HOME 0

mtype = { stays, comes };

#define CELLS (2 + MAKERS)
mtype name[CELLS];
byte life[CELLS];     // ghost: which object stands in the cell
bool entered[CELLS];  // ghost: it has been put in
byte owner;           // ghost: whose `comes` is, cell + 1; not one who is dead
bool may_miss[FINDERS + 1];  // ghost: `comes` was nobody's while that finder was looking

// `mine`: the life of the object in cell `o` that the process has a reference to; 0 without.
#define TOUCH assert(mine == 0 || (mine == life[o] && !word[o].freed))
#define MISUSE assert(false)
#define GOT mine = life[o]
#define COUNTED                                                   \
  NOTES_ARE_RIGHT(w);                                             \
  assert(w.state != counting || w.references == w.users + w.own); \
  if                                                              \
  :: w.state == dead && owner == o + 1 -> nobody_owns()           \
  :: else                                                         \
  fi
#include "counted_word.pml"

typedef segment_type {
  byte slot[SLOTS];  // the cell, and one; its mark above; 0 when it is empty
  byte names;
  byte moves;
  lock_type held
}
segment_type segment[2];
word_type word[CELLS];
byte segments = 1;  // extent_
byte version;
lock_type growth;   // guards the next
byte walkers;
bool ended;
bool looking;       // the finder is at it, if there is one
byte running = FINDERS + MAKERS + ERASERS + GROWERS + SHRINKERS + WALKERS;

#ifdef UNLIKE
#define MARK(n) (n == comes -> 8 : 0)
#else
#define MARK(n) 0
#endif
#define PACKED(c) (c + 1 + MARK(name[c]))
#define CELL(value) ((value & 7) - 1)
#define HOME(n) (n == stays -> STAYS_HOME : COMES_HOME)
#define BITS(n) (n == stays -> STAYS_BIT : COMES_BIT)
#define SEGMENT_OF(bits) (segments == 2 && bits -> 1 : 0)
#define NEXT(p) ((p + 1) % SLOTS)
#ifdef ENDLESS
#define MORE(n) ((n + 1) % 4)  // it is enough to be different
#else
#define MORE(n) (n + 1)
#endif
#define BEHIND(p, q) ((p + SLOTS - q) % SLOTS)
#define FAR(t, p) BEHIND(p, HOME(name[CELL(segment[t].slot[p])]))

inline nobody_owns() {
  owner = 0;
#if FINDERS > 0
  may_miss[0] = true;
#endif
#if FINDERS > 1
  may_miss[1] = true;
#endif
}

// Who has a lock, or two, does until his next store or word what nobody can see: one step.
inline lock_segment(bits) {
  do
  :: s = SEGMENT_OF(bits);
    atomic {
      lock(segment[s].held);
#ifdef TWIN_locks_and_does_not_look_again
      break
#else
      if
      :: SEGMENT_OF(bits) == s -> break
      :: else -> unlock(segment[s].held)  // never without growers and shrinkers
      fi
#endif
    }
  od
}
inline unlock_segment() {
  d_step { unlock(segment[s].held); s = 0; p = 0; q = 0 }
}

// With the segment's lock; nobody who is in it can be freed. Gets the one of that name: `got`, `o`.
inline find_locked(n) {
  d_step { got = false; p = HOME(n) };
  do
  :: d_step {
      do
      :: segment[s].slot[p] != 0 && name[CELL(segment[s].slot[p])] != n -> p = NEXT(p)
      :: else -> break
      od;
      o = (segment[s].slot[p] == 0 -> 0 : CELL(segment[s].slot[p]));
      assert(!word[o].freed)
    };
    if
    :: segment[s].slot[p] == 0 -> break
    :: else ->
#ifdef TWIN_finds_the_dying
      got = true;
#else
      get_not_zero(word[o], got, revived);
#endif
      if
      :: got -> break
      :: else -> p = NEXT(p)
      fi
    fi
  od
}

inline put_in(t, c) {
  d_step {
    q = HOME(name[c]);
    do
    :: segment[t].slot[q] != 0 -> q = NEXT(q)
    :: else -> break
    od;
    assert(segment[t].names < SLOTS - 1);
    segment[t].slot[q] = PACKED(c);
    segment[t].names++
  }
}

// `p` becomes the hole; `q` goes on to the next one that would be better off there.
inline take_out(t, c) {
  d_step {
    p = HOME(name[c]);
    do
    :: segment[t].slot[p] == 0 || CELL(segment[t].slot[p]) == c -> break
    :: else -> p = NEXT(p)
    od;
    was_in = (segment[t].slot[p] != 0)
  };
  if
  :: was_in ->
    do
    :: d_step {
        q = NEXT(p);
        do
        :: segment[t].slot[q] != 0 && FAR(t, q) < BEHIND(q, p) -> q = NEXT(q)
        :: else -> break
        od
      };
      if
      :: segment[t].slot[q] == 0 -> break
      :: else ->
#ifdef TWIN_counts_moves_before_it_moves
        segment[t].moves = MORE(segment[t].moves);
        segment[t].slot[p] = segment[t].slot[q];
#else
        segment[t].slot[p] = segment[t].slot[q];
#ifndef TWIN_does_not_count_moves
        segment[t].moves = MORE(segment[t].moves);
#endif
#endif
        p = q
      fi
    od;
    atomic { segment[t].slot[p] = 0; segment[t].names--; was_in = false }
  :: else
  fi
}

// Who has left is in no slot of any segment.
inline is_out() {
#if !defined(TWIN) || defined(TWIN_unlocks_before_it_clears)
  d_step {
    p = 0;
    do
    :: p < SLOTS ->
      assert(segment[0].slot[p] != PACKED(o) && segment[1].slot[p] != PACKED(o));
      p++
    :: else -> break
    od
  }
#else
  skip
#endif
}

inline release() {
#ifdef TWIN_frees_before_it_leaves
  d_step { word[o].freed = true };
#endif
  lock_segment(BITS(name[o]));
#ifdef TWIN_takes_whoever_has_its_name
  atomic {
    c = o;
    p = HOME(name[o]);
    do
    :: segment[s].slot[p] == 0 -> break
    :: segment[s].slot[p] != 0 && name[CELL(segment[s].slot[p])] == name[o] ->
      c = CELL(segment[s].slot[p]); break
    :: else -> p = NEXT(p)
    od
  };
  take_out(s, c);
#else
  take_out(s, o);
#endif
  is_out();
  unlock_segment();
  d_step {
    assert(mine == life[o] && word[o].users == 0 && word[o].state == dead);
#ifndef TWIN_frees_before_it_leaves
    assert(!word[o].freed);
#endif
    word[o].freed = true;
    entered[o] = false
  }
}
inline put_reference() {
  put_to_zero(word[o], crossed);
  if
  :: crossed ->
    do
    :: settle(word[o], dead, ours, was_doomed);
      if
      :: ours -> release(); break
      :: else ->
        leave(word[o], left);
        if
        :: left -> break
        :: else
        fi
      fi
    od
  :: else
  fi;
  atomic { mine = 0; o = 0; crossed = false; ours = false; left = false }
}

#if FINDERS > 0
proctype finder(byte id) {
  bool got, revived, crossed, ours, was_doomed, left, was_in;
  byte o, mine, s, p, q, c;
  mtype n;
  bool hit, changed, in_full;
  byte at, k, v, moves_before, version_before;
  if
#ifndef ALL_SEEK_WHO_COMES
  :: n = stays
#endif
#ifndef ALL_SEEK_WHO_STAYS
  :: d_step { n = comes; may_miss[id] = (owner == 0) }
#endif
  fi;
  looking = true;
  d_step { at = SEGMENT_OF(BITS(n)); k = HOME(n) };  // find_at_once

look:
  do
  :: v = segment[at].slot[k];
    if
    :: v == 0 -> break
    :: v != 0 && (v & 8) != MARK(n)  // never with one mark
    :: v != 0 && (v & 8) == MARK(n) ->
      o = CELL(v);
      get_not_zero(word[o], got, revived);
#ifndef TWIN_does_not_look_at_the_slot_again
      changed = (segment[at].slot[k] != v);
#endif
      if
      :: got ->
        d_step {
#ifdef TWIN_does_not_look_at_the_name
          hit = !changed;
#else
          hit = (!changed && name[o] == n);
#endif
          if
          :: hit ->
            assert(mine == life[o] && !word[o].freed && word[o].state == counting);  // it is in use
            assert(name[o] == n);  // and what was looked for
            assert(entered[o])     // and was put in
          :: else
          fi
        };
        put_reference();  // of what was found when its use has ended; else of what it got in vain
        got = false;
        if
        :: hit -> goto over
        :: else
        fi
      :: else
      fi;
#ifdef TWIN_stops_at_the_dying
      break
#else
      if
      :: changed || !in_full -> break
      :: else
      fi
#endif
    fi;
    k = NEXT(k);
    if
    :: in_full && k == HOME(n) -> break  // never: who puts one in comes to the empty one first
    :: else
    fi
  od;
  if
  :: !in_full -> in_full = true
  :: in_full && (changed || segment[at].moves != moves_before) -> goto look_again
  :: else ->
#ifdef TWIN_has_no_version
    version_before = version;
#endif
    if
    :: version == version_before ->
      // Nobody is missed who is in all the time.
      assert(n == comes && may_miss[id]);  // never where all seek who stays
      goto over
    :: else  // never without growers and shrinkers
    fi
  fi;
  version_before = version;  // find_again
  at = SEGMENT_OF(BITS(n));
look_again:
#ifdef TWIN_keeps_that_it_has_changed
  atomic { moves_before = segment[at].moves; k = HOME(n) };
#elif defined(TWIN_keeps_the_moves_it_read)
  atomic { changed = false; k = HOME(n) };
#else
  atomic { moves_before = segment[at].moves; changed = false; k = HOME(n) };
#endif
  goto look;
over:
  atomic { may_miss[id] = false; looking = false; running-- }
}
#endif

inline put_and_go_on() {
  put_reference();
  d_step { o = other; mine = other_life; other = 0; other_life = 0 }
}
inline put_the_other_first() {
  d_step { c = o; o = other; other = c; c = mine; mine = other_life; other_life = c; c = 0 }
}

#if MAKERS > 0
proctype maker() {
  bool got, revived, crossed, ours, was_doomed, left, was_in;
  byte o, mine, s, p, q, c, other, other_life;
  bool private;
  d_step {
    o = 1;
    do
    :: !word[o].freed -> o++
    :: else -> break
    od;
    word[o].freed = false; life[o]++; mine = life[o];
    word[o].users = 1
  };
  if
  :: name[o] = comes
  :: life[o] > 1 -> name[o] = comes; private = true
  :: name[o] = stays
  fi;
  birth(word[o], 1);
  if
  :: !private ->
    put_the_other_first();
    lock_segment(BITS(name[other]));
    find_locked(name[other]);
#ifdef TWIN_looks_and_then_inserts
    unlock_segment();
    lock_segment(BITS(name[other]));
#endif
    if
    :: got ->
      assert(mine != 0);  // else it was refused for the sake of a dying one
      put_the_other_first()  // what was made; then the one that has its name
    :: !got && segment[s].names == SLOTS - 1 -> put_the_other_first()  // never with so few
    :: !got && segment[s].names < SLOTS - 1 ->
      atomic {
        put_the_other_first();
        other = 0;
        assert(name[o] == comes && owner == 0);  // else there are two of that name
        owner = o + 1;
        entered[o] = true;
        put_in(s, o)
      }
    fi;
    unlock_segment()
  :: private
  fi;
  do
  :: mine != 0 -> put_and_go_on()
  :: else -> break
  od;
  running--
}
#endif

#if ERASERS > 0
// Has a reference to the first `comes`.
proctype eraser() {
  bool got, revived, crossed, ours, was_doomed, left, was_in;
  byte o, mine, s, p, q, c, other, other_life;
#ifdef ONLY_PUTS
  bool has_erased = true;
  o = 1; mine = 1;
#else
  bool has_erased;
  if
  :: o = 1; mine = 1
  :: other = 1; other_life = 1
  fi;
#endif
  do
  :: mine != 0 -> put_and_go_on()
#ifndef ONLY_PUTS
  :: mine == 0 && !has_erased ->
    has_erased = true;
    lock_segment(BITS(comes));
    find_locked(comes);
    if
    :: got ->
      d_step { assert(owner == o + 1); nobody_owns() };
      take_out(s, o);
      is_out()
    :: else -> put_the_other_first()
    fi;
    unlock_segment()
#endif
  :: else -> break
  od;
  running--
}
#endif

inline go_on(t, passing) {
  do
  :: k < SLOTS && (passing) -> k++
  :: else -> break
  od
}

#if WALKERS > 0
proctype walker() {
  bool got, revived, crossed, ours, was_doomed, left, was_in, more = true;
  byte o, mine, s, p, q, c, k, met;
  bool prefix;
  byte theirs[CELLS];
#ifndef TWIN_walks_without_saying_so
  lock(growth);
  walkers++;
  unlock(growth);
#endif
  do
  :: more ->
    lock_segment(prefix);
    do
    :: d_step { go_on(s, segment[s].slot[k] == 0) };
      if
      :: k == SLOTS -> k = 0; break
      :: else ->
        o = CELL(segment[s].slot[k]);
        get_not_zero(word[o], got, revived);
        d_step { theirs[o] = mine; mine = 0; k++ }
      fi
    od;
    atomic { more = (segments == 2 && !prefix); prefix = true; unlock_segment() };
    do
    :: k < CELLS ->
      d_step { o = k; mine = theirs[k]; theirs[k] = 0; k++ };
      if
      :: mine != 0 ->
        if
        :: o == 0 -> met++
        :: else
        fi;
        put_reference()
      :: else
      fi
    :: else -> k = 0; break
    od
  :: else -> break
  od;
#ifndef TWIN_walks_without_saying_so
  lock(growth);
  walkers--;
  unlock(growth);
#endif
  assert(met == 1);  // who is in all the time is met once
  running--
}
#endif

inline extend(to) {
#ifdef TWIN_says_so_before_it_is_so
  version = MORE(version);
  segments = to
#else
  segments = to;
  version = MORE(version)
#endif
}

#if GROWERS > 0
proctype grower() {
  bool did, was_in;
  byte p, q, k;
again:
  try_lock(growth, did);
  if
  :: did && segments == 1 ->
    atomic { lock(segment[0].held); lock(segment[1].held) };
#ifdef TWIN_extends_before_it_copies
    extend(2);
#endif
    do
    :: d_step { go_on(0, segment[0].slot[k] == 0 || !BITS(name[CELL(segment[0].slot[k])])) };
      if
      :: k == SLOTS -> k = 0; break
      :: else -> put_in(1, CELL(segment[0].slot[k])); k++
      fi
    od;
#if !defined(TWIN_extends_before_it_copies) && !defined(TWIN_removes_before_it_extends)
    extend(2);
#endif
    do
    :: d_step { go_on(1, segment[1].slot[k] == 0) };
      if
      :: k == SLOTS -> k = 0; break
      :: else -> take_out(0, CELL(segment[1].slot[k])); k++
      fi
    od;
#ifdef TWIN_removes_before_it_extends
    extend(2);
#endif
    atomic { unlock(segment[1].held); unlock(segment[0].held) }
  :: else
  fi;
  if
  :: did -> unlock(growth)
  :: else
  fi;
#ifdef ENDLESS
  goto again;
#endif
  running--  // never with ENDLESS
}
#endif

#if SHRINKERS > 0
#ifdef TWIN_joins_what_does_not_fit
#define SHRINK_AT SLOTS
#else
#define SHRINK_AT (SLOTS - 1)
#endif
inline clear() {
  segment[1].moves = MORE(segment[1].moves);
  do
  :: d_step { go_on(1, segment[1].slot[k] == 0) };
    if
    :: k == SLOTS -> k = 0; break
    :: else -> segment[1].slot[k] = 0
    fi
  od;
  segment[1].names = 0
}
proctype shrinker() {
  bool did;
  byte q, k;
again:
  try_lock(growth, did);
  if
  :: did && segments == 2 && walkers == 0 ->
    atomic { lock(segment[0].held); lock(segment[1].held) };
    if
    :: segment[0].names + segment[1].names <= SHRINK_AT ->
      do
      :: d_step { go_on(1, segment[1].slot[k] == 0) };
        if
        :: k == SLOTS -> k = 0; break
        :: else -> put_in(0, CELL(segment[1].slot[k])); k++
        fi
      od;
#ifdef TWIN_clears_before_it_says_so
      clear();
      extend(1);
#else
      extend(1);
#ifdef TWIN_unlocks_before_it_clears
      unlock(segment[0].held);
      clear();
      lock(segment[0].held)
#else
      clear()
#endif
#endif
    :: else  // never with so few names
    fi;
    atomic { unlock(segment[1].held); unlock(segment[0].held) }
  :: else
  fi;
  if
  :: did -> unlock(growth)
  :: else
  fi;
#ifdef ENDLESS
  goto again;
#endif
  running--  // never with ENDLESS
}
#endif

// What is in is where it is looked for, once, and nothing else is.
inline look_at_all() {
  d_step {
    p = 0;
    do
    :: p < CELLS ->
      assert(p == 0 || word[p].freed);
      q = 0; n = 0;
      do
      :: q < SLOTS ->
        assert(segments == 2 || segment[1].slot[q] == 0);
        if
        :: segment[0].slot[q] != 0 && CELL(segment[0].slot[q]) == p -> n++
        :: else
        fi;
        if
        :: segment[1].slot[q] != 0 && CELL(segment[1].slot[q]) == p -> n++
        :: else
        fi;
        q++
      :: else -> break
      od;
      assert(n == (p == 0 -> 1 : 0));
      p++
    :: else -> break
    od;
    assert(segment[0].names + segment[1].names == 1 && owner == 0);
    assert(segment[SEGMENT_OF(BITS(stays))].slot[STAYS_HOME] == PACKED(0))
  }
}

init {
  byte n, o, mine, p, q;
  atomic {
    word[0].own = 1;  // of who holds it
    do
    :: o < CELLS -> word[o].freed = (o > 1); o++
    :: else -> o = 0; break
    od;
    name[0] = stays;
    name[1] = comes;
    life[0] = 1;
    life[1] = 1;
    birth(word[0], 1);
    word[1].users = ERASERS;
    o = 1;
#if ERASERS > 0
    birth(word[1], 1);
    owner = 2;
#if GROWERS + SHRINKERS > 0
    if
#ifndef STARTS_WIDE
    :: segments = 1
#endif
    :: segments = 2
    fi;
#endif
    entered[1] = true;
    put_in(SEGMENT_OF(BITS(comes)), 1);
#else
    word[1].freed = true;
#endif
    entered[0] = true;
    put_in(SEGMENT_OF(BITS(stays)), 0);
#if FINDERS > 0
    run finder(0);
#endif
#if FINDERS > 1
    run finder(1);
#endif
#if MAKERS > 0
    RUN(MAKERS, maker());
#endif
#if ERASERS > 0
    RUN(ERASERS, eraser());
#endif
#if GROWERS > 0
    RUN(GROWERS, grower());
#endif
#if SHRINKERS > 0
    RUN(SHRINKERS, shrinker());
#endif
#if WALKERS > 0
    RUN(WALKERS, walker());
#endif
    skip
  }
  running == 0;
  look_at_all();
  ended = true
}

ltl look_ups_end { [] (looking -> <> !looking) }
ltl all_end { <> ended }
