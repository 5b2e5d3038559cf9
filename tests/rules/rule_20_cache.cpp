// rule_20 - between the end of its life and the freeing of its name a reader may meet the object: it
// is refused, and so is who comes with an old internal reference (rule 19).
//
// Twin: a look-up that does not ask whether what it finds is dead.

#include "rules/two_caches.hpp"

namespace {

using namespace rules;

template <class Cache>
verdict nobody_gets_who_is_leaving() {
  verdict v;
  Cache* in = nullptr;
  int left = 0;
  Cache all(2, [&](name_of_entry name) {
    if (++left > 3) return;
    v.require(!in->get(name), "who was leaving was found");
    v.require(!in->erase(name), "who was leaving was erased");
  });
  in = &all;
  for (name_of_entry name = 0; name < 4; ++name) all.insert(name);
  all.shrink(1);
  v.require(left == 3, "two were to leave for others, and one because it was asked to");
  return v;
}

TEST(rule_20, nobody_gets_who_is_leaving_the_cache) {
  EXPECT_HELD(nobody_gets_who_is_leaving<real_cache>());
  EXPECT_HELD(nobody_gets_who_is_leaving<right_small_cache>());
}
TEST(rule_20, twin_that_finds_the_dying_is_caught) {
  EXPECT_BROKEN(nobody_gets_who_is_leaving<small_cache<mistake::finds_the_dying>>());
}

// Rule 19, with the reference that needs no table.
TEST(rule_19, an_internal_reference_is_refused_from_the_end_of_its_life_on) {
  using mark = lastout::internal<real_entry, lastout::slab<real_entry>>;
  mark kept;
  bool asked = false;
  real_cache all(2, [&](name_of_entry) {
    asked = true;
    EXPECT_FALSE(kept.get_not_zero());
  });
  kept = mark(*all.insert(7));
  EXPECT_TRUE(kept.get_not_zero()) << "idle is alive";
  all.shrink(1);
  EXPECT_TRUE(asked);
  EXPECT_FALSE(kept.get_not_zero());
}

}  // namespace
