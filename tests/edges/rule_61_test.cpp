// rule_61_test.cpp - each order at the count is needed: dropped at the operation where it is
// spelled, it is missed.
//
// edges_test.cpp does this for each order of the core. Here are the four that a count cannot do
// without, in the headers as they are: the twin is the same header with one order less.

#include <memory>
#include <string>
#include <vector>

#include <lastout/external.hpp>
#include <lastout/kref.hpp>
#include <lastout/locked_word.hpp>
#include <lastout/refcount.hpp>

#include "rules/two_counts.hpp"

namespace {

using interleave::check;
using interleave::plain;
using interleave::result;
using interleave::world;
using lastout::external;

template <class Word>
struct session : lastout::kref<session<Word>, Word>, rules::watched_memory {
  ~session() { (void)text.read(); }
  plain<int> text{0};
};

/// One holder writes, another lets go: the writes, the puts and the release.
template <class Word>
result last_one_out() {
  return interleave::explore({}, [](world& w) {
    const auto one = std::make_shared<external<session<Word>>>(lastout::make<session<Word>>());
    const auto other = std::make_shared<external<session<Word>>>(*one);
    w.thread([one] {
      (*one)->text = 1;
      one->put();
    });
    w.thread([other] { other->put(); });
  });
}

/// A maker writes and gives the count; a reader gets from memory that was there before.
template <class Word>
result birth_and_reader() {
  return interleave::explore({}, [](world& w) {
    struct state {
      Word word;
      plain<int> text{0};
    };
    const auto s = std::make_shared<state>();
    w.thread([s] {
      s->text = 1;
      s->word.birth();
    });
    w.thread([s] {
      if (s->word.get_not_zero()) check(s->text.read() == 1, "the reader sees the object");
    });
  });
}

result dual_comes_and_goes() {
  return interleave::explore({}, [](world& w) {
    const auto user = two_counts::carried(two_counts::real::make());
    const auto looker = two_counts::carried(user->get_passive());
    const auto other = two_counts::carried(user->share());
    w.thread([user] {
      (*user)->used = 1;
      user->put();
    });
    w.thread([other] { other->put(); });
    w.thread([looker] {
      (*looker)->looked = 1;
      looker->put();
    });
  });
}

/// The orders of `operation` in `file`, dropped one by one, and the scenario that misses each.
void expect_each_is_missed(result (*scenario)(), const std::string& file,
                           const std::vector<std::string>& operations) {
  interleave::strengthen_all();
  EXPECT_HOLDS(scenario());
  for (const std::string& operation : operations) {
    int weakened = 0;
    for (const interleave::site& each : interleave::sites(file)) {
      if (each.text().find(" " + operation) == std::string::npos) continue;
      weakened += interleave::weaken(each) ? 1 : 0;
    }
    EXPECT_GT(weakened, 0) << file << " does not say " << operation << " any more";
    const result twin = scenario();
    interleave::strengthen_all();
    EXPECT_TRUE(twin.failed) << "nobody misses " << operation << " in " << file;
  }
}

TEST(rule_61, a_put_releases_and_the_last_one_acquires) {
  expect_each_is_missed(&last_one_out<lastout::refcount>, "lastout/refcount.hpp",
                        {"fetch_sub(release)", "compare_exchange(acquire)"});
}

TEST(rule_61, a_birth_releases_and_a_get_from_an_internal_reference_acquires) {
  expect_each_is_missed(&birth_and_reader<lastout::refcount>, "lastout/refcount.hpp",
                        {"store(release)", "fetch_add(acquire)"});
}

TEST(rule_61, a_locked_word_unlocks_with_release_and_locks_with_acquire) {
  expect_each_is_missed(&last_one_out<lastout::locked_word>, "lastout/locked_word.hpp",
                        {"store(release)", "exchange(acquire)"});
  expect_each_is_missed(&birth_and_reader<lastout::locked_word>, "lastout/locked_word.hpp",
                        {"store(release)", "exchange(acquire)"});
}

TEST(rule_61, the_puts_of_a_dual_release_and_the_last_ones_acquire) {
  expect_each_is_missed(&dual_comes_and_goes, "lastout/dual.hpp",
                        {"fetch_sub(release)", "load(acquire)"});
}

}  // namespace
