// rule_39.cpp - when only internal pins remain at death, they are revoked by call-back, not
// silently converted.

#include <deque>

#include <lastout/dual.hpp>

#include "rules/mount.hpp"
#include "rules/support.hpp"

namespace {

using rules::recorded_violations;
using rules::verdict;

/// What the owner of an accounting file sees.
struct fate {
  int called_back = 0;
  int freed = 0;
};

/// A mount with one user and `n` pins.
class revoking {
 public:
  using mount = rules::pinned_mount<>;

  revoking(fate& f, int n) : fate_(f), user_(lastout::make_active<mount>(&f.freed)) {
    for (int i = 0; i < n; ++i) pins_.emplace_back(f);
    const lastout::passive<mount> from = user_.get_passive();
    for (accounting& each : pins_) user_->add(each, from);
    looker_ = from;
  }
  bool user_leaves() {
    user_.put();
    return looker_->active_references() == 0;
  }
  bool pins_again() {
    accounting late(fate_);
    return looker_->add(late, looker_);
  }
  bool unpins(std::size_t i) { return looker_->unpin(pins_[i]); }
  void looker_leaves() { looker_.put(); }

 private:
  struct accounting final : mount::pin_type {
    explicit accounting(fate& f) : told(&f) {}
    void revoked() noexcept override {
      ++told->called_back;
      told->called_back += 100 * told->freed;  // freed before the last call-back
    }
    fate* told;
  };

  fate& fate_;
  lastout::active<mount> user_;
  lastout::passive<mount> looker_;
  std::deque<accounting> pins_;
};

/// The twin: what mntput did with mnt_pinned.
class converting {
 public:
  converting(fate& f, int n) : fate_(f), pins_(n) {}
  bool user_leaves() {
    users_ += pins_ - 1;  // broken: the pins are users now, and nobody tells their owners
    pins_ = 0;
    return users_ == 0;
  }
  bool pins_again() { return users_ != 0; }
  bool unpins(std::size_t) { return --users_ >= 0; }
  void looker_leaves() { fate_.freed += users_ == 0 ? 1 : 0; }

 private:
  fate& fate_;
  int users_ = 1;
  int pins_;
};

template <class Mount>
verdict pins_are_revoked_by_call_back() {
  verdict v;
  fate f;
  Mount mount(f, 3);
  v.require(mount.unpins(0), "an owner could not give its pin back");
  v.require(f.called_back == 0, "an owner was called back for a pin that it gave back itself");
  v.require(mount.user_leaves(), "the pins keep the mount in use");
  v.require(f.called_back == 2, "the owners of the two pins were not called back once each");
  v.require(!mount.pins_again(), "a mount that has ended was pinned");
  v.require(!mount.unpins(1), "a revoked pin was given back a second time");
  v.require(f.freed == 0, "the mount was freed under who looks");
  mount.looker_leaves();
  v.require(f.freed == 1, "the mount was not freed once");
  return v;
}

TEST(rule_39, pins_are_revoked_by_call_back) {
  const recorded_violations seen;
  EXPECT_HELD(pins_are_revoked_by_call_back<revoking>());
  EXPECT_TRUE(seen.none()) << seen.text();
}

TEST(rule_39, twin_is_caught) { EXPECT_BROKEN(pins_are_revoked_by_call_back<converting>()); }

}  // namespace
