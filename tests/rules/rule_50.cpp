// rule_50.cpp - a borrowed reference can be used and shared from, not eaten.

#include <type_traits>
#include <utility>

#include <lastout/dual.hpp>
#include <lastout/external.hpp>
#include <lastout/kref.hpp>

#include "rules/support.hpp"

namespace {

using lastout::external;
using rules::recorded_violations;
using rules::verdict;

struct session : lastout::kref<session> {
  explicit session(int& r) : released(r) {}
  void release() noexcept { ++released; }  // the object stays, so that a put too many meets it
  int& released;
};

// Callees that borrow. One keeps a reference of its own by sharing.
struct shares {
  external<session> kept;
  void use(session& borrowed) { kept = external<session>::get(borrowed); }
};
struct only_uses {
  external<session> kept;
  void use(session& borrowed) { ++borrowed.released, --borrowed.released; }
};

/// The twin: takes over a reference that is not its own.
struct eats {
  external<session> kept;
  void use(session& borrowed) {
    const external<session> eaten =
        external<session>::adopt(&borrowed);  // broken: puts the lender's
  }
};

template <class Callee>
verdict the_lenders_reference_is_left_alone() {
  recorded_violations seen;
  verdict v;
  static int released;
  released = 0;
  auto* const memory = new session(released);
  {
    external<session> lender;
    {
      // Born by hand, so that the memory is ours to look at to the end.
      lastout::reference_access::birth(*memory);
      lender = external<session>::adopt(memory);
    }
    Callee callee;
    callee.use(*lender);
    v.require(released == 0, "the callee gave the lender's reference back");
    callee.kept.put();
    v.require(released == 0, "the callee's own put took the lender's reference");
    v.require(lender->references() == 1, "the lender has not the reference that it had");
    lender.put();
  }
  v.require(released == 1, "the lender's put was not the last one");
  v.require(seen.none(), seen.text());
  delete memory;
  return v;
}

TEST(rule_50, the_lenders_reference_is_left_alone) {
  EXPECT_HELD(the_lenders_reference_is_left_alone<shares>());
  EXPECT_HELD(the_lenders_reference_is_left_alone<only_uses>());
}

TEST(rule_50, twin_is_caught) { EXPECT_BROKEN(the_lenders_reference_is_left_alone<eats>()); }

// What does not compile: tests/compile/rule_50_*.cpp.
template <class T>
concept puts_what_it_borrows = requires(T& borrowed) { borrowed.put_reference(); } ||
                               requires(T& borrowed) { borrowed.put(); };
static_assert(!puts_what_it_borrows<session>);
static_assert(!std::is_convertible_v<session&, external<session>>);
static_assert(!std::is_constructible_v<external<session>, session&>);
static_assert(!std::is_constructible_v<external<session>, session*>);

}  // namespace
