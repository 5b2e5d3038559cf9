// registry_test.cpp - a name that is in the table all the time is found in every interleaving, and
// what is found is what has the name.
//
// The segment has 4 slots, the table a few segments. Objects are not freed: they are born again in
// their places. The real tables' scenarios are in the list (scenario.hpp). Twins: the same look-ups
// with one precaution left out.

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <lastout/kref.hpp>
#include <lastout/name_table.hpp>
#include <lastout/table_segment.hpp>

#include "edges/scenario.hpp"
#include "rules/explored.hpp"
#include "stress/small_table.hpp"

namespace {

namespace order = lastout::order;
using interleave::check;
using interleave::plain;
using interleave::result;
using interleave::world;
using lastout::external;
using lastout::hash_bits;
using lastout::kref;
using stress::broken;
using stress::small_table;

using number = std::uint64_t;
using set_up = std::function<void(world&)>;

/// For those that are not in the list.
result in_each_interleaving(const set_up& what) {
  const rules::violations_fail strict;
  return interleave::explore({}, what);
}

/// Stays where it is; what it does when it dies is the scenario's.
struct item : kref<item>, rules::watched_memory {
  explicit item(number n, int l = 1) : name(n), life(l) {}
  void release() noexcept {
    if (on_release) on_release(*this);
  }
  plain<number> name;
  plain<int> life;
  std::function<void(item&)> on_release;
};

external<item> born(item& made) {
  lastout::reference_access::birth(made);
  return external<item>::adopt(&made);
}

/// A name whose hash is as wanted.
template <class Wanted>
number name_with(Wanted wanted, number from = 0) {
  while (!wanted(hash_bits(from))) ++from;
  return from;
}
/// Two names of one mark and one home.
struct two_names {
  number a = name_with([](hash_bits h) { return (h.place() & 3) == 0; });
  number b = name_with(
      [this](hash_bits h) { return (h.place() & 3) == 0 && h.mark() == hash_bits(a).mark(); },
      a + 1);
};
const two_names alike;
/// One of another mark, but the same home.
const number unlike = name_with(
    [](hash_bits h) { return (h.place() & 3) == 0 && h.mark() != hash_bits(alike.a).mark(); });

enum class look { twice, in_full, at_once_only };

/// One segment and its lock.
template <look How>
class one_segment {
  using slots = lastout::table_segment<item, 4>;

 public:
  external<item> find(number name) {
    const auto same = [name](const item& each) { return each.name.read() == name; };
    const hash_bits hash(name);
    item* const found = How == look::in_full
                            ? nullptr
                            : slots::find_at_once(&names(), hash.place() & 3, hash, same);
    if (found != nullptr) return external<item>::adopt(found);
    if (How == look::at_once_only) return {};  // broken
    return external<item>::adopt(names().find(hash_bits(name), same, its_));
  }
  external<item> insert(external<item> made) {
    const number name = made->name.read();
    const std::lock_guard held(lock_);
    const auto same = [name](const item& each) { return each.name.read() == name; };
    if (external<item> there = names().find_locked(hash_bits(name), same)) return there;
    check(names().insert(*made, hash_bits(name), its_), "there is room");
    return made;
  }
  /// Returns   the one that was there, which is gone from here.
  external<item> replace(const external<item>& made) {
    const number name = made->name.read();
    const std::lock_guard held(lock_);
    const auto same = [name](const item& each) { return each.name.read() == name; };
    external<item> there = names().find_locked(hash_bits(name), same);
    check(there && names().replace(*there, *made, hash_bits(name), its_), "there is one");
    return there;
  }
  bool leave(const item& leaving) {
    const std::lock_guard held(lock_);
    return names().remove(leaving, hash_bits(leaving.name.read()), its_,
                          [](const item& each) { return hash_bits(each.name.read()); });
  }

 private:
  slots& names() { return *reinterpret_cast<slots*>(space_); }

