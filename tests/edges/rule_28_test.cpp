// rule_28 - `if (count == 0) init else get` is wrong in both branches.
//
// Twins, both under the lock: one that initialises at zero, where a put is on its way to settle;
// one that gets above zero, where a put makes it zero meanwhile.

#include "edges/cached.hpp"

namespace {

using cached::cache;
using cached::external;
using cached::guard;
using cached::last_put_beside;
using lastout::reference_access;
using object = cached::item<cached::real>;

template <class Revive>
void look_up_with(cache<object>& c, Revive revive) {
  guard held(c.lock);
  object* const listed = c.entry.read();
  if (listed == nullptr) return;
  external<object> found = revive(*listed, held);
  c.on_idle_list = false;
  held.unlock();
  cached::use(c, std::move(found));
}

constexpr auto resurrects = [](cache<object>& c) {
  look_up_with(c, [](object& o, const guard& held) { return o.resurrect(held); });
};

// Broken: the count is zero, but the put that made it so has not settled.
constexpr auto initialises_at_zero = [](cache<object>& c) {
  look_up_with(c, [](object& o, const guard& held) {
    if (o.references() != 0) return o.resurrect(held);
    reference_access::birth(o);
    return external<object>::adopt(&o);
  });
};

// Broken: the count was not zero.
constexpr auto gets_above_zero = [](cache<object>& c) {
  look_up_with(c, [](object& o, const guard& held) {
    return o.references() == 0 ? o.resurrect(held) : external<object>::get(o);
  });
};

TEST(rule_28, resurrect_is_one_step) {
  for (const lastout::fate f : cached::both_fates) {
    EXPECT_HOLDS(last_put_beside<object>({}, f, resurrects));
  }
}
TEST(rule_28, twin_that_initialises_at_zero_is_caught) {
  EXPECT_BREAKS("violation birth_of_a_live",
                last_put_beside<object>({}, lastout::fate::keep, initialises_at_zero));
}
TEST(rule_28, twin_that_gets_above_zero_is_caught) {
  EXPECT_BREAKS("violation get_at_zero",
                last_put_beside<object>({}, lastout::fate::keep, gets_above_zero));
}

}  // namespace
