// rule_15 - no bias: a single bit of information is a named flag.
//
// Whatever bit is set, references() is the number of references and state() has a name; nothing
// public tells the number inside. Twin: a word that stores "doomed" by adding a large number to the
// count (S_BIAS). Tool: every transition, beside a model that only counts.

#include <concepts>
#include <random>
#include <string>
#include <type_traits>

#include "rules/support.hpp"
#include "rules/words.hpp"

namespace {

using lastout::count_state;
using rules::verdict;

template <class Word>
verdict the_count_is_the_count() {
  verdict v;
  const rules::recorded_violations told;
  std::minstd_rand random(15);
  for (int life = 0; life < 50; ++life) {
    Word word;
    word.birth();
    std::uint32_t references = 1;
    bool doomed = false;
    for (int i = 0; i < 40; ++i) {
      const unsigned n = static_cast<unsigned>(random() >> 8);
      switch (n % 6) {
        case 0: word.get(), ++references; break;
        case 1: word.get(n % 7), references += n % 7; break;
        case 2: v.require(word.get_not_zero(), "refused"), ++references; break;
        case 3:
          if (word.put_not_last()) --references;
          break;
        case 4:
          if (n % 24 == 4)
            v.require(word.doom() != doomed, "doomed twice, or never"), doomed = true;
          break;
        case 5:
          if (doomed) break;
          v.require(word.freeze(references), "not frozen");
          v.require(word.state() == count_state::frozen && word.references() == 0,
                    "frozen is not a state");
          word.unfreeze(references);
          break;
      }
      v.require(word.references() == references, "says " + std::to_string(word.references()) +
                                                     " of " + std::to_string(references) +
                                                     " references");
      v.require(word.state() == count_state::live,
                std::string("live is called ") + name(word.state()));
    }
    for (; references != 1; --references) v.require(!word.put(), "an early last put");
    v.require(word.put_to_zero() && word.state() == count_state::zero, "zero is not a state");
    v.require(word.settle(count_state::idle) ==
                  (doomed ? lastout::settled::ours_doomed : lastout::settled::ours),
              "the flag was lost");
    v.require(word.state() == count_state::idle && word.references() == 0, "idle is not a state");
    v.require(word.bury() && word.dead() && word.references() == 0, "dead is not a state");
  }
  v.require(told.none(), told.text());
  return v;
}

// Broken: doomed is a bias on the count.
struct biased : lastout::refcount {
  static constexpr std::uint32_t bias = 1u << 16;
  bool doom() noexcept {
    if (lastout::refcount::references() >= bias) return false;
    get(bias);
    return true;
  }
};

/// Something public tells the number inside.
template <class Word>
concept tells_its_number =
    std::convertible_to<Word, std::uint32_t> || requires(const Word& w) { w.load(); } ||
    requires(const Word& w) { w.value(); } || requires(const Word& w) { w.raw(); } ||
    requires(const Word& w) { w.word_; } || requires(const Word& w) { w.look(); } ||
    requires(const Word& w) { w.count(); };

static_assert(!tells_its_number<lastout::refcount>);
static_assert(!tells_its_number<lastout::locked_word>);
static_assert(!tells_its_number<lastout::local_word>);

// Broken: lets users read the word.
struct naked : lastout::refcount {
  std::uint32_t value() const noexcept { return references(); }
};
static_assert(tells_its_number<naked>);

TEST(rule_15, the_count_is_the_count_whatever_flag_is_set) {
  EXPECT_HELD_BY_EACH_WORD(the_count_is_the_count);
}
TEST(rule_15, each_state_has_a_name_of_its_own) {
  for (const count_state one : rules::all_states) {
    for (const count_state other : rules::all_states) {
      EXPECT_EQ(one == other, std::string(name(one)) == name(other));
    }
    EXPECT_STRNE(name(one), "unknown");
  }
}
TEST(rule_15, twin_with_a_bias_is_caught) { EXPECT_BROKEN(the_count_is_the_count<biased>()); }

}  // namespace
