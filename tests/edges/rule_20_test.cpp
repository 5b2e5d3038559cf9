// rule_20 - between zero and unlinking a reader can meet the object; it fails, and touches no freed
// memory on the way.
//
// Twin: a release that frees before it unlinks. The scenario is seen to meet the object in between.

#include "edges/listed.hpp"

namespace {

using listed::guard;
using listed::item;
using listed::last_put_against;
using listed::list;

// Broken: the list names freed memory until it is unlinked.
struct frees_then_unlinks {
  template <class T>
  static void run(T& object) noexcept {
    auto& in = object.in;
    delete &object;
    const guard held(in.lock);
    in.first = {};
    in.pointer = nullptr;
  }
};

struct met {
  int dying = 0;
  int alive = 0;
  int nobody = 0;
};

template <class Release>
interleave::result a_reader_meets_it(met& seen) {
  using object = item<lastout::refcount, Release>;
  return last_put_against<object>([&seen](list<object>& l) {
    guard held(l.lock);
    const bool listed = static_cast<bool>(l.first);
    const lastout::external<object> found = l.first.get_not_zero(held);
    held.unlock();
    if (found) interleave::check(found->value.read() == 42, "the object is whole");
    ++(found ? seen.alive : listed ? seen.dying : seen.nobody);
  });
}

TEST(rule_20, a_reader_meets_a_dying_object_and_fails) {
  met seen;
  EXPECT_HOLDS(a_reader_meets_it<listed::unlinks_then_frees>(seen));
  EXPECT_GT(seen.dying, 0);
  EXPECT_GT(seen.alive, 0);
  EXPECT_GT(seen.nobody, 0);
}
TEST(rule_20, twin_that_frees_before_it_unlinks_is_caught) {
  met seen;
  EXPECT_BREAKS("use after|data race", a_reader_meets_it<frees_then_unlinks>(seen));
}

}  // namespace
