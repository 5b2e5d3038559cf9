// killed_test.cpp - what was killed under the lock is released where the token goes.

#include <mutex>
#include <tuple>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

#include <lastout/kcref.hpp>

namespace {

using lastout::external;
using lastout::fate;
using lastout::killed;
using lastout::make;

struct entry : lastout::kcref<entry> {
  ~entry() { ++freed; }
  static fate idle(const idle_proof&) noexcept { return fate::kill; }
  static inline int freed = 0;
};

entry* idle_entry() {
  external<entry> e = make<entry>();
  entry* const listed = e.address();
  e.put();
  return listed;
}

class killed_test : public testing::Test {
 protected:
  killed_test() { entry::freed = 0; }
};

TEST_F(killed_test, an_empty_token_releases_nothing) {
  {
    const killed<entry> nothing;
    EXPECT_FALSE(nothing);
  }
  EXPECT_EQ(entry::freed, 0);
}

TEST_F(killed_test, the_object_is_the_tokens_until_it_goes) {
  entry* const object = idle_entry();
  {
    const killed<entry> gone = object->reclaim();
    ASSERT_TRUE(gone);
    EXPECT_EQ(&*gone, object);
    EXPECT_TRUE((*gone).dead());
    EXPECT_EQ(entry::freed, 0);
  }
  EXPECT_EQ(entry::freed, 1);
}

TEST_F(killed_test, a_token_moves_and_releases_once) {
  killed<entry> outer;
  {
    killed<entry> inner = idle_entry()->reclaim();
    outer = std::move(inner);
    EXPECT_FALSE(inner);  // NOLINT(bugprone-use-after-move): what is left is the promise
  }
  EXPECT_EQ(entry::freed, 0);
  outer = idle_entry()->reclaim();
  EXPECT_EQ(entry::freed, 1) << "what the slot held is released";
  outer = {};
  EXPECT_EQ(entry::freed, 2);
}

// Some compilers treat {} in a template apart (clang 14).
template <class Any>
void clear_in_a_template(killed<entry>& slot, Any) {
  slot = {};
}

TEST_F(killed_test, braces_in_a_template_clear_too) {
  killed<entry> gone = idle_entry()->reclaim();
  clear_in_a_template(gone, 0);
  EXPECT_FALSE(gone);
  EXPECT_EQ(entry::freed, 1);
}

static_assert(!std::is_copy_constructible_v<killed<entry>>);
static_assert(!std::is_constructible_v<killed<entry>, entry&>, "only the style kills");

}  // namespace
