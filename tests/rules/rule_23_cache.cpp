// rule_23 - a lock in a slot is free before the slot is used again, whatever became of it in the life
// before.
//
// Twin: a slot that is used again as it was left.

#include <set>

#include "rules/two_caches.hpp"

namespace {

using namespace rules;

template <class Cache>
verdict each_object_comes_with_a_free_lock() {
  verdict v;
  Cache all(1);
  std::set<const void*> places;
  bool again = false;
  for (name_of_entry name = 0; name < 100; ++name) {
    typename Cache::handle h = all.insert(name);
    again = again || !places.insert(h.address()).second;
    v.require(!h->lock.held() && h->lock.times() == 0, "the lock is of the life before");
    h->lock.lock();  // and is never given back
    h.put();
    all.erase(name);
  }
  v.require(again, "no slot was used twice");
  return v;
}

TEST(rule_23, each_object_comes_with_a_free_lock) {
  EXPECT_HELD(each_object_comes_with_a_free_lock<real_cache>());
  EXPECT_HELD(each_object_comes_with_a_free_lock<right_small_cache>());
}
TEST(rule_23, twin_that_uses_a_slot_as_it_was_left_is_caught) {
  EXPECT_BROKEN(each_object_comes_with_a_free_lock<small_cache<mistake::slot_without_birth>>());
}

}  // namespace
