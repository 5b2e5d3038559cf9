// rule_12 - nothing decides on a count that it read: `references() == 1`, then act, is wrong;
// freeze is right.
//
// Scenario: the owner of the only reference changes the object in place, which needs that nobody
// else reads it; a reader finds it through an internal reference. Twin: reads the count, then acts.

#include <memory>
#include <mutex>

#include <lastout/refcount.hpp>

#include "rules/explored.hpp"

namespace {

struct page {
  lastout::refcount word{1};
  interleave::plain<int> content{0};
};

struct freezes {
  static void change_if_alone(page& p) {
    if (!p.word.freeze(1)) return;
    p.content = 1;
    p.word.unfreeze(1);
  }
};

// Broken: what was read is no longer true.
struct reads_the_count {
  static void change_if_alone(page& p) {
    if (p.word.references() != 1) return;
    p.content = 1;
  }
};

template <class Owner>
interleave::result changed_in_place() {
  const rules::violations_fail strict;
  return interleave::explore({}, [](interleave::world& w) {
    auto p = std::make_shared<page>();
    w.thread([=] { Owner::change_if_alone(*p); });
    w.thread([=] {
      if (!p->word.get_not_zero()) return;
      const int before = p->content.read();
      interleave::check(before == p->content.read(), "unchanged while in use");
      interleave::check(!p->word.put(), "the owner still has the last one");
    });
    w.finally([=] { interleave::check(p->word.put(), "one reference is left"); });
  });
}

TEST(rule_12, freeze_decides) { EXPECT_HOLDS(changed_in_place<freezes>()); }
TEST(rule_12, twin_that_reads_the_count_is_caught) {
  EXPECT_BREAKS("data race", changed_in_place<reads_the_count>());
}

}  // namespace
