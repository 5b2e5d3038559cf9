// row_extent_test.cpp - each hash has one segment, and growing moves names between two only.

#include <cstdint>
#include <set>

#include <gtest/gtest.h>

#include <lastout/row_extent.hpp>

namespace {

using lastout::next_prefix;
using lastout::row_extent;

constexpr std::uint32_t hashes = 1u << 10;
constexpr std::uint32_t segments = 200;

TEST(row_extent_test, growing_moves_names_from_the_divided_segment_to_the_new_one_only) {
  row_extent now;
  for (std::uint32_t n = 1; n < segments; ++n) {
    const row_extent more = now.grown();
    ASSERT_EQ(now.count(), n);
    std::uint32_t moved = 0;
    for (std::uint32_t bits = 0; bits < hashes; ++bits) {
      const std::uint32_t from = now.segment_of(bits);
      const std::uint32_t to = more.segment_of(bits);
      ASSERT_LT(from, n);
      if (from == to) continue;
      ASSERT_EQ(from, now.next);
      ASSERT_EQ(to, n);
      ASSERT_NE(bits >> now.depth() & 1, 0u);
      ++moved;
    }
    ASSERT_GT(moved, 0u);
    ASSERT_EQ(more.shrunk().packed(4), now.packed(4));
    ASSERT_EQ(row_extent::of(more.packed(4), 4).packed(4), more.packed(4));
    now = more;
  }
}

TEST(row_extent_test, as_many_bits_as_a_segment_has_tell_its_names_from_all_others) {
  for (row_extent now; now.count() < segments; now = now.grown()) {
    for (std::uint32_t a = 0; a < hashes; ++a) {
      const std::uint32_t own = now.segment_of(a);
      const unsigned depth = now.depth_of(own);
      ASSERT_EQ(now.segment_of(a ^ 1u << depth), own) << "the first bit that does not matter";
      if (depth == 0) continue;
      ASSERT_NE(now.segment_of(a ^ 1u << (depth - 1)), own) << "the last one that does";
    }
  }
}

TEST(row_extent_test, a_walk_meets_each_segment_once) {
  for (row_extent now; now.count() < segments; now = now.grown()) {
    std::set<std::uint32_t> met;
    std::uint32_t prefix = 0;
    do {
      ASSERT_TRUE(met.insert(now.segment_of(prefix)).second);
    } while (next_prefix(prefix, now.depth_of(now.segment_of(prefix))));
    ASSERT_EQ(met.size(), now.count());
  }
}

TEST(row_extent_test, a_walk_goes_on_when_the_row_has_shrunk_meanwhile) {
  std::uint32_t prefix = 0b110;  // of a segment that was told by three bits
  EXPECT_TRUE(next_prefix(prefix, 2));
  EXPECT_EQ(prefix, 0b01u) << "behind 0b10, in the order of the bits";
}

}  // namespace
