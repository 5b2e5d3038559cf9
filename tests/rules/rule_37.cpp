// rule_37 - two locks may be needed (dput): the last put takes both, in order, and retests.
//
// Here the order, seen from outside, and a reviver at each moment. Twins: as they come apart in a
// log of the locks. In every interleaving: edges/rule_37_test.cpp.

#include <mutex>
#include <string>
#include <tuple>

#include <lastout/kcref.hpp>

#include "rules/support.hpp"

namespace {

using lastout::external;
using rules::told_lock;
using rules::verdict;

struct put_log {
  told_lock first, second, third;
  std::string did;
  bool released_under_lock = false;
};

struct entry : lastout::kcref<entry, told_lock, told_lock, told_lock> {
  explicit entry(put_log& l) : log(l) {}
  std::tuple<told_lock&, told_lock&, told_lock&> locks() noexcept {
    return {log.first, log.second, log.third};
  }
  void unlink(const idle_proof&) noexcept {}
  lastout::fate idle(const idle_proof&) noexcept {
    log.did += "decides ";
    return lastout::fate::kill;
  }
  void release() noexcept {
    log.released_under_lock = log.first.held() || log.second.held() || log.third.held();
    log.did += "releases ";
    delete this;
  }
  put_log& log;
};

// Broken: a put by hand that takes the locks in another order, or one of them only, and never
// retests.
template <bool All, bool InOrder>
struct by_hand {
  using counted_root = by_hand;
  explicit by_hand(put_log& l) : log(l) {}
  void birth_reference() noexcept { word.birth(); }
  void get_reference() const noexcept { word.get(); }
  void put_reference() const noexcept {
    if (!word.put()) return;
    put_log& l = log;
    if (All && !InOrder) l.third.lock();
    if (All && !InOrder) l.second.lock();
    l.first.lock();
    if (All && InOrder) l.second.lock();
    if (All && InOrder) l.third.lock();
    l.did += "decides ";
    if (All) l.third.unlock();
    if (All) l.second.unlock();
    l.first.unlock();
    l.did += "releases ";
    delete this;
  }
  put_log& log;
  mutable lastout::refcount word;
};

template <class T>
verdict the_locks_are_taken_in_order() {
  verdict v;
  put_log log;
  external<T> last = lastout::make<T>(log);
  told_lock* const locks[] = {&log.first, &log.second, &log.third};
  const char* const names[] = {"1", "2", "3"};
  for (int i = 0; i < 3; ++i) {
    locks[i]->after_lock = [&log, name = names[i]] {
      log.did += std::string("locks ") + name + " ";
    };
    locks[i]->after_unlock = [&log, name = names[i]] {
      log.did += std::string("unlocks ") + name + " ";
    };
  }
  last.put();
  v.require(log.did == "locks 1 locks 2 locks 3 decides unlocks 3 unlocks 2 unlocks 1 releases ",
            "the last put " + log.did);
  v.require(!log.released_under_lock, "released under a lock");
  return v;
}

/// Somebody who holds lock `which` alone revives the object just before the last put gets that
/// lock.
verdict a_reviver_before(int which) {
  verdict v;
  put_log log;
  external<entry> last = lastout::make<entry>(log);
  entry& object = *last;
  external<entry> revived;
  told_lock* const locks[] = {&log.first, &log.second, &log.third};
  locks[which]->before_lock = [&] {
    const std::unique_lock held(*locks[which]);
    revived = object.resurrect(held);
  };
  last.put();
  v.require(static_cast<bool>(revived) && log.did.empty(),
            "in spite of the reviver the last put " + log.did);
  v.require(object.references() == 1, "the reviver's reference was lost");
  revived.put();
  v.require(log.did == "decides releases ", "the reviver's put " + log.did);
  return v;
}

TEST(rule_37, the_locks_are_taken_in_order) { EXPECT_HELD(the_locks_are_taken_in_order<entry>()); }
TEST(rule_37, the_last_put_retests_under_each_lock) {
  for (int which = 0; which < 3; ++which) EXPECT_HELD(a_reviver_before(which));
}
TEST(rule_37, twin_that_takes_one_lock_is_caught) {
  EXPECT_BROKEN(the_locks_are_taken_in_order<by_hand<false, true>>());
}
TEST(rule_37, twin_that_takes_them_in_another_order_is_caught) {
  EXPECT_BROKEN(the_locks_are_taken_in_order<by_hand<true, false>>());
}

}  // namespace
