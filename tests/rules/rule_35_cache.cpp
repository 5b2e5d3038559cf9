// rule_35 - a name whose object is dying: a look-up says absent, and who puts in another one of that
// name does not fail for it.
//
// Twin: who has the name keeps others out, though he is dead.

#include "rules/two_caches.hpp"

namespace {

using namespace rules;

template <class Cache>
verdict the_dying_is_in_nobodys_way() {
  using handle = typename Cache::handle;
  verdict v;
  Cache* in = nullptr;
  handle next;
  bool met = false;
  Cache all(2, [&](name_of_entry name) {
    if (name != 7 || std::exchange(met, true)) return;
    next = in->insert(name);
    v.require(bool(next), "who came after the dying one was refused");
    v.require(in->get(name) == next, "and was not found");
  });
  in = &all;
  all.insert(7);
  all.shrink(1);
  v.require(met, "nobody left");
  v.require(all.get(7) == next, "the dying one took the name along");
  next.put();
  v.require(bool(all.get(7)), "the next one was not kept");
  return v;
}

TEST(rule_35, the_dying_is_in_nobodys_way) {
  EXPECT_HELD(the_dying_is_in_nobodys_way<real_cache>());
  EXPECT_HELD(the_dying_is_in_nobodys_way<right_small_cache>());
}
TEST(rule_35, twin_that_lets_the_dying_keep_its_name_is_caught) {
  EXPECT_BROKEN(the_dying_is_in_nobodys_way<small_cache<mistake::insert_meets_the_dying>>());
}

}  // namespace
