// rule_59_test.cpp - initialise all fields, then set the count, then publish: in every
// interleaving.

#include <memory>
#include <mutex>

#include <lastout/dual.hpp>
#include <lastout/external.hpp>
#include <lastout/internal.hpp>
#include <lastout/kref.hpp>
#include <lastout/refcount.hpp>

#include "rules/explored.hpp"

namespace {

using interleave::check;
using interleave::plain;
using interleave::result;
using interleave::world;
using guard = std::unique_lock<interleave::mutex>;

// Each object shows itself to readers in its constructor already, before its fields are written:
// the worst that an author can do. The lock protects the memory, not the fields.

template <class T>
struct shop_window {
  interleave::mutex lock;
  lastout::internal<T, interleave::mutex> shown;
  void show(T& half_built) {
    const guard held(lock);
    shown = lastout::internal<T, interleave::mutex>(half_built, lock);
  }
};

struct by_kref : lastout::kref<by_kref>, rules::watched_memory {
  using handle = lastout::external<by_kref>;
  explicit by_kref(shop_window<by_kref>& in) {
    in.show(*this);
    key = 7;
  }
  static handle make(shop_window<by_kref>& in) { return lastout::make<by_kref>(in); }
  plain<int> key{0};
};

struct by_dual : lastout::dual<by_dual, lastout::unnamed_holders>, rules::watched_memory {
  using handle = lastout::active<by_dual>;
  explicit by_dual(shop_window<by_dual>& in) {
    in.show(*this);
    key = 7;
  }
  static handle make(shop_window<by_dual>& in) { return lastout::make_active<by_dual>(in); }
  plain<int> key{0};
};

/// The twin: the count comes first, and then the fields (nf_conntrack, 941297f443f8).
struct count_first : lastout::kref<count_first>, rules::watched_memory {
  using handle = lastout::external<count_first>;
  explicit count_first(shop_window<count_first>& in) {
    lastout::reference_access::birth(*this);  // broken: whoever finds the object can get it now
    in.show(*this);
    key = 7;
  }
  static handle make(shop_window<count_first>& in) { return handle::adopt(new count_first(in)); }
  plain<int> key{0};
};

template <class Object>
result a_reader_against_the_construction() {
  const rules::violations_fail strict;
  return interleave::explore({}, [](world& w) {
    struct state {
      shop_window<Object> window;
      typename Object::handle first;
    };
    const auto s = std::make_shared<state>();
    w.thread([s] { s->first = Object::make(s->window); });
    w.thread([s] {
      typename Object::handle got;
      {
        const guard held(s->window.lock);
        got = s->window.shown.get_not_zero(held);
      }
      if (got) check(got->key.read() == 7, "who gets the object finds it whole");
    });
    w.finally([s] {
      const guard held(s->window.lock);
      check(bool(s->window.shown.get_not_zero(held)), "an object that is built can be got");
    });
  });
}

TEST(rule_59, an_object_can_be_got_once_it_is_built) {
  EXPECT_HOLDS(a_reader_against_the_construction<by_kref>());
  EXPECT_HOLDS(a_reader_against_the_construction<by_dual>());
}

TEST(rule_59, twin_is_caught) {
  EXPECT_BREAKS("data race", a_reader_against_the_construction<count_first>());
}

// Reused memory that readers find without a lock.

enum class steps { fields_then_count, count_then_fields };

template <steps Order>
result a_reader_against_a_reuse() {
  const rules::violations_fail strict;
  return interleave::explore({}, [](world& w) {
    struct state {
      lastout::refcount word;  // dead
      plain<int> key{1};
    };
    const auto s = std::make_shared<state>();
    w.thread([s] {
      if (Order == steps::count_then_fields) s->word.birth();  // broken
      s->key = 2;
      if (Order == steps::fields_then_count) s->word.birth();
    });
    w.thread([s] {
      if (!s->word.get_not_zero()) return;
      check(s->key.read() == 2, "who gets the object finds its own key");
      check(!s->word.put(), "the maker has a reference");
    });
    w.finally([s] { check(s->word.put(), "one reference is left"); });
  });
}

TEST(rule_59, a_count_that_is_set_last_shows_the_fields) {
  EXPECT_HOLDS(a_reader_against_a_reuse<steps::fields_then_count>());
}

TEST(rule_59, twin_that_sets_the_count_first_is_caught) {
  EXPECT_BREAKS("data race", a_reader_against_a_reuse<steps::count_then_fields>());
}

}  // namespace
