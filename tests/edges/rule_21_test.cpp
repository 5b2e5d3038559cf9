// rule_21 - either the structure changes the state under its lock, or the slot has a generation and
// the reader retries. rule_22 - the generation belongs to the slot and changes when the object is
// freed; the memory stays of one type.
//
// The real slab does it in slab_scenarios.cpp. Here is the same in a few lines, right, and with one
// precaution left out: a reader with a mark of the first object, against the end of that object and
// the birth of the next one in its slot.

#include <memory>

#include <lastout/refcount.hpp>

#include "rules/explored.hpp"

namespace {

namespace order = lastout::order;
using interleave::check;
using interleave::plain;
using interleave::result;
using interleave::world;

enum class flaw {
  none,
  looks_before_only,        // and gets whoever stands there by then
  generation_stays,         // when the object is freed
  generation_of_the_object  // begins at 1 in each life
};

template <flaw Flaw>
class slot {
 public:
  /// A mark is the generation; no retry is needed, for there is one slot.
  bool get(std::uint32_t mark) {
    if (generation_.load(order::relaxed) != mark) return false;
    if (!word_.get_not_zero()) return false;
    if (Flaw == flaw::looks_before_only || generation_.load(order::relaxed) == mark) return true;
    put();
    return false;
  }
  void put() {
    if (!word_.put()) return;
    if (Flaw != flaw::generation_stays)
      generation_.store(generation_.load(order::relaxed) + 1, order::relaxed);
    freed_ = freed_.read() + 1;
  }
  /// Makes the next object, by whoever has put the last reference to the one before.
  void make(int value) {
    if (Flaw == flaw::generation_of_the_object) generation_.store(1, order::relaxed);
    value_ = value;
    word_.birth(1);
  }
  [[nodiscard]] int value() const { return value_.read(); }
  [[nodiscard]] int freed() const { return freed_.read(); }

 private:
  lastout::refcount word_;
  lastout::atomic<std::uint32_t> generation_{1};
  plain<int> value_{0};
  plain<int> freed_{0};
};

template <flaw Flaw>
result a_stale_mark_against_the_next_object() {
  const rules::violations_fail strict;
  return interleave::explore({}, [](world& w) {
    auto s = std::make_shared<slot<Flaw>>();
    s->make(1);
    w.thread([s] { s->put(); });
    w.thread([s] {
      if (!s->get(1)) return;
      check(s->value() == 1, "a mark leads to its own object");
      s->put();
    });
    w.finally([s] {
      s->make(2);
      check(!s->get(1), "a mark of the one before is refused");
    });
  });
}

/// The same while the second one is made.
template <flaw Flaw>
result a_stale_mark_against_a_birth() {
  const rules::violations_fail strict;
  return interleave::explore({}, [](world& w) {
    auto s = std::make_shared<slot<Flaw>>();
    s->make(1);
    w.thread([s] {
      s->put();
      if (s->freed() == 1) s->make(2);
    });
    w.thread([s] {
      if (s->get(1)) check(s->value() == 1, "a mark leads to its own object");
    });
  });
}

TEST(rule_21, a_mark_leads_to_its_own_object_or_nowhere) {
  EXPECT_HOLDS(a_stale_mark_against_a_birth<flaw::none>());
}
TEST(rule_21, twin_that_looks_before_only_is_caught) {
  EXPECT_BREAKS("wrong: a mark leads to its own object",
                a_stale_mark_against_a_birth<flaw::looks_before_only>());
}

TEST(rule_22, a_slot_whose_object_was_freed_has_another_generation) {
  EXPECT_HOLDS(a_stale_mark_against_the_next_object<flaw::none>());
}
TEST(rule_22, twin_whose_generation_stays_is_caught) {
  EXPECT_BREAKS("wrong: a mark", a_stale_mark_against_the_next_object<flaw::generation_stays>());
}
TEST(rule_22, twin_whose_generation_is_the_objects_is_caught) {
  EXPECT_BREAKS("wrong: a mark",
                a_stale_mark_against_the_next_object<flaw::generation_of_the_object>());
}

}  // namespace
