// router_timer.cpp - CVE-2023-53189: a timer is armed with an object whose reference it does not have.
//
// Linux before 6.5, addrconf_mod_rs_timer(): the device is got for the timer unless the timer is
// pending already, and then the timer is armed. It may fire in between: then it has put its
// reference, is armed again without one, and puts somebody else's when it fires next. Rule 1.
//
// says: ^lastout: violation put_of_anothers in put of routers::device at 0x
// stack: guilty_fire
// says: ^  held by thread
// stack: attach_device

#include <utility>

#include <lastout/kref.hpp>

#include "reproduction.hpp"

namespace routers {

using lastout::external;

struct device : lastout::kref<device> {
  int solicitations = 0;
};

/// A timer as C has it: an address and a call. A pending one has a reference to its device.
struct address_timer {
  device* armed_with = nullptr;
  [[gnu::noinline]] void guilty_fire() {
    device* const due = std::exchange(armed_with, nullptr);
    if (due == nullptr) return;
    ++due->solicitations;
    external<device>::adopt(due).put();
  }
};

[[gnu::noinline]] static void guilty_arm(address_timer& timer, device& with,
                                         bool fires_in_between) {
  if (timer.armed_with == nullptr) (void)external<device>::get(with).leak();
  if (fires_in_between) timer.guilty_fire();
  timer.armed_with = &with;  // the bug: pending was then, this is now
}

/// A timer that holds what it is armed with.
struct timer {
  external<device> armed_with;
  void fire() {
    const external<device> due = std::move(armed_with);
    if (due) ++due->solicitations;
  }
};

static void arm(timer& timer, device& with, bool fires_in_between) {
  external<device> own = external<device>::get(with);  // first got, then shown
  if (fires_in_between) timer.fire();
  timer.armed_with = std::move(own);
}

[[gnu::noinline]] static external<device> attach_device() { return lastout::make<device>(); }

template <class Timer, class Arm, class Fire>
static void solicit_twice(device& on, Arm arm, Fire fire) {
  Timer timer;
  arm(timer, on, false);
  arm(timer, on, true);
  fire(timer);
}

}  // namespace routers

int main(int count, char** words) {
  const bool broken = bugs::asked(count, words) == bugs::variant::broken;
  const auto attached = routers::attach_device();
  if (broken) {
    routers::solicit_twice<routers::address_timer>(*attached, routers::guilty_arm,
                                                   [](auto& timer) { timer.guilty_fire(); });
    return 0;
  }
  routers::solicit_twice<routers::timer>(*attached, routers::arm,
                                         [](auto& timer) { timer.fire(); });
  return attached->solicitations == 2 ? 0 : 1;
}