  alignas(64) unsigned char space_[sizeof(slots)] = {};
  lastout::segment_state its_{};
  interleave::mutex lock_;
};

using real = one_segment<look::twice>;
using looks_in_full = one_segment<look::in_full>;  // as who has looked at once, and in vain
using looks_at_once_only = one_segment<look::at_once_only>;
using small = small_table<item, broken::nothing, interleave::mutex>;
using no_second_look = small_table<item, broken::second_look, interleave::mutex>;
using no_counted_moves = small_table<item, broken::counted_moves, interleave::mutex>;
using no_look_at_the_name = small_table<item, broken::own_names_only, interleave::mutex>;
using looks_then_inserts = small_table<item, broken::look_before_insert, interleave::mutex>;

// An object is made and put in; who finds it finds it whole.

template <class Table>
set_up a_look_against_an_insert() {
  return set_up([](world& w) {
    struct state {
      Table table;
      std::unique_ptr<item> made;
      external<item> held;
    };
    const auto s = std::make_shared<state>();
    w.thread([s] {
      s->made = std::make_unique<item>(alike.a);
      s->held = s->table.insert(born(*s->made));
    });
    w.thread([s] {
      const external<item> got = s->table.find(alike.a);
      if (got) check(got->name.read() == alike.a && got->life.read() == 1, "it is whole");
    });
    w.finally([s] {
      check(s->table.find(alike.a) == s->held, "it is found in the end");
      check(s->table.leave(*s->held), "it was in");
      s->held.put();
    });
  });
}

const scenario::added inserts("registry", "registry: find against insert",
                              a_look_against_an_insert<real>());
TEST(registry_edges_test, who_finds_an_object_that_is_put_in_finds_it_whole) {
  EXPECT_HOLDS(in_each_interleaving(a_look_against_an_insert<small>()));
}

// Edge (1) -> (2) of table_segment.hpp.
TEST(registry_edges_test, edge_slot_breaks_when_either_end_is_weakened) {
  ASSERT_FALSE(in_each_interleaving(a_look_against_an_insert<real>()).failed);
  int ends = 0;
  for (const char* end : {"load(acquire)", "store(release)"}) {
    for (const interleave::site& each : interleave::sites("table_segment.hpp"))
      if (each.text().find(end) != std::string::npos) ends += interleave::weaken(each);
    EXPECT_BREAKS("data race", in_each_interleaving(a_look_against_an_insert<real>()));
    interleave::strengthen_all();
  }
  EXPECT_GE(ends, 3) << "the slot's store, and the loads of both look-ups";
}

// A name moves up because the one before it goes: it is in all the time.

template <class Table>
set_up a_look_against_a_move(number before, number sought) {
  return set_up([=](world& w) {
    struct state {
      state(number b, number n) : gone(b), stays(n) {}
      item gone, stays;
      Table table;
      external<item> first, second;
    };
    const auto s = std::make_shared<state>(before, sought);
    s->first = s->table.insert(born(s->gone));
    s->second = s->table.insert(born(s->stays));
    s->gone.on_release = [s = s.get()](item& dying) { s->table.leave(dying); };
    w.thread([s] { s->first.put(); });
    w.thread([s] {
      const external<item> got = s->table.find(s->stays.name.read());
      check(bool(got), "a name that is in all the time is found");
      check(got.address() == &s->stays, "it is the one");
    });
    w.finally([s] {
      check(s->table.find(s->stays.name.read()) == s->second, "it is found where it moved to");
      s->table.leave(s->stays);
      s->second.put();
    });
  });
}

const scenario::added moves_up("registry", "registry: find against a name that moves up",
                               a_look_against_a_move<real>(unlike, alike.a));
const scenario::added moves_up_alike("registry",
                                     "registry: find against a name of its mark that moves up",
                                     a_look_against_a_move<real>(alike.b, alike.a));
TEST(registry_edges_test, a_name_that_moves_up_is_never_missed) {
  EXPECT_HOLDS(in_each_interleaving(a_look_against_a_move<small>(2, 4)));
}
TEST(registry_edges_test, twin_that_looks_without_counting_moves_is_caught) {
  EXPECT_BREAKS("wrong: a name that is in all the time",
                in_each_interleaving(a_look_against_a_move<looks_at_once_only>(unlike, alike.a)));
  EXPECT_BREAKS("wrong: a name that is in all the time",
                in_each_interleaving(a_look_against_a_move<no_counted_moves>(2, 4)));
}

// One goes, and another one of the same mark comes in its place.

template <class Table>
set_up a_look_against_its_successor(number sought, number next) {
  return set_up([=](world& w) {
    struct state {
      state(number a, number b) : old(a), young(b) {}
      item old, young;
      Table table;
      external<item> first, second;
    };
    const auto s = std::make_shared<state>(sought, next);
    s->first = s->table.insert(born(s->old));
    s->old.on_release = [s = s.get()](item& dying) { s->table.leave(dying); };
    w.thread([s] {
      s->first.put();
      s->second = s->table.insert(born(s->young));
    });
    w.thread([s, sought] {
      const external<item> got = s->table.find(sought);
      if (got) check(got->name.read() == sought, "what is found has the name");
    });
    w.finally([s, next] {
      check(s->table.find(next) == s->second, "the successor is found");
      s->table.leave(s->young);
      s->second.put();
    });
  });
}

const scenario::added successors("registry", "registry: find against who comes in its place",
                                 a_look_against_its_successor<real>(alike.a, alike.b));
TEST(registry_edges_test, a_successor_is_not_taken_for_who_stood_there) {
  EXPECT_HOLDS(in_each_interleaving(a_look_against_its_successor<small>(2, 4)));
}
TEST(registry_edges_test, twin_that_does_not_look_at_the_name_is_caught) {
  EXPECT_BREAKS("wrong: what is found has the name",
                in_each_interleaving(a_look_against_its_successor<no_look_at_the_name>(2, 4)));
}

// One comes in the place of another one of its name, which dies, is born again and takes the place
// back: what stands in the slot is as it was, and the name is in all the time.

const scenario::added replaced("registry", "registry: find against who is replaced, and replaces",
                               [](world& w) {
                                 struct state {
                                   item first{alike.a}, second{alike.a};
                                   looks_in_full table;
                                   external<item> one, other, again;
                                 };
                                 const auto s = std::make_shared<state>();
                                 s->one = s->table.insert(born(s->first));
                                 s->first.on_release = [s = s.get()](item& dying) {
                                   if (dying.life.read() == 2) return;
                                   dying.life = 2;
                                   s->again = born(dying);
                                   s->table.replace(s->again).put();
                                 };
                                 w.thread([s] {
                                   s->other = born(s->second);
                                   s->table.replace(s->other).put();
                                   s->one.put();
                                 });
                                 w.thread([s] {
                                   check(bool(s->table.find(alike.a)),
                                         "a name that is in all the time is found");
                                 });
                                 w.finally([s] {
                                   check(s->table.find(alike.a) == s->again, "the last one has it");
                                   s->table.leave(s->first);
                                   s->again.put();
                                   s->other.put();
                                 });
                               });

// One dies, and is born again with the same name, but is not in the table: nobody finds it.

template <class Table>
set_up a_look_against_a_second_life(number name) {
  return set_up([=](world& w) {
    struct state {
      explicit state(number n) : place(n) {}
      item place;
      Table table;
      external<item> first, second;
    };
    const auto s = std::make_shared<state>(name);
    s->first = s->table.insert(born(s->place));
    s->place.on_release = [s = s.get()](item& dying) {
      if (dying.life.read() == 2) return;
      check(s->table.leave(dying), "it was in");
      dying.life = 2;
      s->second = born(dying);
    };
    w.thread([s] { s->first.put(); });
    w.thread([s, name] {
      const external<item> got = s->table.find(name);
      if (got) check(got->life.read() == 1, "what is found was put in");
    });
    w.finally([s, name] {
      check(!s->table.find(name), "its second life is in no table");
      s->second.put();
    });
  });
}

const scenario::added second_life("registry", "registry: find against a second life",
                                  a_look_against_a_second_life<real>(alike.a));
TEST(registry_edges_test, what_was_not_put_in_is_not_found_where_it_stood_in_another_life) {
  EXPECT_HOLDS(in_each_interleaving(a_look_against_a_second_life<small>(2)));
}
TEST(registry_edges_test, twin_that_does_not_look_twice_is_caught) {
  EXPECT_BREAKS("wrong: what is found was put in",
                in_each_interleaving(a_look_against_a_second_life<no_second_look>(2)));
}

// Two put in objects of one name.

template <class Table>
set_up two_inserts_of_one_name(number name) {
  return set_up([=](world& w) {
    struct state {
      explicit state(number n) : items{item(n), item(n)} {}
      item items[2];
      Table table;
      external<item> got[2];
    };
    const auto s = std::make_shared<state>(name);
    for (int i = 0; i < 2; ++i)
      w.thread([s, i] { s->got[i] = s->table.insert(born(s->items[i])); });
    w.finally([s, name] {
      check(bool(s->got[0]) && s->got[0] == s->got[1], "one wins, and both get it");
      check(s->table.find(name) == s->got[0], "the winner has the name");
      s->table.leave(*s->got[0]);
      for (external<item>& each : s->got) each.put();
    });
  });
}

const scenario::added two_inserts("registry", "registry: two inserts of one name",
                                  two_inserts_of_one_name<real>(alike.a));
TEST(registry_edges_test, of_two_inserts_of_one_name_one_wins) {
  EXPECT_HOLDS(in_each_interleaving(two_inserts_of_one_name<small>(2)));
}
TEST(registry_edges_test, twin_that_looks_and_then_inserts_is_caught) {
  EXPECT_BREAKS("wrong: one wins",
                in_each_interleaving(two_inserts_of_one_name<looks_then_inserts>(2)));
}

// The table grows and shrinks.

number name_of(const item& each) noexcept { return each.name.read(); }
struct itself {
  std::size_t operator()(number name) const noexcept { return name; }
};
template <std::uint32_t GrowAt>
struct shape {
  static constexpr std::uint32_t slots = 4;
  static constexpr std::uint32_t segments_max = 4;
  static constexpr std::uint32_t grow_at = GrowAt;
  static constexpr std::uint32_t shrink_at = 4;
};

/// The name after GrowAt others makes it two segments; when that name goes, it is one again.
template <std::uint32_t GrowAt>
class row_of {
  using table = lastout::name_table<number, item, &name_of, itself, std::equal_to<>, shape<GrowAt>>;

