// quarantine_test.cpp - freed memory that is kept: how much, how long, and what is seen of who writes to it.

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <vfs/quarantine.hpp>

namespace {

using lastout::vfs::quarantine;

class quarantine_test : public testing::Test {
 protected:
  static constexpr std::size_t size = 64;

  void keep(std::size_t which) {
    kept.keep({.block = &memory[which],
               .give = [](void* block) noexcept { given.push_back(block); },
               .memory = memory[which].data(),
               .bytes = size,
               .type = "block",
               .id = which,
               .text = {},
               .by = {}});
  }
  std::vector<void*> first(std::size_t n) {
    std::vector<void*> out;
    for (std::size_t i = 0; i < n; ++i) out.push_back(&memory[i]);
    return out;
  }

  std::array<std::array<unsigned char, size>, 8> memory{};
  quarantine kept;
  static inline std::vector<void*> given;
  quarantine_test() { given.clear(); }
};

TEST_F(quarantine_test, the_oldest_go_when_there_is_too_much) {
  kept.limit(3 * size);
  for (std::size_t i = 0; i < 3; ++i) keep(i);
  EXPECT_EQ(given, first(0));
  keep(3);
  EXPECT_EQ(given, first(1));
}

TEST_F(quarantine_test, a_smaller_limit_lets_go_at_once) {
  for (std::size_t i = 0; i < 5; ++i) keep(i);
  EXPECT_EQ(given, first(0));
  kept.limit(2 * size);
  EXPECT_EQ(given, first(3));
  kept.limit(0);
  EXPECT_EQ(given, first(5));
  keep(5);
  EXPECT_EQ(given, first(6)) << "nothing is kept";
}

TEST_F(quarantine_test, who_writes_to_what_was_freed_is_told_once_whether_it_is_kept_or_has_gone) {
  for (std::size_t i = 0; i < 3; ++i) keep(i);
  memory[0][7] = 1;
  memory[2][9] = 1;
  kept.limit(2 * size);
  const std::vector<std::string> told = kept.damaged();
  ASSERT_EQ(told.size(), 2u);
  EXPECT_NE(told[0].find("block 0 was written to after it was freed, at byte 7 of 64"),
            std::string::npos)
      << told[0];
  EXPECT_NE(told[1].find("block 2"), std::string::npos) << told[1];
  EXPECT_TRUE(kept.damaged().empty());
}

}  // namespace
