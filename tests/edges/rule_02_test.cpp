// rule_02 - with an external reference in hand, get needs no lock: no count is lost without one.
//
// Scenario: two threads copy their references and put both; in the end all is put and nothing freed
// early. Twin: a word whose get is a load and a store.

#include <lastout/kref.hpp>
#include <lastout/external.hpp>

#include "rules/explored.hpp"

namespace {

namespace order = lastout::order;
using lastout::external;

// Broken: counts in two steps.
class torn {
 public:
  void birth(std::uint32_t n, lastout::subject) noexcept { count_.store(n, order::release); }
  void get(lastout::subject) noexcept {
    count_.store(count_.load(order::acquire) + 1, order::release);
  }
  bool put(lastout::subject) noexcept { return count_.fetch_sub(1, order::acq_rel) == 1; }
  bool dead() const noexcept { return count_.load(order::relaxed) == 0; }
  std::uint32_t references() const noexcept { return count_.load(order::relaxed); }

 private:
  lastout::atomic<std::uint32_t> count_{0};
};

template <class Word>
struct session : rules::watched_memory, lastout::kref<session<Word>, Word> {};

template <class Word>
interleave::result copies_without_a_lock() {
  const rules::violations_fail strict;
  return interleave::explore({}, [](interleave::world& w) {
    using reference = external<session<Word>>;
    reference first = lastout::make<session<Word>>();
    reference second = first;
    for (session<Word>* mine : {first.leak(), second.leak()}) {
      w.thread([=] {
        const reference one = reference::adopt(mine);
        const reference two = one;
      });
    }
  });
}

TEST(rule_02, copies_without_a_lock_lose_no_count) {
  EXPECT_HOLDS(copies_without_a_lock<lastout::refcount>());
}
TEST(rule_02, twin_that_counts_in_two_steps_is_caught) {
  EXPECT_BREAKS("use after|data race|leak", copies_without_a_lock<torn>());
}

}  // namespace
