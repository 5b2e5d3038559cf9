// scenario.hpp - the scenarios that show the core's protocols and ordering edges, and the list that all
// of them are in.
//
// A scenario is a small program over the real headers. It must hold in every interleaving; and for
// every order in the headers that is not relaxed, some scenario must fail when that order is dropped
// (edges_test.cpp). A scenario's state is made anew in each execution. What is walked of each, and
// what each order is missed by, stands in docs/edges.md.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include <lastout/violation.hpp>

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

/// How much of a scenario's tree is walked.
struct extent {
  bool in_order = false;           // all interleavings, of memory in order
  bool in_order_verified = false;  // the same, only when the program verifies
  int changes_max = -1;  // as weak as it may be: with so many changes of thread and old stores
  // And so many executions by chance, as weak, without a bound: half of them uniformly, half by depth,
  // for failures that need one event more than was walked (sampler.hpp).
  std::uint64_t samples = 0;
  bool whole_verified = false;  // all, when the program verifies; else with one change more
};
/// All interleavings, memory as weak as it may be.
inline constexpr extent whole{};
/// Weak as far as so many changes show; in order, which is millions, when the program verifies.
inline constexpr extent in_order_when_verifying{
    .in_order_verified = true, .changes_max = 3, .samples = 1'000};
/// All in order, and weak as far as so many changes show; all when the program verifies.
inline constexpr extent whole_when_verifying{
    .in_order = true, .changes_max = 2, .samples = 1'000, .whole_verified = true};
/// Weak as far as so many changes show.
inline constexpr extent three_changes{.changes_max = 3, .samples = 1'000};
inline constexpr extent two_changes{.changes_max = 2, .samples = 1'000};

struct entry {
  std::string protocol;
  std::string name;
  std::function<void(world&)> set_up;
  extent walked = whole;
};

inline std::vector<entry>& all() {
  static std::vector<entry> list;
  return list;
}

/// Adds a scenario to the list, at start-up.
struct added {
  added(std::string protocol, std::string name, std::function<void(world&)> set_up,
        extent walked = whole) {
    all().push_back({std::move(protocol), std::move(name), std::move(set_up), walked});
  }
};

/// True when a walk is to go further than `make test` has time for.
inline bool verifying() {
  static const bool set = std::getenv("LASTOUT_VERIFY") != nullptr;
  return set;
}

/// How many executions in which weak exchanges fail for no reason, with memory in order: all of a small
/// scenario, the first ones of a large one.
inline std::uint64_t spurious_most(bool further) { return further ? 200'000 : 5'000; }

/// Enough for the whole tree of every scenario here.
inline constexpr std::size_t no_end = 200'000'000;

/// A violation fails the execution, unless the scenario listens itself.
inline lastout::violation_handler fails_on_violation() {
  return [](const lastout::violation_report& seen) noexcept {
    interleave::fail(std::string("violation ") + lastout::name(seen.what) + " in " +
                     seen.operation);
  };
}

struct outcome : interleave::result {
  std::size_t threads = 0;
};

/// Walks as much of a scenario's tree as it says. Further, when the program verifies; but not where only
/// the first so many executions are asked for: what they show is what they show in `make test`.
inline outcome walk(const entry& e, std::size_t executions_max = no_end) {
  const bool further = verifying() && executions_max == no_end;
  const auto before = lastout::on_violation(fails_on_violation());
  outcome all;
  all.complete = true;
  int walks = 0;
  const auto add = [&](interleave::options o, bool sampled) {
    if (all.failed) return;
    const interleave::result before_it = all;
    o.called = e.name + "#" + std::to_string(++walks);
    static_cast<interleave::result&>(all) = interleave::explore(o, [&](world& w) {
      e.set_up(w);
      all.threads = w.threads();
    });
    all.executions = before_it.executions + (sampled ? 0 : all.executions);
    all.redundant += before_it.redundant;
    all.complete = before_it.complete && (sampled || all.complete);
  };
  const extent& of = e.walked;
  const bool all_weak = of.changes_max < 0 || (further && of.whole_verified);
  const int changes = all_weak ? -1 : of.changes_max + (further ? 1 : 0);
  if (of.in_order || (further && of.in_order_verified))
    add({.max_executions = executions_max, .stale = false}, false);
  add({.max_executions = executions_max, .preemption_bound = changes}, false);
  add({.max_executions = std::min<std::uint64_t>(spurious_most(further), executions_max),
       .stale = false,
       .spurious = true},
      true);
  for (const unsigned depth : {0u, static_cast<unsigned>(changes + 2)}) {
    if (all_weak || of.samples == 0) break;
    const auto samples = std::min<std::uint64_t>(of.samples / 2, executions_max);
    add({.max_executions = 1, .samples = samples, .depth = depth}, true);
  }
  lastout::on_violation(before);
  return all;
}

}  // namespace scenario
