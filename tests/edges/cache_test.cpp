// cache_test.cpp - the real cache in every interleaving of two threads: an entry is found or it has
// left, is released once, and is idle again when its use has ended.
//
// The real cache's scenarios are in the list (scenario.hpp): of most that have two threads all that can
// happen, of the others as far as a few changes of thread show. Twins: the same cache in a few lines
// (small), with one precaution left out.

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>
#include <vector>

#include <lastout/cache.hpp>
#include <lastout/hit_count.hpp>

#include "edges/cache_item.hpp"
#include "edges/scenario.hpp"
#include "rules/explored.hpp"

namespace {

using interleave::check;
using interleave::plain;
using interleave::result;
using interleave::world;
using lastout::external;

using scenario::born;
using scenario::cache;
using scenario::item;
using scenario::number;
using set_up = std::function<void(world&)>;

void use(const item& got) {
  check(got.name.read() == 1, "what is found has the name");
  check(got.alive.read(), "what is found is alive");
}

/// One entry that the cache keeps; `first` is a reference to it.
class real {
 public:
  real() : real(false) {}
  explicit real(bool behind_another) {
    if (behind_another) other_ = all_->insert(born(c_));
    first = all_->insert(born(a_));
    check(bool(first), "there is room");
  }

  void look_up() {
    if (const external<item> got = all_->get(1)) use(*got);
  }
  void find() {
    const external<item> got = all_->get(1);
    check(bool(got), "what is in all the time is found");
    use(*got);
  }
  void put() { first.put(); }
  void put_other() { second.put(); }
  void evict() { (void)all_->shrink(1); }
  void evict_it() {
    (void)all_->evict_if([](const item&) { return true; });
  }
  void erase() { (void)all_->erase(number{1}); }
  void kill() { first.kill_on_put(); }
  void replace() { second = all_->replace(born(b_)); }
  void insert() { second = all_->insert(born(b_)); }
  void create() {
    second = all_->get_or_create(1, [this] { return born(b_); });
    check(bool(second), "it is found or made");
    use(*second);
  }
  void rename() {
    check(all_->rename(*first, [] {}), "nobody has its name");
  }

  // While nobody else does anything.
  void share() { second = first; }
  void put_all() {
    first.put();
    second.put();
    other_.put();
  }
  bool idle() {
    const lastout::cache_statistics now = all_->statistics();
    return now.idle_entries == all_->size() && now.pinned_entries == 0;
  }
  bool there() { return bool(all_->get(1)); }
  /// Evicts all that is idle, and ends the cache.
  void close() {
    const std::uint64_t size = all_->size();
    check(all_->shrink(10) == size, "all that is idle can be evicted");
    all_.reset();
  }
  int made() const { return a_.made + b_.made + c_.made; }
  int released() const { return a_.released + b_.released + c_.released; }

 private:
  item a_{0, 1};
  item b_{1, 1};
  item c_{2, 2};
  std::unique_ptr<cache> all_ = std::make_unique<cache>(cache::options{.idle_charge_max = 4});
  external<item> other_;

 public:
  external<item> first, second;
};

/// The same; who looks for it meets another one first.
class crowded : public real {
 public:
  crowded() : real(true) {}
};

/// What is left out.
enum class without {
  nothing,
  last_look,       // the hand ends who had no user when it looked
  one_step,        // the hand looks, and then takes its reference off
  coming_back,     // the last put of a parked one forgets it
  settling,        // the last put of one that is leaving does not ask whether it still is the last
  leaving_a_word,  // a put that was overtaken does not say that it is done
};

/// The word's part of it: one entry, which is in the table until it is dead.
template <without Precaution>
class small {
 public:
  void look_up() {
    if (!word_.get_not_zero()) return;
    check(alive_.read(), "what is found is alive");
    put();
  }
  void find() {
    check(word_.get_not_zero(), "what is in all the time is found");
    check(alive_.read(), "what is found is alive");
    put();
  }
  void put() {
    if (word_.put_to_zero()) last_put();
  }
  void put_other() { put(); }
  void evict() {
    const std::lock_guard held(lock_);
    if (!queued_) return;
    queued_ = false;
    if (Precaution == without::one_step) {
      if (word_.references() > 1) return word_.put_to_zero() ? void() : void();
    } else if (word_.put_not_last()) {
      return;
    }
    if (Precaution == without::last_look) return release();
    while (!word_.bury_sole(1))
      if (word_.put_not_last()) return;
    release();
  }
  void erase() {
    if (!word_.get_not_zero()) return;
    kill();
    put();
  }
  void kill() {
    const std::lock_guard held(lock_);
    leaving_ = true;
    if (queued_) check(word_.put_not_last(), "the caller has one");
    queued_ = false;
  }

