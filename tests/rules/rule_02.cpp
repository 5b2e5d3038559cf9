// rule_02 - with an external reference in hand, get needs no lock.
//
// Twin: a style whose get takes the list's lock. Tool: a lock that somebody else holds meanwhile.
// That nothing is lost without a lock: edges/rule_02_test.cpp.

#include <tuple>

#include <lastout/kcref.hpp>
#include <lastout/kref.hpp>

#include "rules/support.hpp"

namespace {

using lastout::external;
using rules::told_lock;
using rules::verdict;

template <class T>
verdict get_takes_no_lock() {
  verdict v;
  told_lock lock;
  {
    const external<T> mine = lastout::make<T>(lock);
    lock.lock();  // somebody else has it all the time
    const int before = lock.times();
    {
      const external<T> copy = mine;
      const external<T> shared = external<T>::get(*copy);
      external<T> many[3];
      external<T>::get_each(*shared, many);
    }
    v.require(lock.times() == before, "a get, or a put of many, took the lock");
    v.require(!lock.deadlocked(), "a get waited for who holds the lock");
    lock.unlock();
  }
  return v;
}

struct session : lastout::kref<session> {
  explicit session(told_lock&) {}
};

struct inode : lastout::kcref<inode, told_lock> {
  explicit inode(told_lock& l) : lock(l) {}
  std::tuple<told_lock&> locks() noexcept { return {lock}; }
  void unlink(const idle_proof&) noexcept {}
  lastout::fate idle(const idle_proof&) noexcept { return lastout::fate::kill; }
  told_lock& lock;
};

// Broken: get takes the lock.
struct locks_to_get {
  using counted_root = locks_to_get;
  explicit locks_to_get(told_lock& l) : lock(l) {}
  void birth_reference() noexcept { count = 1; }
  void get_reference() const noexcept { get_references(1); }
  void get_references(std::uint32_t n) const noexcept {
    lock.lock();
    count += n;
    lock.unlock();
  }
  // Out of line: g++ 12 else follows the references into each other and sees a use after free.
  [[gnu::noinline]] void put_reference() const noexcept {
    if (--count == 0) delete this;
  }
  told_lock& lock;
  mutable std::uint32_t count = 0;
};

TEST(rule_02, get_takes_no_lock) {
  EXPECT_HELD(get_takes_no_lock<session>());
  EXPECT_HELD(get_takes_no_lock<inode>());
}
TEST(rule_02, twin_that_locks_to_get_is_caught) {
  EXPECT_BROKEN(get_takes_no_lock<locks_to_get>());
}

}  // namespace
