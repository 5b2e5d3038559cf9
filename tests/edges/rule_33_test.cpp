// rule_33 - reclaim takes locks the other way round: it only tries, re-checks "used since", and
// frees nothing in use.
//
// Scenario: lock order is table, then lru; reclaim comes from the lru list. Twins: reclaim that
// waits for the table's lock; reclaim that frees what was idle when it looked.

#include "edges/locked_twice.hpp"

namespace {

using locked_twice::cache;
using locked_twice::guard;
using locked_twice::last_put_beside;
using object = locked_twice::item<locked_twice::real>;

constexpr auto tries = [](cache<object>& c) {
  guard lru(c.lru_lock);
  object* const oldest = c.in_lru.read();
  if (oldest == nullptr) return;
  guard table(c.table_lock, std::try_to_lock);
  if (!table) return;  // another time
  const auto gone = oldest->kill_idle(table, lru);
  table.unlock();
  lru.unlock();
};

// Broken: waits for the outer lock with the inner one held.
constexpr auto waits = [](cache<object>& c) {
  guard lru(c.lru_lock);
  object* const oldest = c.in_lru.read();
  if (oldest == nullptr) return;
  guard table(c.table_lock);
  const auto gone = oldest->kill_idle(table, lru);
  table.unlock();
  lru.unlock();
};

// Broken: collects, takes the locks in their order, and does not look again.
constexpr auto frees_what_was_idle = [](cache<object>& c) {
  guard lru(c.lru_lock);
  object* const oldest = c.in_lru.read();
  const bool was_idle = oldest != nullptr && oldest->idle_now();
  lru.unlock();
  if (!was_idle) return;
  guard table(c.table_lock);
  lru.lock();
  c.named = nullptr;
  c.in_lru = nullptr;
  interleave::check(c.users == 0, "only what nobody uses is killed");
  ++c.unlinked;
  delete oldest;
};

TEST(rule_33, reclaim_tries_and_looks_again) {
  EXPECT_HOLDS(last_put_beside<object>({}, lastout::fate::keep, tries));
  EXPECT_HOLDS(last_put_beside<object>({}, lastout::fate::kill, tries));
  EXPECT_HOLDS(last_put_beside<object>({}, lastout::fate::keep, tries, locked_twice::by_name));
}
TEST(rule_33, twin_that_waits_is_caught) {
  EXPECT_BREAKS("deadlock", last_put_beside<object>({}, lastout::fate::keep, waits));
}
TEST(rule_33, twin_that_frees_what_was_idle_is_caught) {
  EXPECT_BREAKS(
      "wrong: |use after|data race|violation destroyed_in_use",
      last_put_beside<object>({}, lastout::fate::keep, frees_what_was_idle, locked_twice::by_name));
}

}  // namespace
