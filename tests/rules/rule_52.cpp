// rule_52.cpp - create and destroy error paths match partial construction: nothing leaked at any
// failing step.

#include <cstddef>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <vector>

#include <lastout/dual.hpp>
#include <lastout/external.hpp>
#include <lastout/kcref.hpp>
#include <lastout/kref.hpp>
#include <lastout/plain.hpp>

#include "rules/support.hpp"

namespace {

using lastout::event;
using lastout::external;
using rules::recorded_violations;
using rules::verdict;

/// What is there of all that an object is made of.
struct stock {
  int blocks = 0;  // memory
  int parts = 0;   // constructed
  int references = 0;
  int born = 0;
  int step = 0;  // the next step of creation
  int fails_at = -1;

  void take() {
    if (step++ == fails_at) throw std::runtime_error("this step fails");
  }
  bool empty() const { return blocks == 0 && parts == 0 && references == 0; }
};
stock in_stock;

/// Memory that can run out, and that is counted.
struct counted_memory {
  static void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
    if (in_stock.step++ == in_stock.fails_at) return nullptr;
    ++in_stock.blocks;
    return std::malloc(bytes);
  }
  static void operator delete(void* at, const std::nothrow_t&) noexcept { operator delete(at); }
  static void operator delete(void* at) noexcept {
    --in_stock.blocks;
    std::free(at);
  }
};

struct part {
  part() {
    in_stock.take();
    ++in_stock.parts;
  }
  part(const part&) = delete;
  part& operator=(const part&) = delete;
  ~part() { --in_stock.parts; }
};

/// Another object, of which each of ours holds a reference.
struct owner : lastout::kref<owner> {};
struct owner_reference {
  explicit owner_reference(const external<owner>& of) : held(of) { in_stock.take(); }
  external<owner> held;
};

template <class Style>
struct three_parts : Style, counted_memory {
  explicit three_parts(const external<owner>& of) : up(of) { in_stock.take(); }
  static void observe(event what, std::uint32_t) noexcept { in_stock.born += what == event::born; }
  part first;
  owner_reference up;
  part last;
};

struct by_kref : three_parts<lastout::kref<by_kref>> {
  using three_parts::three_parts;
  static bool make(const external<owner>& of) { return bool(lastout::make<by_kref>(of)); }
};

struct by_kcref : three_parts<lastout::kcref<by_kcref>> {
  using three_parts::three_parts;
  lastout::fate idle(const idle_proof&) noexcept { return lastout::fate::kill; }
  static bool make(const external<owner>& of) {
    external<by_kcref> made = lastout::make<by_kcref>(of);
    if (made) made.kill_on_put();
    return bool(made);
  }
};

struct by_dual : three_parts<lastout::dual<by_dual>> {
  using three_parts::three_parts;
  static bool make(const external<owner>& of) { return bool(lastout::make_active<by_dual>(of)); }
};

struct page;
struct by_plain : three_parts<lastout::plain<by_plain, page>> {
  using three_parts::three_parts;
  static bool make(const external<owner>& of);
};
struct page : lastout::plain_parent<page, by_plain> {};
bool by_plain::make(const external<owner>& of) {
  page p;
  try {
    return p.add(of) != nullptr;
  } catch (...) {
    if (!p.empty()) ++in_stock.blocks;  // a child that was never born is on the list
    throw;
  }
}

/// The twin: creates by hand, step by step, and undoes by hand.
struct by_hand {
  static bool make(const external<owner>& of) {
    void* const memory = counted_memory::operator new(64, std::nothrow);
    if (memory == nullptr) return false;
    ++in_stock.born;
    part* first = nullptr;
    external<owner> up;
    try {
      first = new part;
      in_stock.take();
      up = of;
      const part last;
      in_stock.take();
    } catch (...) {
      (void)up.leak();  // broken: this step is not undone
      delete first;
      counted_memory::operator delete(memory);
      throw;
    }
    up.put();
    delete first;
    counted_memory::operator delete(memory);
    return true;
  }
};

/// The twin: says that it is born, and then initialises.
struct born_early : by_hand {
  static bool make(const external<owner>& of) {
    ++in_stock.born;  // broken: the steps that fail come later
    in_stock.take();
    (void)of;
    return true;
  }
};

/// How many steps the creation of one has when all succeed.
template <class Object>
int steps(const external<owner>& of) {
  in_stock = {};
  (void)Object::make(of);
  return in_stock.step;
}

template <class Object>
verdict nothing_is_left_of_what_failed() {
  const recorded_violations seen;
  verdict v;
  external<owner> up = lastout::make<owner>();
  const int all = steps<Object>(up);
  v.require(in_stock.empty(), "the end of an object left something");
  v.require(in_stock.born == 1, "an object was not born once");
  for (int failing = 0; failing < all; ++failing) {
    in_stock = {};
    in_stock.fails_at = failing;
    const std::string at = " when step " + std::to_string(failing) + " fails";
    bool made = true;
    try {
      made = Object::make(up);
    } catch (const std::runtime_error&) {
      made = false;
    }
    v.require(!made, "something was made" + at);
    v.require(in_stock.born == 0, "something was born" + at);
    v.require(in_stock.blocks == 0, "memory is left" + at);
    v.require(in_stock.parts == 0, "a part is left" + at);
    if (v.require(up->references() == 1, "a reference is left" + at)) continue;
    while (up->references() > 1)
      external<owner>::adopt(up.address()).put();  // the twins leak nothing
  }
  v.require(seen.none(), seen.text());
  return v;
}

TEST(rule_52, nothing_is_left_of_what_failed) {
  EXPECT_HELD(nothing_is_left_of_what_failed<by_kref>());
  EXPECT_HELD(nothing_is_left_of_what_failed<by_kcref>());
  EXPECT_HELD(nothing_is_left_of_what_failed<by_dual>());
  EXPECT_HELD(nothing_is_left_of_what_failed<by_plain>());
}

TEST(rule_52, each_step_of_a_creation_fails_once) {
  const external<owner> up = lastout::make<owner>();
  EXPECT_EQ(steps<by_kref>(up), 5);  // memory, three members, the constructor's body
  EXPECT_EQ(steps<by_plain>(up), 5);
}

TEST(rule_52, twin_is_caught) {
  EXPECT_BROKEN(nothing_is_left_of_what_failed<by_hand>());
  EXPECT_BROKEN(nothing_is_left_of_what_failed<born_early>());
}

}  // namespace
