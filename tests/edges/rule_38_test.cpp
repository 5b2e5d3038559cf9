// rule_38_test.cpp - active zero ends the use, once, and does not free under who looks: in every
// interleaving.

#include "rules/two_counts.hpp"

namespace {

using interleave::check;
using interleave::result;
using interleave::world;
using two_counts::by_hand;
using two_counts::carried;
using two_counts::flaw;
using two_counts::real;

/// The last user leaves while somebody looks, and would like to be a user too.
template <class Kit>
result a_user_leaves_and_a_looker_wants_in() {
  const rules::violations_fail strict;
  return interleave::explore({}, [](world& w) {
    const auto user = carried(Kit::make());
    const auto looker = carried(user->get_passive());
    w.thread([user] {
      (*user)->used = 1;
      user->put();
    });
    w.thread([looker] {
      if (auto also = looker->get_active()) {
        check(!also->ended.read(), "who has an active reference is in time");
      }
      (*looker)->looked = 1;
      looker->put();
    });
  });
}

TEST(rule_38, a_looker_becomes_a_user_in_time_or_not_at_all) {
  EXPECT_HOLDS(a_user_leaves_and_a_looker_wants_in<real>());
  EXPECT_HOLDS(a_user_leaves_and_a_looker_wants_in<by_hand<flaw::none>>());
}

TEST(rule_38, twin_is_caught) {
  EXPECT_BREAKS("is in time",
                a_user_leaves_and_a_looker_wants_in<by_hand<flaw::promotes_blindly>>());
  EXPECT_BREAKS("use after free",
                a_user_leaves_and_a_looker_wants_in<by_hand<flaw::active_zero_frees>>());
}

}  // namespace
