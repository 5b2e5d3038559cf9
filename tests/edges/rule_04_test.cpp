// rule_04 - without an external reference only get_not_zero is allowed, from an internal reference
// whose memory is protected.
//
// Twins: a plain get from the list (CVE-2021-47222; Akaros's pid2proc); get_not_zero where the
// memory is not protected. That internal<T> allows nothing else: compile/rule_04_*.cpp.

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

TEST(rule_04, get_not_zero_from_a_protected_internal_reference) {
  EXPECT_HOLDS(last_put_against<item<>>([](list<item<>>& l) {
    guard held(l.lock);
    const external<item<>> found = l.first.get_not_zero(held);
    held.unlock();
    use(found);
  }));
}

TEST(rule_04, twin_that_gets_from_the_list_is_caught) {
  EXPECT_BREAKS("violation get_", last_put_against<item<>>([](list<item<>>& l) {
                  guard held(l.lock);
                  item<>* const listed = l.pointer.read();
                  if (listed == nullptr) return;
                  const external<item<>> found = external<item<>>::get(*listed);
                  held.unlock();
                  use(found);
                }));
}

TEST(rule_04, twin_that_protects_no_memory_is_caught) {
  EXPECT_BREAKS("use after|data race", last_put_against<item<>>([](list<item<>>& l) {
                  guard held(l.lock);
                  item<>* const listed = l.pointer.read();
                  held.unlock();
                  if (listed == nullptr || !lastout::reference_access::get_not_zero(*listed))
                    return;
                  use(external<item<>>::adopt(listed));
                }));
}

}  // namespace
