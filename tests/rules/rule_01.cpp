// rule_01 - a pointer that is stored or passed on is got first, before the copy can be seen by
// others.
//
// Twin: a handle that shows the pointer in its slot and gets afterwards.
// Tool: a style whose get looks at the slot. In every interleaving: edges/rule_01_test.cpp.

#include <functional>
#include <utility>

#include <lastout/external.hpp>

#include "rules/support.hpp"

namespace {

using lastout::external;
using lastout::reference_access;
using rules::verdict;

struct counted_thing {
  using counted_root = counted_thing;
  void birth_reference() noexcept {}
  void get_reference() const noexcept { on_get(); }
  void put_reference() const noexcept {}

  std::function<void()> on_get = [] {};
};

template <class Handle>
verdict the_copy_is_got_before_it_is_seen() {
  verdict v;
  counted_thing shared;
  Handle mine(external<counted_thing>::adopt(&shared));
  Handle slot;
  int gets = 0;
  bool seen = false;
  shared.on_get = [&] {
    ++gets;
    seen = seen || slot.address() == &shared;
  };
  slot = mine;
  v.require(slot.address() == &shared, "the slot has no copy");
  v.require(gets == 1, "the copy was not got once");
  v.require(!seen, "the copy could be seen before it was got");
  [&](Handle passed) {
    v.require(passed.address() == &shared && gets == 2, "passed on, not got");
  }(mine);
  return v;
}

// Broken: assignment stores the pointer, then gets.
struct shows_first : external<counted_thing> {
  using external<counted_thing>::external;
  shows_first(external<counted_thing> from) noexcept : external<counted_thing>(std::move(from)) {}
  shows_first(const shows_first&) noexcept = default;
  shows_first& operator=(const shows_first& other) {
    static_cast<external<counted_thing>&>(*this) = adopt(other.address());
    reference_access::get(*other);
    return *this;
  }
};

// Broken: a copy that is passed on is not got.
struct passes_the_bare_pointer : external<counted_thing> {
  using external<counted_thing>::external;
  passes_the_bare_pointer(external<counted_thing> from) noexcept
      : external<counted_thing>(std::move(from)) {}
  passes_the_bare_pointer(const passes_the_bare_pointer& other) noexcept
      : external<counted_thing>(adopt(other.address())) {}
  passes_the_bare_pointer& operator=(const passes_the_bare_pointer&) = default;
};

TEST(rule_01, a_copy_is_got_before_it_can_be_seen) {
  EXPECT_HELD(the_copy_is_got_before_it_is_seen<external<counted_thing>>());
}
TEST(rule_01, twin_that_shows_first_is_caught) {
  EXPECT_BROKEN(the_copy_is_got_before_it_is_seen<shows_first>());
}
TEST(rule_01, twin_that_passes_the_bare_pointer_is_caught) {
  EXPECT_BROKEN(the_copy_is_got_before_it_is_seen<passes_the_bare_pointer>());
}

}  // namespace
