// existence_ref_test.cpp - a reference that nobody puts, until it is ended.

#include <utility>

#include <gtest/gtest.h>

#include <lastout/existence_ref.hpp>
#include <lastout/kref.hpp>

namespace {

using lastout::existence_ref;
using lastout::external;
using lastout::make;

struct founder : lastout::kref<founder> {
  ~founder() { ++freed; }
  static inline int freed = 0;
};

TEST(existence_ref_test, it_moves_and_what_it_moves_over_is_not_put_either) {
  founder::freed = 0;
  existence_ref<founder> none;
  EXPECT_FALSE(none);
  existence_ref<founder> a(make<founder>());
  founder* const first = a.address();
  existence_ref<founder> b(make<founder>());
  founder* const second = b.address();
  b = std::move(a);
  EXPECT_EQ(b.address(), first);
  EXPECT_EQ(a.address(), second) << "they change places";  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(founder::freed, 0);
  EXPECT_EQ(b->references(), 1u);
  b.end().put();
  EXPECT_EQ(founder::freed, 1);
  EXPECT_FALSE(b.end()) << "once";
  a.end().put();
  EXPECT_EQ(founder::freed, 2);
}

}  // namespace
