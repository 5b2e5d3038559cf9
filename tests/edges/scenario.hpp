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

#include "edges/interleave.hpp"

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
};

inline std::vector<entry>& all() {
  static std::vector<entry> list;
  return list;
}

/// Adds a scenario to the list, at start-up.
struct added {
  added(std::string name, std::function<void(world&)> set_up) {
    all().push_back({std::move(name), std::move(set_up)});
  }
};

/// Enough for the whole tree of every scenario here.
inline constexpr std::size_t whole = 20'000'000;

inline interleave::result walk(const entry& e, std::size_t executions_max = whole) {
  return interleave::explore({.max_executions = executions_max}, e.set_up);
}

}  // namespace scenario
