// large_pages_test.cpp - which memory is asked for in large pages: that of a table and of a slab, from
// the second one on, so that what is small stays small.

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/large_table.hpp"

namespace {

using lastout::external;
using lastout::make;

/// How much of the program's memory the system has been asked to keep in large pages.
std::size_t asked_for() {
  std::size_t out = 0;
  std::size_t bytes = 0;
  std::ifstream in("/proc/self/smaps");
  for (std::string line; std::getline(in, line);) {
    unsigned long from = 0;
    unsigned long to = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &from, &to) == 2) bytes = to - from;
    if (line.starts_with("VmFlags:") && line.find(" hg") != std::string::npos) out += bytes;
  }
  return out;
}

class large_pages_test : public testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("LASTOUT_EMULATOR") != nullptr)
      GTEST_SKIP() << "what is mapped is the emulator's, not the program's";
    // A probe: is there anybody who could be asked, and who would tell?
    const std::size_t before = asked_for();
    void* const memory = mmap(nullptr, 2 * huge_page, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
#ifdef MADV_HUGEPAGE
    (void)madvise(memory, 2 * huge_page, MADV_HUGEPAGE);
#endif
    const std::size_t asked = asked_for() - before;
    munmap(memory, 2 * huge_page);
    if (asked == 0) GTEST_SKIP() << "this system has no large pages, or does not say which";
  }
};

TEST_F(large_pages_test, a_table_asks_for_each_but_its_first) {
  constexpr std::size_t segments_in_one = huge_page / sizeof(large_table::segment);
  std::vector<external<number>> held;
  large_table names;
  const std::size_t one_segment = names.bytes();
  const std::size_t before = asked_for();
  for (std::size_t segments = 1; segments < large_segments::segments_max;) {
    ASSERT_LT(held.size(), 3'000U);
    held.push_back(make<number>(held.size()));
    ASSERT_TRUE(names.insert(*held.back(), large_table::hash_of_object(*held.back())).in);
    if (names.bytes() == segments * one_segment) continue;
    segments = names.bytes() / one_segment;
    ASSERT_EQ(asked_for() - before, (segments - 1) / segments_in_one * huge_page)
        << segments << " segments";
  }
  for (const external<number>& each : held) names.remove(*each, large_table::hash_of_object(*each));
}

struct big : lastout::kref<big>, lastout::in_slab<big> {
  std::byte bytes[4096] = {};
};

TEST_F(large_pages_test, a_slab_asks_for_each_but_its_first) {
  using memory = lastout::slab<big>;
  static_assert(memory::chunk_bytes == huge_page);
  // All but the first; those of an earlier round of this test are there still.
  const auto chunks = [] { return std::max<std::size_t>(memory::use().chunks, 1) - 1; };
  const std::size_t before = asked_for() - chunks() * huge_page;
  std::vector<external<big>> held;
  for (std::size_t n = chunks(); n < 3; ++n) {
    while (chunks() == n) held.push_back(make<big>());
    ASSERT_EQ(asked_for() - before, chunks() * huge_page) << held.size() << " objects";
  }
}

}  // namespace
