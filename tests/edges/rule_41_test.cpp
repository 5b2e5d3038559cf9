// rule_41_test.cpp - after close() nothing active is made, and a drain ends when the last one has
// left: in every interleaving.

#include "rules/two_counts.hpp"

namespace {

using interleave::check;
using interleave::result;
using interleave::world;
using two_counts::by_hand;
using two_counts::carried;
using two_counts::flaw;
using two_counts::real;

/// One closes and then counts; whoever was made must have been counted.
template <class Kit>
result a_close_against_a_share() {
  const rules::violations_fail strict;
  return interleave::explore({}, [](world& w) {
    struct state {
      typename Kit::active user = Kit::make();
      typename Kit::passive closer = user.get_passive();
      typename Kit::active made{};
      unsigned counted = 0;
    };
    const auto s = std::make_shared<state>();
    w.thread([s] {
      s->closer->close();
      s->counted = s->closer->active_references();
    });
    w.thread([s] { s->made = s->user.share(); });
    w.finally([s] { check(!s->made || s->counted == 2, "nobody is made after the close"); });
  });
}

/// The same for a user who is made of a looker.
template <class Kit>
result a_close_against_a_promotion() {
  const rules::violations_fail strict;
  return interleave::explore({}, [](world& w) {
    struct state {
      typename Kit::active user = Kit::make();
      typename Kit::passive closer = user.get_passive(), looker = user.get_passive();
      typename Kit::active made{};
      unsigned counted = 0;
    };
    const auto s = std::make_shared<state>();
    w.thread([s] {
      s->closer->close();
      s->counted = s->closer->active_references();
    });
    w.thread([s] { s->made = s->looker.get_active(); });
    w.finally([s] { check(!s->made || s->counted == 2, "nobody is made after the close"); });
  });
}

/// One closes and drains while a user works and leaves; what the use was for is over afterwards.
template <class Kit>
result a_drain_against_the_last_put() {
  const rules::violations_fail strict;
  return interleave::explore({}, [](world& w) {
    const auto user = carried(Kit::make());
    const auto owner = carried(user->get_passive());
    w.thread([=] {
      if (auto other = user->share()) other->used = 1;
      (*user)->used = 2;
      user->put();
    });
    w.thread([=] {
      (*owner)->close();
      check((*owner)->wait_until_drained(), "drained");
      check((*owner)->ended.read(), "deactivate() is over when drain returns");
      check(!owner->get_active(), "nobody is made after the drain");
      owner->put();
    });
  });
}

TEST(rule_41, nobody_is_made_after_the_close) {
  EXPECT_HOLDS(a_close_against_a_share<real>());
  EXPECT_HOLDS(a_close_against_a_promotion<real>());
}

TEST(rule_41, a_drain_returns_when_the_last_user_has_left) {
  EXPECT_HOLDS(a_drain_against_the_last_put<real>());
}

TEST(rule_41, twin_is_caught) {
  EXPECT_HOLDS(a_close_against_a_share<by_hand<flaw::none>>());
  EXPECT_BREAKS("after the close", a_close_against_a_share<by_hand<flaw::shares_then_unheeded>>());
  EXPECT_HOLDS(a_close_against_a_promotion<by_hand<flaw::none>>());
  EXPECT_BREAKS("after the close", a_close_against_a_promotion<by_hand<flaw::promotes_blindly>>());
  EXPECT_HOLDS(a_drain_against_the_last_put<by_hand<flaw::none>>());
  EXPECT_BREAKS("data race", a_drain_against_the_last_put<by_hand<flaw::drains_at_zero>>());
  EXPECT_BREAKS("data race", a_drain_against_the_last_put<by_hand<flaw::closes_by_store>>());
}

}  // namespace
