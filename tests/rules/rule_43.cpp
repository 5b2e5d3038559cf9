// rule_43.cpp - a re-open after a teardown waits for the stragglers of the previous life.

#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <utility>

#include <lastout/dual.hpp>

#include "rules/device_slot.hpp"
#include "rules/support.hpp"

namespace {

using clock = std::chrono::steady_clock;
using rules::recorded_violations;
using rules::verdict;

/// The hardware: one life at a time may have it.
struct port {
  int owners = 0;
  int owners_max = 0;
};

struct life : lastout::dual<life, lastout::named_holders> {
  explicit life(port& p) : has(p) {
    ++has.owners;
    if (has.owners > has.owners_max) has.owners_max = has.owners;
  }
  void deactivate() noexcept { --has.owners; }
  port& has;
};

/// The slot, with a user who is slow to leave.
class drained_slot {
 public:
  explicit drained_slot(port& p) : slot_(p) {}
  bool open(clock::time_point deadline, const std::function<void()>& wait) {
    lastout::active<life> next = slot_.open(deadline, wait);
    if (!next) return false;
    user_ = std::move(next);
    return true;
  }
  void tear_down() { slot_.tear_down(); }
  void straggler_stays() { straggler_ = std::move(user_); }
  void straggler_leaves() { straggler_.put(); }

 private:
  rules::device_slot<life, port> slot_;
  lastout::active<life> user_, straggler_;
};

/// The twin: the name is free, so the next life starts.
class eager_slot {
 public:
  explicit eager_slot(port& p) : port_(p) {}
  bool open(clock::time_point, const std::function<void()>&) {
    user_ = lastout::make_active<life>(port_);  // broken: somebody may be in the previous life
    return true;
  }
  void tear_down() { straggler_->close(); }
  void straggler_stays() { straggler_ = std::move(user_); }
  void straggler_leaves() { straggler_.put(); }

 private:
  port& port_;
  lastout::active<life> user_, straggler_;
};

template <class Slot>
verdict a_new_life_waits_for_the_stragglers_of_the_last() {
  verdict v;
  port hardware;
  {
    Slot slot(hardware);
    v.require(slot.open(clock::time_point::max(), [] {}), "the first life did not start");
    slot.straggler_stays();
    slot.tear_down();
    v.require(!slot.open(clock::time_point::min(), [] {}), "opened under a straggler");
    int waits = 0;
    const bool opened = slot.open(clock::time_point::max(), [&] {
      if (++waits == 3) slot.straggler_leaves();
    });
    v.require(opened && waits == 3, "did not wait for the straggler, or for longer");
    v.require(hardware.owners_max == 1, "two lives had the port");
  }
  v.require(hardware.owners == 0, "the port was not given back");
  return v;
}

TEST(rule_43, a_new_life_waits_for_the_stragglers_of_the_last) {
  const recorded_violations seen;
  EXPECT_HELD(a_new_life_waits_for_the_stragglers_of_the_last<drained_slot>());
  EXPECT_TRUE(seen.none()) << seen.text();
}

TEST(rule_43, twin_is_caught) {
  EXPECT_BROKEN(a_new_life_waits_for_the_stragglers_of_the_last<eager_slot>());
}

TEST(rule_43, a_straggler_cannot_share_its_life_and_is_named) {
  port hardware;
  rules::device_slot<life, port> slot(hardware);
  const lastout::active<life> straggler = slot.open(clock::time_point::max(), [] {});
  slot.tear_down();
  EXPECT_FALSE(straggler.share());
  EXPECT_FALSE(slot.latest().get_active());
  EXPECT_FALSE(slot.open(clock::time_point::min(), [] {}));
  std::multiset<std::string> names;
  slot.latest()->for_each_holder([&](const lastout::holder& h) { names.insert(h.name); });
  EXPECT_EQ(names, (std::multiset<std::string>{"maker"}));
}

}  // namespace
