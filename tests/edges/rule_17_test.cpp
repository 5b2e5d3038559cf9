// rule_17 - lock the list, take the pointer, get_not_zero, unlock: one critical section.
//
// Twins: two sections; a section that ends before the get.

#include "edges/listed.hpp"

namespace {

using lastout::external;
using listed::guard;
using listed::item;
using listed::last_put_against;
using listed::list;

void use(const external<item<>>& found) {
  if (found) interleave::check(found->value.read() == 42, "the object is whole");
}

TEST(rule_17, one_critical_section) {
  EXPECT_HOLDS(last_put_against<item<>>([](list<item<>>& l) {
    external<item<>> found;
    {
      const guard held(l.lock);
      found = l.first.get_not_zero(held);
    }
    use(found);
  }));
}

TEST(rule_17, twin_with_two_critical_sections_is_caught) {
  EXPECT_BREAKS("use after|data race", last_put_against<item<>>([](list<item<>>& l) {
                  lastout::internal<item<>, listed::lock_type> taken;
                  {
                    const guard held(l.lock);
                    taken = l.first;
                  }
                  external<item<>> found;
                  {
                    const guard held(l.lock);
                    found = taken.get_not_zero(held);
                  }
                  use(found);
                }));
}

}  // namespace
