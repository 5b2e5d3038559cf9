// ghosts_test.cpp - the cache's ghosts: who left lately is known for part of a lap.

#include <cstddef>
#include <cstdint>

#include <gtest/gtest.h>

#include <lastout/lapped_ghosts.hpp>

namespace {

using lastout::hash_bits;
using lastout::lapped_ghosts;

TEST(ghosts_test, without_room_there_are_none) {
  lapped_ghosts ghosts;
  EXPECT_EQ(ghosts.bytes(), 0u);
  ghosts.add(hash_bits(1), 0);
  EXPECT_FALSE(ghosts.take(hash_bits(1), 0));
}

TEST(ghosts_test, a_ghost_is_taken_once) {
  lapped_ghosts ghosts;
  ghosts.reserve(64);
  EXPECT_FALSE(ghosts.take(hash_bits(1), 0));
  ghosts.add(hash_bits(1), 0);
  EXPECT_TRUE(ghosts.take(hash_bits(1), 0));
  EXPECT_FALSE(ghosts.take(hash_bits(1), 0));
}

TEST(ghosts_test, a_ghost_lives_for_part_of_a_lap) {
  constexpr unsigned life = lapped_ghosts::age_max;
  lapped_ghosts ghosts;
  ghosts.reserve(64);
  for (std::uint64_t start = 0; start < 100; ++start) {
    ghosts.add(hash_bits(1), start);
    EXPECT_EQ(ghosts.take(hash_bits(1), start + 1), start + life) << "until when";
    ghosts.add(hash_bits(1), start);
    EXPECT_EQ(ghosts.take(hash_bits(1), start + life), start + life);
    ghosts.add(hash_bits(1), start);
    EXPECT_FALSE(ghosts.take(hash_bits(1), start + life + 1)) << start;
    EXPECT_FALSE(ghosts.take(hash_bits(1), start)) << "an old one was taken out, too";
  }
}

TEST(ghosts_test, the_oldest_of_a_bucket_is_pushed_out) {
  lapped_ghosts ghosts;
  ghosts.reserve(8);  // one bucket
  EXPECT_EQ(ghosts.bytes(), 16u);
  for (std::size_t n = 0; n < 9; ++n) ghosts.add(hash_bits(n), 0);
  EXPECT_FALSE(ghosts.take(hash_bits(0), 0));
  for (std::size_t n = 1; n < 9; ++n) EXPECT_TRUE(ghosts.take(hash_bits(n), 0)) << n;
}

TEST(ghosts_test, the_oldest_of_a_full_bucket_is_taken_once_too) {
  lapped_ghosts ghosts;
  ghosts.reserve(8);
  for (std::size_t n = 0; n < 8; ++n) ghosts.add(hash_bits(n), 0);
  EXPECT_TRUE(ghosts.take(hash_bits(0), 0));
  EXPECT_FALSE(ghosts.take(hash_bits(0), 0));
  for (std::size_t n = 1; n < 8; ++n) EXPECT_TRUE(ghosts.take(hash_bits(n), 0)) << n;
}

TEST(ghosts_test, a_bucket_is_of_eight_and_begun_ones_are_whole) {
  for (const std::size_t n : {1u, 7u, 8u, 9u, 16u, 17u}) {
    lapped_ghosts ghosts;
    ghosts.reserve(n);
    EXPECT_EQ(ghosts.bytes(), n <= 8 ? 16u : n <= 16 ? 32u : 64u) << n;
  }
}

TEST(ghosts_test, an_empty_place_is_nobodys_ghost_whatever_the_hash) {
  std::size_t without_bits = 0;  // whose mark has none but the first
  while ((hash_bits(without_bits).mark() & 0x7ff) != 0) ++without_bits;
  lapped_ghosts ghosts;
  ghosts.reserve(8);
  EXPECT_FALSE(ghosts.take(hash_bits(without_bits), 0));
  ghosts.add(hash_bits(without_bits), 0);
  EXPECT_TRUE(ghosts.take(hash_bits(without_bits), 0));
}

TEST(ghosts_test, room_grows_and_never_shrinks) {
  lapped_ghosts ghosts;
  ghosts.reserve(1000);
  const std::size_t bytes = ghosts.bytes();
  EXPECT_GE(bytes, 2000u);
  EXPECT_LE(bytes, 4096u);
  ghosts.add(hash_bits(1), 0);
  ghosts.reserve(10);
  ghosts.reserve(1000);
  EXPECT_EQ(ghosts.bytes(), bytes);
  EXPECT_TRUE(ghosts.take(hash_bits(1), 0)) << "as long as it does not grow";
  ghosts.reserve(5000);
  EXPECT_GT(ghosts.bytes(), bytes);
}

TEST(ghosts_test, eleven_bits_of_the_hash_tell_ghosts_apart_each_of_them) {
  const auto mark = [](std::size_t n) { return hash_bits(n).mark() & 0x7ff; };
  const std::size_t one = 1;
  for (unsigned bit = 0; bit < 11; ++bit) {
    std::size_t other = 0;
    while ((mark(other) ^ mark(one)) != 1u << bit) ++other;
    lapped_ghosts ghosts;
    ghosts.reserve(8);
    ghosts.add(hash_bits(one), 0);
    EXPECT_FALSE(ghosts.take(hash_bits(other), 0)) << "bit " << bit;
    EXPECT_TRUE(ghosts.take(hash_bits(one), 0));
  }
}

TEST(ghosts_test, others_are_seldom_taken_for_it) {
  lapped_ghosts ghosts;
  ghosts.reserve(10'000);
  for (std::size_t n = 0; n < 10'000; ++n) ghosts.add(hash_bits(n), 0);
  int kept = 0;
  int wrong = 0;
  for (std::size_t n = 1'000'000; n < 1'010'000; ++n) wrong += ghosts.take(hash_bits(n), 0) ? 1 : 0;
  for (std::size_t n = 0; n < 10'000; ++n) kept += ghosts.take(hash_bits(n), 0) ? 1 : 0;
  EXPECT_LE(wrong, 10'000 / 256);
  EXPECT_GT(kept, 9'500);
}

}  // namespace
