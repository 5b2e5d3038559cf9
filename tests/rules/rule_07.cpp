// rule_07 - counts can be raised by n at once (n holders to be), and are put one by one.
//
// Twins: a get of n that adds one; handles that share one reference. Tool: the answers of the puts.
// That n come at once for everybody: edges/rule_07_test.cpp.

#include <span>

#include <lastout/kref.hpp>
#include <lastout/external.hpp>

#include "rules/support.hpp"
#include "rules/words.hpp"

namespace {

using lastout::external;
using rules::verdict;

template <class Word>
verdict n_holders_put_one_by_one() {
  verdict v;
  const rules::recorded_violations told;
  Word word;
  word.birth(2);
  word.get(5);
  v.require(word.references() == 7, "counted " + std::to_string(word.references()) + ", not 7");
  for (int i = 0; i < 6; ++i) v.require(!word.put(), "put " + std::to_string(i) + " was the last");
  v.require(word.put(), "the last put was not the last");
  v.require(told.none(), told.text());
  return v;
}

// Broken: adds one, whatever n.
struct adds_one : lastout::refcount {
  void get(std::uint32_t) noexcept { lastout::refcount::get(); }
};

struct session : lastout::kref<session> {
  void release() noexcept { ++released; }
  int released = 0;
};

struct the_real_handles {
  static void get_each(session& s, std::span<external<session>> into) {
    external<session>::get_each(s, into);
  }
};

// Broken: one get for all handles.
struct one_get_for_all {
  static void get_each(session& s, std::span<external<session>> into) {
    lastout::reference_access::get(s);
    for (external<session>& each : into) each = external<session>::adopt(&s);
  }
};

template <class Handles>
verdict each_handle_has_a_reference_of_its_own() {
  verdict v;
  const rules::recorded_violations told;
  session shared;
  lastout::reference_access::birth(shared);
  external<session> first = external<session>::adopt(&shared);
  external<session> more[4];
  Handles::get_each(shared, more);
  first.put();
  for (external<session>& each : more) {
    v.require(each.address() == &shared, "a handle is empty");
    v.require(shared.released == 0, "released with holders left");
    each.put();
  }
  v.require(shared.released == 1, "not released by the last one");
  v.require(told.none(), told.text());
  return v;
}

TEST(rule_07, n_holders_put_one_by_one) { EXPECT_HELD_BY_EACH_WORD(n_holders_put_one_by_one); }
TEST(rule_07, each_handle_has_a_reference_of_its_own) {
  EXPECT_HELD(each_handle_has_a_reference_of_its_own<the_real_handles>());
}
TEST(rule_07, twin_that_adds_one_is_caught) { EXPECT_BROKEN(n_holders_put_one_by_one<adds_one>()); }
TEST(rule_07, twin_with_one_get_for_all_is_caught) {
  EXPECT_BROKEN(each_handle_has_a_reference_of_its_own<one_get_for_all>());
}

}  // namespace
