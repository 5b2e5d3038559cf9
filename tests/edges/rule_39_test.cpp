// rule_39_test.cpp - a pin is given back by its owner or revoked by call-back, never both: in every
// interleaving.

#include <memory>

#include "rules/explored.hpp"
#include "rules/mount.hpp"

namespace {

using interleave::check;
using interleave::plain;
using interleave::result;
using interleave::world;

using mount = rules::pinned_mount<interleave::mutex, rules::watched_memory>;

struct accounting final : mount::pin_type {
  void revoked() noexcept override {
    told = true;
    ++calls;
  }
  plain<bool> told{false};
  int calls = 0;
};

struct under_the_lock {
  static bool unpin(mount& on, accounting& mine) { return on.unpin(mine); }
};

/// The twin: asks its own flag whether the revocation was faster.
struct by_a_flag {
  static bool unpin(mount& on, accounting& mine) {
    if (mine.told.read()) return false;
    (void)on.unpin(mine);
    return true;  // broken: the call-back may be on its way
  }
};

/// The last user leaves while an owner gives its pin back, and another one would like to pin.
template <class Owner>
result a_revocation_against_an_unpin() {
  const rules::violations_fail strict;
  return interleave::explore({}, [](world& w) {
    struct state {
      lastout::active<mount> user = lastout::make_active<mount>();
      lastout::passive<mount> owners = user.get_passive();
      accounting early, late;
      bool given_back = false, pinned_late = false;
    };
    const auto s = std::make_shared<state>();
    check(s->user->add(s->early, s->owners), "pinned");
    w.thread([s] { s->user.put(); });
    w.thread([s] {
      s->given_back = Owner::unpin(*s->owners, s->early);
      s->pinned_late = s->owners->add(s->late, s->owners);
      s->owners.put();
    });
    w.finally([s] {
      check(s->early.calls + s->given_back == 1, "given back or revoked, once");
      check(s->late.calls == s->pinned_late, "who pinned in time is called back");
    });
  });
}

TEST(rule_39, a_pin_is_given_back_or_revoked) {
  EXPECT_HOLDS(a_revocation_against_an_unpin<under_the_lock>());
}

TEST(rule_39, twin_is_caught) {
  EXPECT_BREAKS("data race", a_revocation_against_an_unpin<by_a_flag>());
}

}  // namespace
