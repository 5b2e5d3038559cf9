// sketch_test.cpp - counts at least what was added, and halves.

#include <gtest/gtest.h>

#include "eviction/sketch.hpp"

namespace eviction {
namespace {

TEST(sketch_test, counts_up_to_fifteen) {
  sketch counts(64, 1'000'000);
  EXPECT_EQ(counts.count(1), 0U);
  counts.add(1);
  EXPECT_EQ(counts.count(1), 1U);
  counts.add(1, 5);
  EXPECT_EQ(counts.count(1), 6U);
  counts.add(1, 100);
  EXPECT_EQ(counts.count(1), 15U);
  EXPECT_EQ(counts.count(2), 0U);
}

TEST(sketch_test, never_counts_too_few) {
  sketch counts(64, 1'000'000);
  for (key k = 0; k < 500; ++k) counts.add(k, k % 7);
  for (key k = 0; k < 500; ++k) EXPECT_GE(counts.count(k), k % 7) << k;
}

TEST(sketch_test, is_halved_after_so_many_additions) {
  sketch counts(64, 16);
  counts.add(1, 9);
  counts.add(2, 6);
  EXPECT_EQ(counts.count(1), 9U);
  counts.add(3);
  EXPECT_EQ(counts.count(1), 4U);
  EXPECT_EQ(counts.count(2), 3U);
  EXPECT_EQ(counts.count(3), 0U);
}

}  // namespace
}  // namespace eviction
