// rule_60 - readers that rely on a grace period get one: the slab hands memory back only after
// trim() has waited for them.
//
// Twin: a wait that does not wait.

#include <thread>
#include <vector>

#include <lastout/kref.hpp>
#include <lastout/in_slab.hpp>

#include "rules/support.hpp"

namespace {

using lastout::external;
using lastout::in_slab;
using lastout::kref;
using lastout::make;
using lastout::slab;
using rules::recorded_violations;
using rules::verdict;

/// Each test has memory of its own.
template <class Wait>
struct page : kref<page<Wait>>, in_slab<page<Wait>> {
  explicit page(int n) : number(n) {}
  int number;
  char bytes[1000] = {};
};

/// Looked where the objects stand, and has not yet come to their words.
template <class T>
struct late_readers {
  std::vector<T*> to;
  bool done = false;
  int got = 0;
  void end() {
    if (done) return;
    done = true;
    for (T* const each : to) got += lastout::reference_access::get_not_zero(*each);
  }
};

struct waits_for_them {
  template <class T>
  static void run(late_readers<T>& them) {
    them.end();
  }
};
struct does_not_wait {
  template <class T>
  static void run(late_readers<T>&) {}
};

template <class Wait>
verdict memory_stays_until_the_wait_is_over() {
  using object = page<Wait>;
  verdict v;
  recorded_violations seen;
  late_readers<object> late;
  std::thread([&late] {
    std::vector<external<object>> all;
    for (int i = 0; i < 10'000; ++i) {
      all.push_back(make<object>(i));
      late.to.push_back(all.back().address());
    }
  }).join();
  v.require(slab<object>::trim([&late] { Wait::run(late); }) > 0, "nothing was handed back");
  late.end();
  v.require(late.got == 0, "a reader that was late got what is no object");
  return v;
}

TEST(rule_60, memory_goes_back_only_after_the_readers_were_waited_for) {
  EXPECT_HELD(memory_stays_until_the_wait_is_over<waits_for_them>());
}
TEST(rule_60, twin_that_does_not_wait_is_caught) {
  EXPECT_BROKEN(memory_stays_until_the_wait_is_over<does_not_wait>());
}

}  // namespace
