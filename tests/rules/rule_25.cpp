// rule_25 - another subsystem's list holds external references, the object's own holds internal
// ones.
//
// Twins: a queue with internal references, on which jobs are gone before their turn; a table with
// external ones, which nobody leaves. Tool: a job that is on both lists and that nobody else holds.

#include <functional>
#include <mutex>
#include <type_traits>
#include <utility>
#include <vector>

#include <lastout/external.hpp>
#include <lastout/internal.hpp>
#include <lastout/kref.hpp>

#include "rules/support.hpp"

namespace {

using lastout::external;
using lastout::internal;
using rules::verdict;

struct job : lastout::kref<job> {
  std::function<void(const job&)> at_end;
  void release() noexcept {
    at_end(*this);
    delete this;
  }
};

template <class Reference>
class list_of_jobs {
  static constexpr bool counts = std::is_same_v<Reference, external<job>>;

 public:
  void add(job& one) {
    const std::lock_guard held(lock_);
    if constexpr (counts) {
      on_.push_back(external<job>::get(one));
    } else {
      on_.emplace_back(one, lock_);
    }
  }
  /// The first one, off the list; empty when there is none.
  external<job> take() {
    std::unique_lock held(lock_);
    external<job> first;
    if (on_.empty()) return first;
    if constexpr (counts) {
      first = std::move(on_.front());
    } else {
      first = on_.front().get_not_zero(held);
    }
    on_.erase(on_.begin());
    return first;
  }
  void leave(const job& gone) {
    const std::lock_guard held(lock_);
    std::erase_if(on_, [&gone](const Reference& each) {
      if constexpr (counts) {
        return each == &gone;
      } else {
        return each.refers_to(gone);
      }
    });
  }

 private:
  std::mutex lock_;
  std::vector<Reference> on_;
};

template <class InTable, class InQueue>
verdict a_queue_keeps_who_is_on_it_and_a_table_does_not() {
  verdict v;
  list_of_jobs<InTable> table;
  list_of_jobs<InQueue> queue;
  int ended = 0;
  {
    const external<job> one = lastout::make<job>();
    one->at_end = [&](const job& gone) {
      ++ended;
      table.leave(gone);
      queue.leave(gone);
    };
    table.add(*one);
    queue.add(*one);
  }
  v.require(ended == 0, "gone before its turn");
  {
    const external<job> next = queue.take();
    v.require(bool(next), "not there at its turn");
  }
  v.require(ended == 1, "kept by who is only to find it");
  while (table.take()) continue;  // whom the twin has left there
  return v;
}

TEST(rule_25, a_queue_keeps_who_is_on_it_and_a_table_does_not) {
  EXPECT_HELD(a_queue_keeps_who_is_on_it_and_a_table_does_not<internal<job>, external<job>>());
}
TEST(rule_25, twin_whose_queue_keeps_nobody_is_caught) {
  EXPECT_BROKEN(a_queue_keeps_who_is_on_it_and_a_table_does_not<internal<job>, internal<job>>());
}
TEST(rule_25, twin_whose_table_keeps_everybody_is_caught) {
  EXPECT_BROKEN(a_queue_keeps_who_is_on_it_and_a_table_does_not<external<job>, external<job>>());
}

}  // namespace
