// rule_40_test.cpp - a freeze excludes who would get, and gives back what it found: in every
// interleaving.

#include <cstdint>
#include <memory>

#include <lastout/locked_word.hpp>
#include <lastout/refcount.hpp>

#include "rules/explored.hpp"

namespace {

namespace order = lastout::order;
using interleave::check;
using interleave::plain;
using interleave::result;
using interleave::world;

/// The twins: a word in the usual three states, and one thing broken.
enum class flaw { none, looks_then_freezes, readers_do_not_look, relaxed_freeze, relaxed_unfreeze };

template <flaw Flaw>
class by_hand {
 public:
  explicit by_hand(std::uint32_t n) : word_(n) {}
  bool get_not_zero() {
    std::uint32_t seen = word_.load(order::relaxed);
    while (Flaw == flaw::readers_do_not_look || (seen != frozen && seen != 0)) {
      if (word_.compare_exchange_weak(seen, seen + 1, order::acquire, order::relaxed)) return true;
    }
    return false;
  }
  bool put() { return word_.fetch_sub(1, order::acq_rel) == 1; }
  bool freeze(std::uint32_t n) {
    if (Flaw == flaw::looks_then_freezes) {
      if (word_.load(order::acquire) != n) return false;
      word_.store(frozen, order::relaxed);  // broken: somebody may have got in between
      return true;
    }
    return word_.compare_exchange_strong(
        n, frozen, Flaw == flaw::relaxed_freeze ? order::relaxed : order::acquire, order::relaxed);
  }
  void unfreeze(std::uint32_t n) {
    word_.store(n, Flaw == flaw::relaxed_unfreeze ? order::relaxed : order::release);
  }

 private:
  static constexpr std::uint32_t frozen = 1u << 30;
  lastout::atomic<std::uint32_t> word_;
};

/// An owner with the one reference changes the object while frozen; a reader comes and goes, twice.
template <class Word>
result a_freeze_against_readers() {
  const rules::violations_fail strict;
  return interleave::explore({}, [](world& w) {
    struct state {
      Word word{1};
      plain<int> text{0};
    };
    const auto s = std::make_shared<state>();
    w.thread([s] {
      if (!s->word.freeze(1)) return;
      s->text = 1;
      s->word.unfreeze(1);
    });
    w.thread([s] {
      for (int i = 0; i < 2; ++i) {
        if (!s->word.get_not_zero()) continue;
        (void)s->text.read();
        check(!s->word.put(), "the owner's reference is still there");
      }
    });
    w.finally([s] { check(s->word.put(), "the count came back as it was"); });
  });
}

TEST(rule_40, a_freeze_excludes_readers_and_gives_the_count_back) {
  EXPECT_HOLDS(a_freeze_against_readers<lastout::refcount>());
  EXPECT_HOLDS(a_freeze_against_readers<lastout::locked_word>());
}

TEST(rule_40, twin_is_caught) {
  EXPECT_HOLDS(a_freeze_against_readers<by_hand<flaw::none>>());
  EXPECT_BREAKS("data race", a_freeze_against_readers<by_hand<flaw::looks_then_freezes>>());
  EXPECT_BREAKS("data race", a_freeze_against_readers<by_hand<flaw::readers_do_not_look>>());
  EXPECT_BREAKS("data race", a_freeze_against_readers<by_hand<flaw::relaxed_freeze>>());
  EXPECT_BREAKS("data race", a_freeze_against_readers<by_hand<flaw::relaxed_unfreeze>>());
}

}  // namespace
