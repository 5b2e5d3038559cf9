// table_memory_test.cpp - the memory of a table that was large goes back to the system, and that of
// the names that are left does not.

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/large_table.hpp"

namespace {

using lastout::external;
using lastout::make;

struct range {
  std::uintptr_t from;
  std::uintptr_t to;
};
std::map<std::uintptr_t, std::uintptr_t> mappings() {
  std::map<std::uintptr_t, std::uintptr_t> out;
  std::ifstream in("/proc/self/maps");
  for (std::string line; std::getline(in, line);) {
    unsigned long from = 0;
    unsigned long to = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx", &from, &to) == 2) out[from] = to;
  }
  return out;
}
std::size_t resident(range in) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  std::vector<unsigned char> is((in.to - in.from) / page);
  EXPECT_EQ(mincore(reinterpret_cast<void*>(in.from), in.to - in.from, is.data()), 0);
  std::size_t out = 0;
  for (const unsigned char each : is) out += (each & 1) != 0 ? page : 0;
  return out;
}

TEST(table_memory_test, what_is_given_up_goes_back_and_what_is_in_use_stays) {
  if (std::getenv("LASTOUT_EMULATOR") != nullptr)
    GTEST_SKIP() << "what is mapped is the emulator's, not the program's";
  // Where the table is: what is mapped now and was not, perhaps in one piece with a neighbour.
  const std::size_t bytes = large_segments::segments_max * sizeof(large_table::segment);
  const auto before = mappings();
  large_table names;
  range at{0, 0};
  for (const auto& [from, to] : mappings()) {
    const auto was = before.find(from);
    const std::uintptr_t old_to = was == before.end() ? from : was->second;
    if (to - old_to >= bytes) at = {old_to, to};
    // One that has grown downwards.
    const auto next = before.lower_bound(from);
    if (was == before.end() && next != before.end() && next->second == to &&
        next->first - from >= bytes)
      at = {from, next->first};
  }
  ASSERT_NE(at.from, 0u);

  std::vector<external<number>> held;
  const std::size_t one_segment = names.bytes();
  while (names.bytes() < large_segments::segments_max * one_segment && held.size() < 3'000) {
    held.push_back(make<number>(held.size()));
    ASSERT_TRUE(names.insert(*held.back(), large_table::hash_of_object(*held.back())).in);
  }
  ASSERT_EQ(names.bytes(), large_segments::segments_max * one_segment);

  // Each segment that is given up is written to, whole: what does not go back stays to be seen.
  while (!held.empty()) {
    const std::size_t large = names.bytes();
    EXPECT_TRUE(names.remove(*held.back(), large_table::hash_of_object(*held.back())));
    held.pop_back();
    if (names.bytes() == large) continue;
    const std::size_t in_use = names.bytes() / one_segment * sizeof(large_table::segment);
    ASSERT_LE(resident(at), (in_use + huge_page - 1) / huge_page * huge_page + 2 * huge_page)
        << names.bytes() / one_segment << " segments";
    ASSERT_EQ(names.size(), held.size());
    for (const external<number>& each : held)
      ASSERT_EQ(names.find(each->value, large_table::hash_of_object(*each)), each);
  }
  EXPECT_EQ(names.bytes(), one_segment);
}

// The addresses of a table go back with it: as many are reserved afterwards as before.
TEST(table_memory_test, what_a_table_has_reserved_goes_with_it) {
  if (std::getenv("LASTOUT_EMULATOR") != nullptr)
    GTEST_SKIP() << "what is mapped is the emulator's, not the program's";
  const auto reserved = [] {
    std::uintptr_t sum = 0;
    for (const auto& [from, to] : mappings()) sum += to - from;
    return sum;
  };
  const std::uintptr_t before = reserved();
  {
    const large_table one;
    const large_table another;
    EXPECT_GE(reserved(), before + 2 * large_segments::segments_max * sizeof(large_table::segment));
  }
  EXPECT_LT(reserved(), before + large_segments::segments_max * sizeof(large_table::segment));
}

}  // namespace
