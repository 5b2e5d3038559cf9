// key_names_test.cpp - what the files of traces say.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "eviction/key_names.hpp"

namespace eviction {
namespace {

using names = std::vector<std::uint64_t>;

TEST(key_names_test, lines_without_a_number_are_skipped) {
  EXPECT_EQ(parse_lines("7\n*\n\n12\r\n7"), (names{7, 12, 7}));
  EXPECT_EQ(parse_lines(""), names{});
}

TEST(key_names_test, words_have_their_highest_byte_first) {
  EXPECT_EQ(parse_words(std::string("\0\0\1\2\xff\0\0\0\1", 9)), (names{0x102, 0xff000000}));
}

TEST(key_names_test, keys_are_numbered_by_first_use) {
  const workload of = number_keys({70, 5, 70, 9});
  EXPECT_EQ(of.accesses, (std::vector<key>{0, 1, 0, 2}));
  EXPECT_EQ(of.keys, 3U);
}

}  // namespace
}  // namespace eviction