  void share() { word_.get(); }
  void put_all() {}
  bool idle() { return word_.references() == (queued_ ? 1U : 0U); }
  bool there() { return word_.get_not_zero() && (put(), true); }
  void close() {
    evict();
    check(word_.dead(), "all that is idle can be evicted");
  }
  static int made() { return 1; }
  int released() const { return released_; }

 private:
  void last_put() {
    for (;;) {
      {
        const std::lock_guard held(lock_);
        if (leaving_) {
          if (Precaution == without::settling ||
              word_.settle(lastout::count_state::dead) != lastout::settled::not_ours)
            return release();
        } else if (Precaution == without::coming_back) {
          return;
        } else if (word_.take_back()) {
          queued_ = true;
          return;
        }
      }
      if (Precaution == without::leaving_a_word || word_.leave()) return;
    }
  }
  void release() {
    alive_ = false;
    ++released_;
  }

  lastout::hit_count word_{2};
  interleave::mutex lock_;
  bool queued_ = true;  // and this under the lock
  bool leaving_ = false;
  plain<bool> alive_{true};
  int released_ = 0;
};

enum class ends { kept, either };

template <class Cache>
using part = void (Cache::*)();

/// Runs the parts against each other, each in a thread of its own. In the end what is there is idle,
/// and goes, and each object is released once.
template <class Cache>
set_up play(std::initializer_list<part<Cache>> before, std::vector<part<Cache>> parts, ends how) {
  const std::vector<part<Cache>> first = before;
  return [=](world& w) {
    const auto s = std::make_shared<Cache>();
    for (const part<Cache> each : first) ((*s).*each)();
    for (const part<Cache> each : parts) w.thread([s, each] { ((*s).*each)(); });
    w.finally([s, how] {
      s->put_all();
      check(s->idle(), "what is there is idle");
      if (how == ends::kept) check(s->there(), "it is kept");
      s->close();
      check(s->released() == s->made(), "released once");
    });
  };
}
result in_each_interleaving(const set_up& what) {
  const rules::violations_fail strict;
  return interleave::explore({}, what);
}

template <class Cache>
set_up a_hit_against_an_eviction() {
  return play<Cache>({&Cache::put}, {&Cache::look_up, &Cache::evict}, ends::either);
}
template <class Cache>
set_up the_end_of_a_use_against_a_look_up() {
  return play<Cache>({&Cache::evict}, {&Cache::put, &Cache::find}, ends::kept);
}
template <class Cache>
set_up the_end_of_a_use_against_a_hand() {
  return play<Cache>({}, {&Cache::put, &Cache::evict}, ends::either);
}
template <class Cache>
set_up a_kill_against_the_last_put() {
  return play<Cache>({&Cache::share, &Cache::kill}, {&Cache::put, &Cache::put_other}, ends::either);
}
template <class Cache>
set_up an_erase_against_an_eviction() {
  return play<Cache>({&Cache::put}, {&Cache::erase, &Cache::evict}, ends::either);
}
template <class Cache>
set_up an_erase_against_the_last_put() {
  return play<Cache>({&Cache::evict}, {&Cache::erase, &Cache::put}, ends::either);
}

using scenario::added;
using scenario::two_changes;

// Who is hit is not evicted, and who is evicted is not hit.
const added hit_evict("cache", "cache: hit against eviction", a_hit_against_an_eviction<real>());
// Who was parked is found while its use ends: resurrected.
const added resurrect("cache", "cache: end of a use against a hit",
                      the_end_of_a_use_against_a_look_up<real>());
// A use that ends while a hand comes by is not lost.
const added put_hand("cache", "cache: end of a use against a hand",
                     the_end_of_a_use_against_a_hand<real>());
// Who was killed dies with whoever puts last.
const added kill_put("cache", "cache: two last puts of one who was killed",
                     a_kill_against_the_last_put<real>());
// Who is erased and evicted, or erased while its use ends, leaves once.
const added erase_evict("cache", "cache: erase against eviction",
                        an_erase_against_an_eviction<real>());
const added erase_put("cache", "cache: erase against the end of a use",
                      an_erase_against_the_last_put<real>());
// A name that is replaced is found all the time.
const added replace_find("cache", "cache: replace against a hit",
                         play<real>({&real::put}, {&real::replace, &real::find}, ends::kept),
                         scenario::whole_when_verifying);
const added replace_find_crowded("cache", "cache: replace against a hit behind another one",
                                 play<crowded>({&crowded::put}, {&crowded::replace, &crowded::find},
                                               ends::kept),
                                 scenario::whole_when_verifying);
const added insert_evict("cache", "cache: insert against eviction of its name",
                         play<real>({&real::put}, {&real::insert, &real::evict}, ends::either));
const added replace_evict("cache", "cache: replace against eviction",
                          play<real>({&real::put}, {&real::replace, &real::evict}, ends::either));
const added walk_hit("cache", "cache: a walk that evicts against a hit",
                     play<real>({&real::put}, {&real::evict_it, &real::look_up}, ends::either));
const added walk_put("cache", "cache: a walk that evicts against the end of a use",
                     play<real>({&real::evict}, {&real::evict_it, &real::put}, ends::either));
// Who is killed in use leaves, whatever a hand does, and is found by nobody who comes later.
const added kill_hand("cache", "cache: kill_on_put against a hand",
                      play<real>({}, {&real::kill, &real::evict}, ends::either));
const added kill_hit("cache", "cache: kill_on_put against a hit",
                     play<real>({}, {&real::kill, &real::look_up}, ends::either));
const added kill_erase("cache", "cache: kill_on_put against erase",
                       play<real>({}, {&real::kill, &real::erase}, ends::either));
// Who asks for a name finds it or makes it, whoever makes it go meanwhile.
const added create_or_evict("cache", "cache: get_or_create against eviction",
                            play<real>({&real::put}, {&real::create, &real::evict}, ends::either));
const added create_or_erase("cache", "cache: get_or_create against erase",
                            play<real>({&real::put}, {&real::create, &real::erase}, ends::either),
                            two_changes);
const added create_or_put("cache", "cache: get_or_create against the end of a use",
                          play<real>({&real::evict}, {&real::create, &real::put}, ends::kept));
// Two hands.
const added two_hands("cache", "cache: two evictions",
                      play<real>({&real::put}, {&real::evict, &real::evict_it}, ends::either));
const added rename_hand("cache", "cache: rename against a hand",
                        play<real>({}, {&real::rename, &real::evict}, ends::either));
// Three of them.
const added kill_hit_hand("cache", "cache: kill_on_put, hit, hand",
                          play<real>({}, {&real::kill, &real::look_up, &real::evict},
                                     ends::either));
const added two_puts_hand("cache", "cache: two puts and a hand",
                          play<real>({&real::share}, {&real::put, &real::put_other, &real::evict},
                                     ends::either));
const added put_hit_hand("cache", "cache: end of a use, hit, hand",
                         play<real>({&real::evict}, {&real::put, &real::look_up, &real::evict},
                                    ends::either),
                         two_changes);
const added put_erase_hit("cache", "cache: end of a use, erase, hit",
                          play<real>({&real::evict}, {&real::put, &real::erase, &real::look_up},
                                     ends::either),
                          two_changes);
// Who asks for a name that is not there: who looks meanwhile finds what was made, or nothing.
const added create_two_misses("cache", "cache: get_or_create against two misses",
                              play<real>({&real::put, &real::evict},
                                         {&real::create, &real::look_up, &real::look_up},
                                         ends::kept));
const added create_hit_hand("cache", "cache: get_or_create, hit or miss, hand",
                            play<real>({&real::put, &real::evict},
                                       {&real::create, &real::look_up, &real::evict},
                                       ends::either));
const added kill_create_hand("cache", "cache: kill_on_put, get_or_create, hand",
                             play<real>({}, {&real::kill, &real::create, &real::evict},
                                        ends::either));

// kill_on_put and insert both change where the object stands: who comes second sees the other. (A
// store under the cache's lock once hid the cache from a kill_on_put that came just after insert: the
// object was kept.)
const added kill_insert("cache", "cache: insert against kill_on_put", [](world& w) {
  struct state {
    item one{0, 1};
    std::unique_ptr<cache> all = std::make_unique<cache>(cache::options{.idle_charge_max = 4});
    external<item> inserted, other;
  };
  const auto s = std::make_shared<state>();
  s->inserted = born(s->one);
  s->other = s->inserted;
  w.thread([s] { s->inserted = s->all->insert(std::move(s->inserted)); });
  w.thread([s] {
    s->other.kill_on_put();
    s->other.put();
  });
  w.finally([s] {
    s->inserted.put();
    check(s->one.released == 1, "it is not kept");
    check(s->all->size() == 0, "and has left");
  });
});

// A last put finds that its object is in no cache; before it ends it, somebody has got the object (from
// a mark that he has, say), put it into one, and does what `then` does.
set_up put_against_insert(void (*then)(cache& in, external<item>& got), ends how) {
  return [then, how](world& w) {
    struct state {
      item one{0, 1};
      std::unique_ptr<cache> all = std::make_unique<cache>(cache::options{.idle_charge_max = 4});
      external<item> first;
    };
    const auto s = std::make_shared<state>();
    s->first = born(s->one);
    w.thread([s] { s->first.put(); });
    w.thread([s, then] {
      if (!lastout::reference_access::get_not_zero(s->one)) return;
      external<item> got = s->all->insert(external<item>::adopt(&s->one));
      then(*s->all, got);
    });
    w.finally([s, how] {
      if (how == ends::kept) (void)s->all->shrink(10);
      check(s->one.released == 1, "it has gone");
      check(s->all->size() == 0, "and left");
      s->all.reset();
    });
  };
}
const added put_insert("cache", "cache: last put against who gets the object and inserts it",
                       put_against_insert([](cache&, external<item>& got) { got.kill_on_put(); },
                                          ends::either),
                       two_changes);
// A hand that meets the object does not wait for that put, which waits for the hand.
const added put_insert_hand("cache",
                            "cache: last put against who gets the object, inserts and evicts it",
                            put_against_insert(
                                [](cache& in, external<item>& got) {
                                  got.put();
                                  (void)in.shrink(1);
                                },
                                ends::kept),
                            two_changes);

// Of two who ask for a name that is not there one creates it, and both get that one.
void two_ask(world& w, bool evicted_meanwhile) {
  struct state {
    item made[3] = {{0, 1}, {1, 1}, {2, 1}};
    std::unique_ptr<cache> all = std::make_unique<cache>(cache::options{.idle_charge_max = 4});
    external<item> got[2];
    int created = 0;
  };
  const auto s = std::make_shared<state>();
  for (int i = 0; i < 2; ++i) {
    w.thread([s, i, evicted_meanwhile] {
      s->got[i] = s->all->get_or_create(1, [s] { return born(s->made[s->created++]); });
      check(bool(s->got[i]), "each gets one");
      use(*s->got[i]);
      if (evicted_meanwhile) s->got[i].put();
    });
  }
  if (evicted_meanwhile) w.thread([s] { (void)s->all->shrink(1); });
  w.finally([s, evicted_meanwhile] {
    if (!evicted_meanwhile) {
      check(s->got[0] == s->got[1], "both get the same");
      check(s->created == 1, "it was created once");
    }
    for (external<item>& each : s->got) each.put();
    (void)s->all->shrink(10);
    int released = 0;
    for (const item& each : s->made) released += each.released;
    check(released == s->created, "each that was created is released");
    s->all.reset();
  });
}
const added create("cache", "cache: two get_or_create", [](world& w) { two_ask(w, false); });
const added create_evict(
    "cache", "cache: two get_or_create and a hand", [](world& w) { two_ask(w, true); },
    two_changes);

using word = small<without::nothing>;

TEST(cache_edges_test, the_word_holds_in_every_interleaving) {
  EXPECT_HOLDS(in_each_interleaving(a_hit_against_an_eviction<word>()));
  EXPECT_HOLDS(in_each_interleaving(the_end_of_a_use_against_a_look_up<word>()));
  EXPECT_HOLDS(in_each_interleaving(the_end_of_a_use_against_a_hand<word>()));
  EXPECT_HOLDS(in_each_interleaving(a_kill_against_the_last_put<word>()));
  EXPECT_HOLDS(in_each_interleaving(an_erase_against_an_eviction<word>()));
  EXPECT_HOLDS(in_each_interleaving(an_erase_against_the_last_put<word>()));
  EXPECT_HOLDS(in_each_interleaving(
      play<word>({&word::evict}, {&word::put, &word::look_up, &word::evict}, ends::either)));
}

// Rules 33, 12: who was idle when somebody looked may be in use when he acts.
TEST(cache_twins_test, twin_that_ends_whom_it_saw_idle_is_caught) {
  EXPECT_BREAKS("wrong|data race",
                in_each_interleaving(a_hit_against_an_eviction<small<without::last_look>>()));
}
// Rule 32: neither in a queue nor in use, it is nowhere.
TEST(cache_twins_test, twin_that_looks_and_then_parks_is_caught) {
  EXPECT_BREAKS("wrong",
                in_each_interleaving(the_end_of_a_use_against_a_hand<small<without::one_step>>()));
}
TEST(cache_twins_test, twin_that_does_not_bring_back_whom_it_parked_is_caught) {
  EXPECT_BREAKS("wrong", in_each_interleaving(
                             the_end_of_a_use_against_a_hand<small<without::coming_back>>()));
}
// Rules 30, 31: a put that was overtaken by one that revived the entry, and dropped it.
TEST(cache_twins_test, twin_that_releases_without_settling_is_caught) {
  EXPECT_BREAKS("wrong|data race",
                in_each_interleaving(an_erase_against_the_last_put<small<without::settling>>()));
}
TEST(cache_twins_test, twin_whose_overtaken_put_does_not_say_that_it_is_done_is_caught) {
  EXPECT_BREAKS("wrong", in_each_interleaving(
                             the_end_of_a_use_against_a_look_up<small<without::leaving_a_word>>()));
}

}  // namespace
