// rule_13 - exactly one put sees 1 -> 0, for any number of threads.
//
// Here on real threads, so that ThreadSanitizer judges too. In every interleaving, and the twins:
// edges/rule_13_test.cpp.

#include <thread>

#include "rules/support.hpp"
#include "rules/words.hpp"

namespace {

using rules::verdict;

template <class Word>
verdict exactly_one_put_sees_the_last(int threads) {
  verdict v;
  for (int round = 0; round < 100; ++round) {
    Word word(static_cast<std::uint32_t>(threads));
    lastout::atomic<int> lasts{0};
    rules::run_on_threads(threads, [&](int) {
      word.get();
      if (word.put()) lasts.fetch_add(1, lastout::order::relaxed);
      if (word.put()) lasts.fetch_add(1, lastout::order::relaxed);
    });
    const int n = lasts.load(lastout::order::relaxed);
    v.require(n == 1, std::to_string(n) + " puts saw the last");
    v.require(word.dead(), "not dead after the last put");
  }
  return v;
}

TEST(rule_13, exactly_one_put_sees_the_last_on_real_threads) {
  for (const int threads : {1, 2, 4, 7}) {
    EXPECT_HELD(exactly_one_put_sees_the_last<lastout::refcount>(threads));
    EXPECT_HELD(exactly_one_put_sees_the_last<lastout::locked_word>(threads));
  }
}

}  // namespace