 public:
  external<item> find(number name) { return all_.find(name, table::hash_of(name)); }
  external<item> insert(external<item> made) {
    typename table::inserted done = all_.insert(*made, table::hash_of_object(*made));
    return done.in ? std::move(made) : std::move(done.other);
  }
  void erase(number name) { all_.erase(name, table::hash_of(name)).put(); }
  std::size_t segments() { return all_.bytes() / (all_.bytes_of_one); }

 private:
  struct counted_table : table {
    const std::size_t bytes_of_one = this->bytes();
  };
  counted_table all_;
};
using row = row_of<1>;

/// The same in a few words: two segments of one slot for each name, right or without a version.
template <bool Version>
class small_row {
 public:
  external<item> find(number name) {
    for (;;) {
      const std::uint64_t before = version_.load(order::acquire);
      item* const there = slot(extent_.load(order::acquire), name).load(order::acquire);
      if (there != nullptr && lastout::reference_access::get_not_zero(*there))
        return external<item>::adopt(there);
      if (!Version || version_.load(order::acquire) == before) return {};
    }
  }
  external<item> insert(external<item> made) {
    const std::uint64_t now = extent_.load(order::relaxed);
    slot(now, made->name.read()).store(made.address(), order::release);
    if (++names_ == 2) move(0, 1);
    return made;
  }
  void erase(number name) {
    slot(extent_.load(order::relaxed), name).store(nullptr, order::release);
    if (names_-- == 2) move(1, 0);
  }
  std::size_t segments() { return extent_.load(order::relaxed) + 1; }

