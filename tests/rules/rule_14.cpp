// rule_14 - styles differ by what put does: decrement; decrement and test; decrement and lock. Each
// has a type of its own.
//
// Twins: a plain child that frees itself at zero; a kref that locks in every last put; a kcref that
// decides before it has the lock. Tool: a log of what the last put does. That the types do not mix:
// compile/rule_14_*.cpp.

#include <string>
#include <tuple>
#include <type_traits>

#include <lastout/kcref.hpp>
#include <lastout/kref.hpp>
#include <lastout/plain.hpp>

#include "rules/support.hpp"

namespace {

using lastout::external;
using rules::told_lock;
using rules::verdict;

/// What the last put did, in order.
struct put_log {
  told_lock lock;
  std::string did;
  void decided() { did += lock.held() ? "decided under the lock; " : "decided; "; }
  void released() { did += lock.held() ? "released under the lock; " : "released; "; }
};

/// Runs the last put of `last` with a lock that logs.
template <class T>
std::string last_put(put_log& log, external<T> last) {
  log.lock.after_lock = [&log] { log.did += "locked; "; };
  log.lock.after_unlock = [&log] { log.did += "unlocked; "; };
  last.put();
  return log.did;
}

struct session : lastout::kref<session> {
  explicit session(put_log& l) : log(l) {}
  void release() noexcept {
    log.released();
    delete this;
  }
  put_log& log;
};

struct inode : lastout::kcref<inode, told_lock> {
  explicit inode(put_log& l) : log(l) {}
  std::tuple<told_lock&> locks() noexcept { return {log.lock}; }
  void unlink(const idle_proof&) noexcept {}
  lastout::fate idle(const idle_proof&) noexcept {
    log.decided();
    return lastout::fate::kill;
  }
  void release() noexcept {
    log.released();
    delete this;
  }
  put_log& log;
};

struct page;
struct buffer : lastout::plain<buffer, page> {
  explicit buffer(put_log& l) : log(l) {}
  void release() noexcept {
    log.released();
    delete this;
  }
  put_log& log;
};
struct page : lastout::plain_parent<page, buffer> {};

/// A style of one put for the twins: what it does at zero is T's.
template <class T>
struct twin_style {
  using counted_root = T;
  void birth_reference() noexcept { word.birth(); }
  void get_reference() const noexcept { word.get(); }
  void put_reference() const noexcept {
    if (word.put()) const_cast<T*>(static_cast<const T*>(this))->last();
  }
  mutable lastout::refcount word;
};

// Broken as plain: frees itself at zero.
struct frees_itself : twin_style<frees_itself> {
  explicit frees_itself(put_log& l) : log(l) {}
  void last() noexcept {
    log.released();
    delete this;
  }
  put_log& log;
};

// Broken as kref: one put for all styles, so it locks.
struct always_locks : twin_style<always_locks> {
  explicit always_locks(put_log& l) : log(l) {}
  void last() noexcept {
    log.lock.lock();
    log.lock.unlock();
    log.released();
    delete this;
  }
  put_log& log;
};

// Broken as kcref: decides, then locks.
struct decides_first : twin_style<decides_first> {
  explicit decides_first(put_log& l) : log(l) {}
  void last() noexcept {
    log.decided();
    log.lock.lock();
    log.lock.unlock();
    log.released();
    delete this;
  }
  put_log& log;
};

template <class T>
verdict put_tests() {
  verdict v;
  put_log log;
  const std::string did = last_put(log, lastout::make<T>(log));
  v.require(did == "released; ", "the last put " + did);
  return v;
}

template <class T>
verdict put_locks() {
  verdict v;
  put_log log;
  const std::string did = last_put(log, lastout::make<T>(log));
  v.require(did == "locked; decided under the lock; unlocked; released; ", "the last put " + did);
  return v;
}

verdict put_only_decrements(put_log& log, external<buffer> only) {
  verdict v;
  const std::string did = last_put(log, std::move(only));
  v.require(did.empty(), "the last put " + did);
  return v;
}
verdict put_only_decrements(put_log& log, external<frees_itself> only) {
  verdict v;
  const std::string did = last_put(log, std::move(only));
  v.require(did.empty(), "the last put " + did);
  return v;
}

TEST(rule_14, put_of_kref_decrements_and_tests) { EXPECT_HELD(put_tests<session>()); }
TEST(rule_14, put_of_kcref_decrements_and_locks) { EXPECT_HELD(put_locks<inode>()); }
TEST(rule_14, put_of_plain_only_decrements) {
  put_log log;
  page parent;
  buffer* const child = parent.add(log);
  EXPECT_HELD(put_only_decrements(log, parent.get(*child)));
  EXPECT_TRUE(parent.purge());
  EXPECT_EQ(log.did, "released; ");
}
TEST(rule_14, twins_with_another_put_are_caught) {
  put_log log;
  EXPECT_BROKEN(put_only_decrements(log, lastout::make<frees_itself>(log)));
  EXPECT_BROKEN(put_tests<always_locks>());
  EXPECT_BROKEN(put_locks<decides_first>());
}

}  // namespace
