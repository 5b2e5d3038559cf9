// rule_53 - "put everything on my list, under the list's lock" is wrong twice: the last put's
// release takes that lock; and a list of the objects' own has no references to put.
//
// Twins: one for each. Tool: a lock that tells when it is taken twice; files of which one is on the
// list only, and one is in use. What vfs/run_queue.hpp does is the right way.

#include <functional>
#include <utility>
#include <vector>

#include <lastout/external.hpp>
#include <lastout/kref.hpp>

#include "rules/support.hpp"

namespace {

using lastout::external;
using lastout::reference_access;
using rules::told_lock;
using rules::verdict;

struct file : lastout::kref<file> {
  std::function<void(const file&)> at_end;
  int ended = 0;
  void release() noexcept {  // the test has its memory: a twin puts what is in use
    ++ended;
    at_end(*this);
  }
};

/// Takes all off under the lock, and puts afterwards.
class puts_afterwards {
 public:
  void add(file& one) { on_.push_back(external<file>::get(one)); }
  void leave(const file& gone) {
    std::erase_if(on_, [&gone](const external<file>& each) { return each == &gone; });
  }
  void clear(told_lock& lock) {
    lock.lock();
    std::vector<external<file>> off = std::exchange(on_, {});
    lock.unlock();
    off.clear();
  }

 protected:
  std::vector<external<file>> on_;
};

struct puts_under_the_lock : puts_afterwards {
  void clear(told_lock& lock) {
    lock.lock();
    while (!on_.empty()) {
      const external<file> last = std::move(on_.back());
      on_.pop_back();
    }  // broken: put here
    lock.unlock();
  }
};

class puts_what_it_does_not_have {
 public:
  void add(file& one) { on_.push_back(&one); }  // right for the files' own list: no reference
  void leave(const file& gone) { std::erase(on_, &gone); }
  void clear(told_lock& lock) {
    lock.lock();
    const std::vector<file*> off = std::exchange(on_, {});
    lock.unlock();
    for (file* const each : off) external<file>::adopt(each).put();  // broken: somebody else's
  }

 private:
  std::vector<file*> on_;
};

template <class List>
verdict everything_on_the_list_is_put() {
  verdict v;
  const rules::recorded_violations told;
  told_lock lock;
  List list;
  file listed_only, in_use;
  std::vector<external<file>> users;
  for (file* const each : {&listed_only, &in_use}) {
    each->at_end = [&](const file& gone) {
      lock.lock();
      list.leave(gone);
      lock.unlock();
    };
    reference_access::birth(*each);
    users.push_back(external<file>::adopt(each));
    list.add(*each);
  }
  users.erase(users.begin());
  list.clear(lock);
  v.require(!lock.deadlocked(), "release waits for the lock that is held around the put");
  v.require(listed_only.ended == 1, "not released once");
  v.require(in_use.ended == 0, "released while somebody uses it");
  users.clear();
  v.require(in_use.ended == 1, "not released by who used it last");
  v.require(told.none(), told.text());
  return v;
}

TEST(rule_53, everything_on_the_list_is_put_outside_its_lock) {
  EXPECT_HELD(everything_on_the_list_is_put<puts_afterwards>());
}
TEST(rule_53, twin_that_puts_under_the_lock_is_caught) {
  EXPECT_BROKEN(everything_on_the_list_is_put<puts_under_the_lock>());
}
TEST(rule_53, twin_that_puts_what_it_does_not_have_is_caught) {
  EXPECT_BROKEN(everything_on_the_list_is_put<puts_what_it_does_not_have>());
}

}  // namespace