 private:
  static constexpr number divides = 1;
  lastout::atomic<item*>& slot(std::uint64_t extent, number name) {
    return slots_[extent != 0 ? name & divides : 0][name % 4];
  }
  void move(std::uint64_t from, std::uint64_t to) {
    for (number name = 1; name < 4; name += 2)
      slot(to, name).store(slot(from, name).load(order::relaxed), order::release);
    extent_.store(to, order::release);
    version_.store(version_.load(order::relaxed) + 1, order::release);
    for (number name = 1; name < 4; name += 2) slot(from, name).store(nullptr, order::release);
  }
  lastout::atomic<item*> slots_[2][4] = {};
  lastout::atomic<std::uint64_t> extent_{0};
  lastout::atomic<std::uint64_t> version_{0};
  int names_ = 0;
};

enum class change { grows, shrinks, both };

/// `sought` is in all the time; `other` comes, or goes, or both. `beside` is in too, if it is given.
template <class Row>
set_up a_look_against(change what, number sought, number other, std::optional<number> beside = {}) {
  return set_up([=](world& w) {
    struct state {
      state(number a, number b, number c) : stays(a), comes(b), before(c) {}
      item stays, comes, before;
      Row names;
      external<item> first, second, third;
    };
    const auto s = std::make_shared<state>(sought, other, beside.value_or(0));
    if (beside) s->third = s->names.insert(born(s->before));
    s->first = s->names.insert(born(s->stays));
    s->second = born(s->comes);
    if (what == change::shrinks) {
      (void)s->names.insert(s->second);
      check(s->names.segments() == 2, "it has grown");
    }
    w.thread([s, what, other] {
      if (what != change::shrinks) {
        (void)s->names.insert(s->second);
        check(s->names.segments() == 2, "it has grown");
      }
      if (what != change::grows) {
        s->names.erase(other);
        check(s->names.segments() == 1, "it has shrunk");
      }
    });
    w.thread([s, sought] {
      const external<item> got = s->names.find(sought);
      check(bool(got), "a name that is in all the time is found");
      check(got.address() == &s->stays, "it is the one");
    });
    w.finally([s, sought] {
      check(s->names.find(sought) == s->first, "it is found in the end");
      s->first.put();
      s->second.put();
      s->third.put();
    });
  });
}

/// Whether dividing the first segment moves the name.
number name_that(bool moves, number from = 0) {
  return name_with([moves](hash_bits h) { return (h.place() >> 2 & 1) == (moves ? 1u : 0u); },
                   from);
}

const number moves = name_that(true);
const number moves_too = name_that(true, moves + 1);
const number stays = name_that(false);
/// One of the mark of `moves`, which stays where it is.
const number beside = name_with([its = hash_bits(moves)](hash_bits h) {
  return h.mark() == its.mark() && (h.place() & 7) == ((its.place() & 7) ^ 4);
});

const scenario::added grows_moves("registry", "registry: the table grows, and the name moves",
                                  a_look_against<row>(change::grows, moves, stays));
const scenario::added grows_stays("registry", "registry: the table grows, and the name stays",
                                  a_look_against<row>(change::grows, stays, moves));
const scenario::added grows_both("registry", "registry: the table grows, and both names move",
                                 a_look_against<row>(change::grows, moves, moves_too));
const scenario::added shrinks_moves("registry", "registry: the table shrinks, and the name moves",
                                    a_look_against<row>(change::shrinks, moves, stays));
const scenario::added shrinks_stays("registry", "registry: the table shrinks, and the name stays",
                                    a_look_against<row>(change::shrinks, stays, moves));
// Two ways to look a second time, where only the version tells that the name has moved meanwhile.
const scenario::added both("registry", "registry: the table grows and shrinks",
                           a_look_against<row>(change::both, moves, stays));
const scenario::added both_move("registry",
                                "registry: the table grows and shrinks, both names move",
                                a_look_against<row>(change::both, moves, moves_too));
const scenario::added behind("registry",
                             "registry: the table grows, and the name stands behind its mark",
                             a_look_against<row_of<2>>(change::grows, moves, moves_too, beside));

// Who has locked the segment that the name was in finds that it has moved, and locks the other one.
const scenario::added grows_erases("registry",
                                   "registry: the table grows, and a name that moves is erased",
                                   [](world& w) {
                                     struct state {
                                       item stays_there{stays}, moved{moves};
                                       row names;
                                       external<item> first, second;
                                     };
                                     const auto s = std::make_shared<state>();
                                     s->first = s->names.insert(born(s->moved));
                                     s->second = born(s->stays_there);
                                     w.thread([s] { (void)s->names.insert(s->second); });
                                     w.thread([s] { s->names.erase(moves); });
                                     w.finally([s] {
                                       check(!s->names.find(moves), "it is gone");
                                       check(s->names.find(stays) == s->second,
                                             "the other one is there");
                                       s->names.erase(stays);
                                       s->first.put();
                                       s->second.put();
                                     });
                                   },
                                   {.changes_max = 1, .samples = 200});

TEST(registry_edges_test, a_table_that_grows_or_shrinks_never_misses_a_name) {
  EXPECT_HOLDS(in_each_interleaving(a_look_against<small_row<true>>(change::grows, 1, 3)));
  EXPECT_HOLDS(in_each_interleaving(a_look_against<small_row<true>>(change::shrinks, 1, 3)));
  EXPECT_HOLDS(in_each_interleaving(a_look_against<small_row<true>>(change::both, 1, 3)));
}

// Three threads: the table grows because of one, shrinks because of another, and a third looks.
const scenario::added three("registry", "registry: find, insert that grows, erase that shrinks",
                            [](world& w) {
                              struct state {
                                item held{moves}, comes{stays}, goes{moves_too};
                                row names;
                                external<item> kept[3];
                              };
                              const auto s = std::make_shared<state>();
                              s->kept[0] = s->names.insert(born(s->held));
                              s->kept[1] = s->names.insert(born(s->goes));
                              s->kept[2] = born(s->comes);
                              check(s->names.segments() == 2, "it has grown");
                              w.thread([s] { (void)s->names.insert(s->kept[2]); });
                              w.thread([s] { s->names.erase(moves_too); });
                              w.thread([s] {
                                const external<item> got = s->names.find(moves);
                                check(got == s->kept[0], "a name that is in is found");
                              });
                              w.finally([s] {
                                check(s->names.find(moves) == s->kept[0], "it still is");
                                check(s->names.find(stays) == s->kept[2], "the other came");
                                check(!s->names.find(moves_too), "and one has gone");
                                for (external<item>& each : s->kept) each.put();
                              });
                            });

TEST(registry_edges_test, twin_without_a_version_is_caught) {
  EXPECT_BREAKS("wrong: a name that is in all the time",
                in_each_interleaving(a_look_against<small_row<false>>(change::grows, 1, 3)));
  EXPECT_BREAKS("wrong: a name that is in all the time",
                in_each_interleaving(a_look_against<small_row<false>>(change::shrinks, 1, 3)));
}

}  // namespace
