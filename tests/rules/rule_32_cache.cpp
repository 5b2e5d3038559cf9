// rule_32 - idle is what an eviction can find, in use is what it cannot. Rule 33 - an eviction frees
// nothing that is in use.
//
// Twins: a put that does not bring back whom a hand had parked; a hand that parks and leaves it in
// the queue; a hand that does not look. Tool: random programs, seeded; after each step the cache is
// compared with a list of what is held.

#include <map>
#include <random>
#include <set>
#include <string>

#include "rules/two_caches.hpp"

namespace {

using namespace rules;

template <class Cache>
verdict run(unsigned seed) {
  using handle = typename Cache::handle;
  verdict v;
  std::set<name_of_entry> there;
  std::multimap<name_of_entry, handle> held;
  Cache all(3, [&](name_of_entry name) {
    v.require(there.erase(name) == 1, "left twice, or was never in");
    v.require(held.count(name) == 0, "was in use, and left");
  });
  std::minstd_rand random(seed);
  for (int step = 0; step < 150 && v.held(); ++step) {
    const name_of_entry name = (random() >> 8) % 8;
    switch ((random() >> 8) % 5) {
      case 0: {
        const bool fresh = there.insert(name).second;
        handle h = all.insert(name);
        v.require(fresh || h->name == name, "another one has its name");
        held.emplace(name, std::move(h));
        break;
      }
      case 1: {
        handle h = all.get(name);
        v.require(bool(h) == (there.count(name) == 1), "found, and has left; or the other way");
        if (h) held.emplace(name, std::move(h));
        break;
      }
      case 2:
      case 3: {
        const auto at = held.find(name);
        if (at == held.end()) break;
        handle h = std::move(at->second);
        held.erase(at);
        break;
      }
      default: (void)all.shrink(1 + (random() >> 8) % 2);
    }
    std::set<name_of_entry> used;
    for (const auto& [of, h] : held) used.insert(of);
    v.require(all.in_use() == used.size(),
              std::to_string(all.in_use()) + " in use, not " + std::to_string(used.size()));
    v.require(all.idle() == there.size() - used.size(), "idle is not what nobody uses");
  }
  // All that is idle can be found; and all is idle in the end.
  const std::uint64_t idle = all.idle();
  v.require(all.shrink(1000) == idle, "some of the idle were not found");
  while (!held.empty()) {  // rule 47: the handle is out of the map before it is put
    const handle h = std::move(held.begin()->second);
    held.erase(held.begin());
  }
  const std::size_t rest = there.size();
  v.require(all.shrink(1000) == rest && there.empty(),
            "some who are no longer used were not found");
  return v;
}

template <class Cache>
verdict an_eviction_finds_the_idle_and_only_them() {
  verdict v;
  for (unsigned seed = 1; seed <= 30 && v.held(); ++seed) v.require(run<Cache>(seed));
  return v;
}

TEST(rule_32, an_eviction_finds_the_idle_and_only_them) {
  EXPECT_HELD(an_eviction_finds_the_idle_and_only_them<real_cache>());
  EXPECT_HELD(an_eviction_finds_the_idle_and_only_them<right_small_cache>());
}
TEST(rule_32, twin_that_forgets_whom_it_parked_is_caught) {
  EXPECT_BROKEN(
      an_eviction_finds_the_idle_and_only_them<small_cache<mistake::forgets_who_is_parked>>());
}
TEST(rule_32, twin_that_leaves_the_parked_in_the_queue_is_caught) {
  EXPECT_BROKEN(
      an_eviction_finds_the_idle_and_only_them<small_cache<mistake::parked_stays_in_its_queue>>());
}
TEST(rule_33, twin_that_evicts_without_a_look_is_caught) {
  EXPECT_BROKEN(
      an_eviction_finds_the_idle_and_only_them<small_cache<mistake::evicts_who_is_in_use>>());
}

}  // namespace
