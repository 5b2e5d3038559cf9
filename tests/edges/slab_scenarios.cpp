// slab_scenarios.cpp - the real slab: slots that are used again, marks that are too old, numbers that
// were guessed.

#include <memory>
#include <utility>

#include <lastout/in_slab.hpp>
#include <lastout/kref.hpp>

#include "edges/scenario.hpp"
#include "edges/small_memory.hpp"

namespace {

struct marked;
struct brief;
struct heir;

}  // namespace

template <>
struct lastout::slab_shape<marked> : scenario::small_memory<marked> {};
template <>
struct lastout::slab_shape<heir> : scenario::small_memory<heir, 1024> {};
template <>
struct lastout::slab_shape<brief> : scenario::small_memory<brief, 256> {};

namespace {

using interleave::check;
using interleave::plain;
using lastout::external;
using lastout::internal;
using lastout::slab;
using scenario::world;
using mark = internal<marked, slab<marked>>;

struct marked : lastout::kref<marked>, lastout::in_slab<marked> {
  explicit marked(int v) : value(v) {}
  plain<int> value;
};

template <class T>
void fresh() {
  lastout::slab_shape<T>::fresh();
  check(slab<T>::use().chunks == 0, "a new slab");
}

/// What somebody does with a mark of an object whose value is 1.
template <class T>
external<T> look(const internal<T, slab<T>>& m) {
  external<T> got = m.get_not_zero();
  if (got) check(got->value.read() == 1, "a mark leads to its own object");
  return got;
}

// (1) -> (2), (3) -> (4): a number that nobody gave out meets the first object of a chunk.
const scenario::added guessed("slab", "slab: a guessed number against the first object",
                              [](world& w) {
                                fresh<marked>();
                                auto kept = std::make_shared<external<marked>>();
                                w.thread([kept] { *kept = lastout::make<marked>(1); });
                                w.thread(
                                    [] { (void)look(mark::from_number(std::uint64_t{1} << 32)); });
                              });

/// One puts what he has and makes another one; `readers` have marks of the first. They keep what they
/// get, or put it.
void reused(world& w, int readers, bool keep) {
  fresh<marked>();
  struct state {
    external<marked> first = lastout::make<marked>(1);
    external<marked> second;
    mark of_first{*first};
    external<marked> kept[2];  // each is one reader's
  };
  auto s = std::make_shared<state>();
  w.thread([s] {
    s->first.put();
    s->second = lastout::make<marked>(2);
  });
  for (int i = 0; i < readers; ++i) {
    w.thread([s, i, keep] {
      external<marked> got = look(s->of_first);
      if (keep) s->kept[i] = std::move(got);
    });
  }
  w.finally([s] {
    for (external<marked>& each : s->kept) {
      if (each) check(each->value.read() == 1, "who is kept stays");
      each.put();
    }
    check(!s->of_first.get_not_zero(), "the first one is gone");
    check(s->second->value.read() == 2, "the second one is whole");
  });
}
const scenario::added one_reader("slab", "slab: a slot is used again against a mark",
                                 [](world& w) { reused(w, 1, false); });
const scenario::added two_readers(
    "slab", "slab: a slot is used again against two marks", [](world& w) { reused(w, 2, false); },
    scenario::three_changes);

const scenario::added two_keep("slab", "slab: a slot is used again against two marks, which keep",
                               [](world& w) { reused(w, 2, true); });

// Whoever puts last frees the first one and makes another one in its place, be it one of two
// holders or who has found it by its mark.
struct heir;
using heir_mark = internal<heir, slab<heir>>;
struct heirs {
  external<heir> second;
  int freed = 0;
};
struct heir : lastout::kref<heir>, lastout::in_slab<heir> {
  heir(heirs& h, int v) : all(h), value(v) {}
  void release() noexcept {
    heirs& mine = all;
    const bool first = value.read() == 1;
    delete this;
    ++mine.freed;
    if (first) mine.second = lastout::make<heir>(mine, 2);
  }
  heirs& all;
  plain<int> value;
};

const scenario::added last_makes("slab",
                                 "slab: two puts, of which the last one makes anew, against a mark",
                                 [](world& w) {
                                   fresh<heir>();
                                   auto s = std::make_shared<heirs>();
                                   auto first =
                                       std::make_shared<external<heir>>(lastout::make<heir>(*s, 1));
                                   auto other = std::make_shared<external<heir>>(*first);
                                   const heir_mark of_first{**first};
                                   w.thread([first] { first->put(); });
                                   w.thread([other] { other->put(); });
                                   w.thread([of_first] { (void)look(of_first); });
                                   w.finally([s, of_first] {
                                     check(s->freed == 1, "freed once");
                                     check(!of_first.get_not_zero(), "the first one is gone");
                                     check(s->second->value.read() == 2, "the second one is whole");
                                   });
                                 });
// Two threads make and free: each object has a slot of its own, the common list loses none.
const scenario::added makers("slab", "slab: two makers", [](world& w) {
  fresh<marked>();
  for (int i = 0; i < 2; ++i) {
    w.thread([i] {
      const external<marked> one = lastout::make<marked>(i);
      const external<marked> other = lastout::make<marked>(i);
      check(one != other, "two places");
      check(one->value.read() == i && other->value.read() == i, "each is its maker's");
    });
  }
});

// (3) -> (4) once more: slots that were to go back, and stay because the wait throws. A number that
// nobody gave out leads to one of them again; nothing was ever born there, so that its word is what
// the slot was filled with.
struct others_first {
  others_first() noexcept = default;
  /// Makes the others, and throws before anything of its own object is there.
  explicit inline others_first(external<brief> (&others)[7]);
};
struct brief : others_first, lastout::kref<brief>, lastout::in_slab<brief> {
  brief() noexcept = default;
  explicit brief(external<brief> (&others)[7]) : others_first(others) {}
  char bytes[24] = {};
};
others_first::others_first(external<brief> (&others)[7]) {
  for (external<brief>& each : others) each = lastout::make<brief>();
  throw 1;
}

template <class Function>
bool throws(Function f) {
  try {
    f();
  } catch (int) {
    return true;
  }
  return false;
}

const scenario::added trim_throws(
    "slab", "slab: a guessed number against a trim that throws",
    [](world& w) {
      fresh<brief>();
      w.thread([] {
        {
          external<brief> others[7];
          check(throws([&] { (void)lastout::make<brief>(others); }), "it does not come to be");
          check(slab<brief>::use().chunks == 2 && slab<brief>::use().slots == 8, "two full ones");
          for (external<brief>& each : others) each.put();
        }  // the first chunk's slots are free, the last ones are this thread's own
        check(throws([] { slab<brief>::trim([] { throw 1; }); }), "there was a chunk to trim");
      });
      w.thread([] {
        const auto next = internal<brief, slab<brief>>::from_number(std::uint64_t{2} << 32);
        check(!next.get_not_zero(), "the object of that number is still to come");
      });
    },
    {.changes_max = 1, .samples = 200});

}  // namespace
