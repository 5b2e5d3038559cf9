// rule_13 - exactly one put sees 1 -> 0, for any number of threads.
//
// Twins: a put that decrements and then reads; a put that reads and then decrements.

#include <memory>

#include <lastout/locked_word.hpp>
#include <lastout/refcount.hpp>

#include "rules/explored.hpp"

namespace {

namespace order = lastout::order;

// Broken: reads again, and sees what others did.
class reads_again {
 public:
  explicit reads_again(std::uint32_t n) : count_(n) {}
  bool put() noexcept {
    count_.fetch_sub(1, order::release);
    return count_.load(order::acquire) == 0;
  }

 private:
  lastout::atomic<std::uint32_t> count_;
};

// Broken: decides before it decrements.
class reads_before {
 public:
  explicit reads_before(std::uint32_t n) : count_(n) {}
  bool put() noexcept {
    const bool last = count_.load(order::acquire) == 1;
    count_.fetch_sub(1, order::release);
    return last;
  }

 private:
  lastout::atomic<std::uint32_t> count_;
};

template <class Word>
interleave::result one_put_each(unsigned threads) {
  const rules::violations_fail strict;
  return interleave::explore({}, [=](interleave::world& w) {
    struct state {
      explicit state(unsigned n) : word(n) {}
      Word word;
      int lasts = 0;
    };
    auto s = std::make_shared<state>(threads);
    for (unsigned i = 0; i < threads; ++i) {
      w.thread([=] { s->lasts += s->word.put() ? 1 : 0; });
    }
    w.finally([=] { interleave::check(s->lasts == 1, "exactly one put saw the last"); });
  });
}

TEST(rule_13, exactly_one_put_sees_the_last) {
  for (unsigned threads = 1; threads <= 4; ++threads) {
    EXPECT_HOLDS(one_put_each<lastout::refcount>(threads));
  }
  EXPECT_HOLDS(one_put_each<lastout::locked_word>(2));
}
TEST(rule_13, twin_that_reads_again_is_caught) {
  EXPECT_BREAKS("exactly one put saw the last", one_put_each<reads_again>(2));
}
TEST(rule_13, twin_that_reads_before_is_caught) {
  EXPECT_BREAKS("exactly one put saw the last", one_put_each<reads_before>(2));
}

}  // namespace
