// rule_46 - what may block is not run under the cache's lock: on_evict and release may use the cache,
// and take locks that are held around its calls elsewhere (rule 45).
//
// Twin: a cache that tells of an eviction with its lock held.

#include "rules/two_caches.hpp"

namespace {

using namespace rules;

template <class Cache>
verdict no_lock_is_held_when_somebody_is_told() {
  verdict v;
  Cache* in = nullptr;
  int told = 0;
  Cache all(2, [&](name_of_entry name) {
    if (++told > 3) return;
    (void)in->get(name + 1);
    (void)in->insert(name + 100);
    v.require(!in->stuck(), "the cache's lock was taken twice");
  });
  in = &all;
  for (name_of_entry name = 0; name < 5; ++name) all.insert(name);
  v.require(told > 0, "nobody left");
  return v;
}

TEST(rule_46, no_lock_of_the_cache_is_held_when_somebody_is_told) {
  EXPECT_HELD(no_lock_is_held_when_somebody_is_told<real_cache>());
  EXPECT_HELD(no_lock_is_held_when_somebody_is_told<right_small_cache>());
}
TEST(rule_46, twin_that_tells_under_its_lock_is_caught) {
  EXPECT_BROKEN(
      no_lock_is_held_when_somebody_is_told<small_cache<mistake::tells_under_its_lock>>());
}

}  // namespace
