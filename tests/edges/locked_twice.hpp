// locked_twice.hpp - a cache whose objects stand in two lists, each with its lock: a name table and
// an LRU list, say.
//
// Lock order: table, then lru. What rules 33 and 37 look at. Style: kcref of both, or by_hand.

#pragma once

#include "edges/cached.hpp"

namespace locked_twice {

using cached::external;
using cached::guard;
using cached::lock_type;

template <class T>
struct cache {
  lock_type table_lock;
  lock_type lru_lock;
  interleave::plain<T*> named{nullptr};   // under table_lock
  interleave::plain<T*> in_lru{nullptr};  // under lru_lock

  // Beside the scenario.
  int users = 0;
  int unlinked = 0;
  lastout::fate when_idle = lastout::fate::keep;
};

template <template <class> class Style>
struct item : rules::watched_memory, Style<item<Style>> {
  using proof = typename Style<item>::idle_proof;

  explicit item(cache<item>& c) : in(c) {}
  std::tuple<lock_type&, lock_type&> locks() noexcept { return {in.table_lock, in.lru_lock}; }
  lastout::fate idle(const proof&) noexcept {
    interleave::check(in.users == 0, "idle() is asked when nobody uses the object");
    return in.when_idle;
  }
  void unlink(const proof&) noexcept {
    interleave::check(in.users == 0, "only what nobody uses is killed");
    interleave::check(++in.unlinked == 1, "it is killed once");
    in.named = nullptr;
    in.in_lru = nullptr;
  }

  cache<item>& in;
  interleave::plain<int> value{42};
};

template <class T>
using real = lastout::kcref<T, lock_type, lock_type>;

/// Finds the object in one of the lists, under that list's lock alone, and uses it.
template <class T>
void look_up(cache<T>& c, lock_type& lock, const interleave::plain<T*>& list) {
  guard held(lock);
  T* const listed = list.read();
  if (listed == nullptr) return;
  external<T> found = listed->resurrect(held);
  ++c.users;
  held.unlock();
  interleave::check(found->value.read() == 42, "the object is whole");
  --c.users;
}

inline constexpr auto by_name = [](auto& c) { look_up(c, c.table_lock, c.named); };
inline constexpr auto by_age = [](auto& c) { look_up(c, c.lru_lock, c.in_lru); };

/// Kills what is idle, with both locks in their order.
inline constexpr auto shrink = [](auto& c) {
  guard table(c.table_lock);
  guard lru(c.lru_lock);
  auto* const listed = c.in_lru.read();
  if (listed == nullptr) return;
  const auto gone = listed->kill_idle(table, lru);
  lru.unlock();
  table.unlock();
};

/// One holder puts the last reference; `others` run beside it. In the end everything idle is
/// killed.
template <class T, class... Other>
interleave::result last_put_beside(interleave::options o, lastout::fate when_idle,
                                   Other... others) {
  const rules::violations_fail strict;
  return interleave::explore(o, [=](interleave::world& w) {
    auto c = std::make_shared<cache<T>>();
    c->when_idle = when_idle;
    T* const made = lastout::make<T>(*c).leak();
    c->named = made;
    c->in_lru = made;
    c->users = 1;
    w.thread([=] {
      --c->users;
      (void)external<T>::adopt(made);
    });
    (w.thread([=] { others(*c); }), ...);
    w.finally([=] {
      shrink(*c);
      interleave::check(c->unlinked == 1, "everything is killed in the end");
    });
  });
}

}  // namespace locked_twice
