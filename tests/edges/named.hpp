// named.hpp - the smallest name table: one name, its lock, and objects that give the name back in
// release.
//
// What rules 35 and 36 look at.

#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include <lastout/internal.hpp>
#include <lastout/kref.hpp>

#include "rules/explored.hpp"

namespace named {

using lastout::external;
using guard = std::unique_lock<interleave::mutex>;

template <class T>
struct table {
  interleave::mutex lock;
  lastout::internal<T, interleave::mutex> name;
  int alive = 0;  // beside the scenario
};

struct own_name_only {
  template <class T>
  static void unlink(T& dying) {
    const guard held(dying.in.lock);
    if (dying.in.name.refers_to(dying)) dying.in.name = {};
  }
};

template <class Release>
struct object : rules::watched_memory, lastout::kref<object<Release>> {
  explicit object(table<object>& t) : in(t) { ++in.alive; }
  ~object() { --in.alive; }
  void release() noexcept {
    Release::unlink(*this);
    delete this;
  }
  table<object>& in;
  interleave::plain<int> whole{42};
};

/// Makes an object and gives it the name.
/// Requires  the lock, or nobody else yet.
template <class T>
external<T> publish(table<T>& t) {
  external<T> made = lastout::make<T>(t);
  t.name = lastout::internal<T, interleave::mutex>(*made, t.lock);
  return made;
}

/// Finds or creates, as is right: what cannot be got any more has no name.
struct in_one_section {
  template <class T>
  static external<T> create(table<T>& t) {
    const guard held(t.lock);
    if (external<T> found = t.name.get_not_zero(held)) return found;
    return publish(t);
  }
};

}  // namespace named
