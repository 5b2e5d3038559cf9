// scenario.hpp - the scenarios that show the core's ordering edges, and the list that all of them
// are in.
//
// A scenario is a small program over the real headers. It must hold in every interleaving; and for
// every order in the core that is not relaxed, some scenario must fail when that order is dropped
// (edges_test.cpp). A scenario's state is made anew in each execution.

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "explore/interleave.hpp"

namespace scenario {

using interleave::world;

/// Base of the objects of a scenario: their memory is watched.
struct watched {
  static void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
    return interleave::heap::allocate(bytes);
  }
  static void operator delete(void* at) noexcept { interleave::heap::free(at); }
};

struct entry {
  std::string name;
  std::function<void(world&)> set_up;
  bool large = false;
};

inline std::vector<entry>& all() {
  static std::vector<entry> list;
  return list;
}

/// Adds a scenario to the list, at start-up.
struct added {
  added(std::string name, std::function<void(world&)> set_up, bool large = false) {
    all().push_back({std::move(name), std::move(set_up), large});
  }
};

/// Enough for the whole tree of every scenario here.
inline constexpr std::size_t whole = 20'000'000;

/// In every interleaving, with memory as weak as it may be. A large one: in every interleaving with
/// memory in order, and with memory as weak as it may be where no more than three changes of thread
/// and old stores come together.
inline interleave::result walk(const entry& e, std::size_t executions_max = whole) {
  interleave::result r =
      interleave::explore({.max_executions = executions_max, .stale = !e.large}, e.set_up);
  if (!e.large || r.failed) return r;
  interleave::result weak =
      interleave::explore({.max_executions = executions_max, .preemption_bound = 3}, e.set_up);
  weak.executions += r.executions;
  weak.redundant += r.redundant;
  weak.complete &= r.complete;
  return weak;
}

}  // namespace scenario
