// rule_51.cpp - a callee that consumes a reference consumes it on every path, failure included; the
// signature says borrows, consumes or returns owned.

#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

#include <lastout/dual.hpp>
#include <lastout/external.hpp>
#include <lastout/kref.hpp>

#include "rules/support.hpp"

namespace {

using lastout::active;
using lastout::external;
using rules::recorded_violations;
using rules::verdict;

struct session : lastout::kref<session> {
  session(int i, int& r) : id(i), released(r) {}
  ~session() { ++released; }
  int id;
  int& released;
};

enum class way { kept, refused_as_full, refused_as_known, failed };

/// A table that consumes: the reference is its own on every path, because the parameter is.
class by_value {
 public:
  bool insert(external<session> consumed, way w) {
    if (w == way::refused_as_full) return false;
    if (w == way::refused_as_known) {
      consumed.put();
      return false;
    }
    if (w == way::failed) throw std::runtime_error("no memory");
    kept_.push_back(std::move(consumed));
    return true;
  }
  external<session> remove() {
    external<session> owned = std::move(kept_.back());
    kept_.pop_back();
    return owned;
  }

 private:
  std::vector<external<session>> kept_;
};

/// What the twins have in common: a table of raw pointers that puts by hand, like C code.
class by_hand {
 public:
  external<session> remove() {
    session* const owned = kept_.back();
    kept_.pop_back();
    return external<session>::adopt(owned);
  }

 protected:
  static void put(session* gone) { external<session>::adopt(gone).put(); }
  std::vector<session*> kept_;
};

/// The twin: puts on each path but one.
class forgets_when_full : public by_hand {
 public:
  bool insert(external<session> reference, way w) {
    session* const consumed = reference.leak();
    if (w == way::refused_as_full) return false;  // broken: nobody puts
    if (w == way::refused_as_known) return put(consumed), false;
    if (w == way::failed) {
      put(consumed);
      throw std::runtime_error("no memory");
    }
    kept_.push_back(consumed);
    return true;
  }
};

/// The twin: does not count on exceptions.
class forgets_when_thrown : public by_hand {
 public:
  bool insert(external<session> reference, way w) {
    session* const consumed = reference.leak();
    if (w == way::failed) throw std::runtime_error("no memory");  // broken: nobody puts
    if (w != way::kept) return put(consumed), false;
    kept_.push_back(consumed);
    return true;
  }
};

/// The twin: consumes when it succeeds, and borrows when it fails.
class consumes_at_will : public by_hand {
 public:
  bool insert(external<session>&& reference, way w) {
    if (w == way::failed) throw std::runtime_error("no memory");
    if (w != way::kept) return false;  // broken: the caller still has it, on these paths only
    kept_.push_back(reference.leak());
    return true;
  }
};

template <class Table>
verdict consumed_is_consumed_on_every_path() {
  recorded_violations seen;
  verdict v;
  for (const way w : {way::kept, way::refused_as_full, way::refused_as_known, way::failed}) {
    static int released;
    released = 0;
    Table table;
    external<session> mine = lastout::make<session>(7, released);
    external<session> witness = mine;
    bool kept = false;
    try {
      kept = table.insert(std::move(mine), w);
    } catch (const std::runtime_error&) {
      v.require(w == way::failed, "failed on a path of another");
    }
    v.require(!mine, "the caller still has what was consumed");
    v.require(kept == (w == way::kept), "went another way than told to");
    v.require(witness->references() == (kept ? 2U : 1U), "the reference was not consumed, once");
    mine.put();
    if (kept) table.remove().put();
    // A reference that was leaked is put here, so that the twins leak nothing.
    while (witness->references() > 1) external<session>::adopt(witness.address()).put();
    witness.put();
    v.require(released == 1, "not released once");
  }
  v.require(seen.none(), seen.text());
  return v;
}

TEST(rule_51, consumed_is_consumed_on_every_path) {
  EXPECT_HELD(consumed_is_consumed_on_every_path<by_value>());
}

TEST(rule_51, twin_is_caught) {
  EXPECT_BROKEN(consumed_is_consumed_on_every_path<forgets_when_full>());
  EXPECT_BROKEN(consumed_is_consumed_on_every_path<forgets_when_thrown>());
  EXPECT_BROKEN(consumed_is_consumed_on_every_path<consumes_at_will>());
}

// A caller that keeps its own reference says so by a copy; the handle that only moves cannot.
TEST(rule_51, a_copy_is_consumed_and_the_callers_reference_stays) {
  int released = 0;
  by_value table;
  external<session> mine = lastout::make<session>(7, released);
  EXPECT_FALSE(table.insert(mine, way::refused_as_full));
  EXPECT_EQ(mine->references(), 1U);
  EXPECT_TRUE(table.insert(mine, way::kept));
  EXPECT_EQ(mine->references(), 2U);
}

TEST(rule_51, an_owned_reference_that_is_ignored_is_put) {
  int released = 0;
  by_value table;
  ASSERT_TRUE(table.insert(lastout::make<session>(7, released), way::kept));
  table.remove();
  EXPECT_EQ(released, 1);
}

struct super : lastout::dual<super> {};
static_assert(std::is_invocable_v<void (*)(active<super>), active<super>&&>);
static_assert(!std::is_invocable_v<void (*)(active<super>), active<super>&>);  // needs std::move

}  // namespace
