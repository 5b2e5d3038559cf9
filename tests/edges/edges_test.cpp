// edges_test.cpp - every scenario holds in every interleaving, and every order in the core is
// needed.

#include <algorithm>

#include "edges/scenario.hpp"

namespace {

TEST(edges_test, every_scenario_holds_in_every_interleaving) {
  for (const scenario::entry& each : scenario::all()) {
    const interleave::result r = scenario::walk(each);
    EXPECT_FALSE(r.failed) << each.name << "\n" << r.message;
    EXPECT_TRUE(r.complete) << each.name;
    std::printf("  %-60s %8llu executions, %8llu redundant\n", each.name.c_str(),
                static_cast<unsigned long long>(r.executions),
                static_cast<unsigned long long>(r.redundant));
  }
}

// The edges that the headers number, each with the scenario that shows it and the two orders at its
// ends. Where several operations share one compare-exchange loop, the scenario has only the one
// operation that the edge is about.
struct edge {
  const char* scenario;
  const char* file;
  const char* from;
  const char* to;
};
constexpr edge edges[] = {
    {"put -> settle", "refcount.hpp", "fetch_sub(release)", "compare_exchange(acquire)"},
    {"put_not_last -> settle", "refcount.hpp", "compare_exchange(release)",
     "compare_exchange(acquire)"},
    {"put -> freeze", "refcount.hpp", "fetch_sub(release)", "compare_exchange(acquire)"},
    {"put -> resurrect", "refcount.hpp", "fetch_sub(release)", "compare_exchange(acquire)"},
    {"birth -> get_not_zero", "refcount.hpp", "store(release)", "fetch_add(acquire)"},
    {"unfreeze -> get_not_zero", "refcount.hpp", "compare_exchange(release)", "fetch_add(acquire)"},
    {"leave -> settle: a stalled releaser", "refcount.hpp", "compare_exchange(release)",
     "compare_exchange(acquire)"},
    {"put -> settle, locked_word", "locked_word.hpp", "store(release)", "exchange(acquire)"},
    {"put -> last put, external_word", "external_word.hpp", "fetch_sub(release)",
     "compare_exchange(acquire)"},
    {"on_violation -> handler", "violation.hpp", "exchange(release)", "load(acquire)"},
    {"dual: put of an active -> deactivate", "dual.hpp", "fetch_sub(release)", "load(acquire)"},
    {"dual: put of a passive -> release", "dual.hpp", "fetch_sub(release)", "load(acquire)"},
    {"dual: close, drain against share and put", "dual.hpp", "fetch_or(release)", "load(acquire)"},
    {"dual: birth -> get_active", "dual.hpp", "store(release)", "compare_exchange(acquire)"},
    {"dual: birth -> get_passive", "dual.hpp", "store(release)", "compare_exchange(acquire)"},
};

bool fails_without(const scenario::entry& shown_by, const char* file, const char* order) {
  bool known = false;
  for (const interleave::site& each : interleave::sites(file)) {
    if (each.text().find(std::string(" ") + order) != std::string::npos)
      known |= interleave::weaken(each);
  }
  EXPECT_TRUE(known) << file << " has no " << order;
  const bool failed = scenario::walk(shown_by).failed;
  interleave::strengthen_all();
  return failed;
}

TEST(edges_test, each_edge_breaks_when_either_end_is_weakened) {
  for (const edge& each : edges) {
    const auto shown_by =
        std::find_if(scenario::all().begin(), scenario::all().end(),
                     [&each](const scenario::entry& s) { return s.name == each.scenario; });
    ASSERT_NE(shown_by, scenario::all().end()) << each.scenario;
    ASSERT_FALSE(scenario::walk(*shown_by).failed) << each.scenario;
    EXPECT_TRUE(fails_without(*shown_by, each.file, each.from))
        << each.scenario << ": " << each.from;
    EXPECT_TRUE(fails_without(*shown_by, each.file, each.to)) << each.scenario << ": " << each.to;
  }
}

// Mechanical: take one order away at a time, everywhere in the core. What a dropped order breaks
// shows early in the walk.
constexpr std::size_t some = 20'000;

TEST(edges_test, every_order_that_is_dropped_is_missed_by_some_scenario) {
  interleave::forget_sites();
  for (const scenario::entry& each : scenario::all()) (void)scenario::walk(each, some);
  const std::vector<interleave::site> sites = interleave::sites();
  ASSERT_FALSE(sites.empty());
  for (const interleave::site& dropped : sites) {
    std::string missed_by;
    for (const scenario::entry& each : scenario::all()) {
      interleave::weaken(dropped);
      const bool failed = scenario::walk(each, some).failed;
      interleave::strengthen_all();
      if (!failed) continue;
      missed_by = each.name;
      break;
    }
    std::printf("  %-60s %s\n", dropped.text().c_str(),
                missed_by.empty() ? "NOT MISSED" : missed_by.c_str());
    EXPECT_FALSE(missed_by.empty()) << dropped.text();
  }
}

}  // namespace
