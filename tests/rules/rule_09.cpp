// rule_09 - the count has a known value before the object is published; initialising a live or
// resurrectable object is a violation.
//
// Twins: a birth that overwrites whatever it finds; an object that is born in its constructor's
// beginning. Tool: birth in every state; a constructor that tries to get the object it makes.

#include <memory>
#include <mutex>
#include <new>

#include <lastout/internal.hpp>
#include <lastout/kref.hpp>

#include "rules/support.hpp"
#include "rules/words.hpp"

namespace {

using lastout::count_state;
using lastout::refcount;
using lastout::violation;
using rules::verdict;

template <class Word>
verdict birth_is_for_the_dead() {
  verdict v;
  for (const count_state state : rules::all_states) {
    const rules::recorded_violations told;
    Word word;
    rules::bring(word, state);
    const std::uint32_t before = word.references();
    word.birth(3);
    if (state == count_state::dead) {
      v.require(word.references() == 3 && told.none(), "no birth");
    } else {
      v.require(told.only(violation::birth_of_a_live),
                std::string(name(state)) + " told " + told.text());
      v.require(word.state() == state && word.references() == before,
                std::string("overwrote a word that was ") + name(state));
    }
  }
  return v;
}

// Broken: initialises whatever it finds.
struct overwrites : refcount {
  void birth(std::uint32_t n = 1, lastout::subject = {}) noexcept {
    std::destroy_at<refcount>(this);
    new (static_cast<void*>(this)) refcount(n);
  }
};

template <class Word>
verdict an_unborn_word_is_dead() {
  verdict v;
  const rules::recorded_violations told;
  Word word;
  v.require(word.dead() && word.references() == 0, "has no known value");
  v.require(!word.get_not_zero(), "could be got");
  v.require(!word.put() && told.only(violation::put_once_dead), "put told " + told.text());
  word.get();
  v.require(told.count(violation::get_once_dead) == 1, "get told " + told.text());
  return v;
}

// Broken: counts from the beginning, when the fields are not there yet.
struct born_early : refcount {
  born_early() noexcept : refcount(1) {}
  void birth(std::uint32_t, lastout::subject) noexcept {}
};

template <class Word>
struct under_construction : lastout::kref<under_construction<Word>, Word> {
  explicit under_construction(std::mutex& list) {
    std::unique_lock held(list);
    const lastout::internal<under_construction> published(*this, list);
    lastout::external<under_construction> early = published.get_not_zero(held);
    was_got = static_cast<bool>(early);
    (void)early.leak();
  }
  bool was_got = false;
};

template <class Word>
verdict an_object_under_construction_cannot_be_got() {
  verdict v;
  std::mutex list;
  using object = under_construction<Word>;
  auto made = lastout::make<object>(list);
  v.require(!made->was_got, "was got by its own constructor");
  v.require(made->references() == 1, "made with another count than one");
  while (made->references() > 1) lastout::reference_access::put(*made);
  return v;
}

TEST(rule_09, birth_is_for_the_dead) { EXPECT_HELD_BY_EACH_WORD(birth_is_for_the_dead); }
TEST(rule_09, an_unborn_word_is_dead) { EXPECT_HELD_BY_EACH_WORD(an_unborn_word_is_dead); }
TEST(rule_09, an_object_under_construction_cannot_be_got) {
  EXPECT_HELD_BY_EACH_WORD(an_object_under_construction_cannot_be_got);
}
TEST(rule_09, twin_that_overwrites_is_caught) {
  EXPECT_BROKEN(birth_is_for_the_dead<overwrites>());
}
TEST(rule_09, twin_that_is_born_early_is_caught) {
  EXPECT_BROKEN(an_unborn_word_is_dead<born_early>());
  EXPECT_BROKEN(an_object_under_construction_cannot_be_got<born_early>());
}

}  // namespace
