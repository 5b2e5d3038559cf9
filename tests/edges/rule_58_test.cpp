// rule_58_test.cpp - on memory that is reused in place, who gets a reference sees the new object's
// fields, never the old one's with the new count: in every interleaving.

#include <cstdint>
#include <memory>

#include <lastout/dual.hpp>
#include <lastout/locked_word.hpp>
#include <lastout/refcount.hpp>

#include "rules/explored.hpp"

namespace {

namespace order = lastout::order;
using interleave::check;
using interleave::plain;
using interleave::result;
using interleave::world;

/// The twins: a word by hand, with an order missing at either end.
template <std::memory_order Birth, std::memory_order Get>
class by_hand {
 public:
  explicit by_hand(std::uint32_t n) : count_(n) {}
  void birth() { count_.store(1, Birth); }
  bool get_not_zero() {
    std::uint32_t seen = count_.load(order::relaxed);
    while (seen != 0) {
      if (count_.compare_exchange_weak(seen, seen + 1, Get, order::relaxed)) return true;
    }
    return false;
  }
  bool put() { return count_.fetch_sub(1, order::acq_rel) == 1; }

 private:
  lastout::atomic<std::uint32_t> count_;
};

/// A slot whose object dies; whoever is the last one out makes the next one in the same place. A
/// reader with a stale pointer gets whichever there is.
template <class Word>
result a_stale_reader_against_the_next_object() {
  const rules::violations_fail strict;
  return interleave::explore({}, [](world& w) {
    struct slot {
      Word word{1};
      plain<int> key{1}, value{1};
      void leave() {
        if (!word.put()) return;
        const int next = key.read() + 1;
        key = next;
        value = next;
        word.birth();
      }
    };
    const auto s = std::make_shared<slot>();
    w.thread([s] { s->leave(); });
    w.thread([s] {
      if (!s->word.get_not_zero()) return;
      check(s->key.read() == s->value.read(), "the fields are of one object");
      s->leave();
    });
    w.finally([s] { check(s->word.put(), "the count is of the last object"); });
  });
}

TEST(rule_58, who_gets_a_reference_sees_the_object_that_it_is_to) {
  EXPECT_HOLDS(a_stale_reader_against_the_next_object<lastout::refcount>());
  EXPECT_HOLDS(a_stale_reader_against_the_next_object<lastout::locked_word>());
}

TEST(rule_58, twin_is_caught) {
  EXPECT_HOLDS((a_stale_reader_against_the_next_object<by_hand<order::release, order::acquire>>()));
  EXPECT_BREAKS("data race",
                a_stale_reader_against_the_next_object<by_hand<order::release, order::relaxed>>());
  EXPECT_BREAKS("data race",
                a_stale_reader_against_the_next_object<by_hand<order::relaxed, order::acquire>>());
}

}  // namespace
