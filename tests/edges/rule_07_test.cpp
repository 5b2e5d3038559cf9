// rule_07 - counts can be raised by n at once: nobody sees some of the n without the others.
//
// Twin: a get of n that adds one, n times.

#include <memory>

#include <lastout/refcount.hpp>
#include <lastout/locked_word.hpp>

#include "rules/explored.hpp"

namespace {

// Broken: n steps.
struct one_by_one : lastout::refcount {
  using lastout::refcount::basic_refcount;
  void get(std::uint32_t n) noexcept {
    for (; n != 0; --n) lastout::refcount::get();
  }
};

template <class Word>
interleave::result raised_by_three() {
  const rules::violations_fail strict;
  return interleave::explore({}, [](interleave::world& w) {
    auto word = std::make_shared<Word>(1u);
    w.thread([=] { word->get(3); });
    w.thread([=] {
      const std::uint32_t seen = word->references();
      interleave::check(seen == 1 || seen == 4, "all of the three, or none");
    });
  });
}

TEST(rule_07, n_references_come_at_once) {
  EXPECT_HOLDS(raised_by_three<lastout::refcount>());
  EXPECT_HOLDS(raised_by_three<lastout::locked_word>());
}
TEST(rule_07, twin_that_adds_one_by_one_is_caught) {
  EXPECT_BREAKS("all of the three, or none", raised_by_three<one_by_one>());
}

}  // namespace
