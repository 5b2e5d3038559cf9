// growth_test.cpp - two dumps are compared by what their numbers stand for.

#include <gtest/gtest.h>

#include <string>

#include <ledger/dump_reader.hpp>
#include <ledger/growth.hpp>

#include "dump_text.hpp"

namespace {

using namespace lastout::ledger_reader;
using ledger_reader_test::dump_text;

// The same program, loaded elsewhere, with other numbers for the same things.
dump_text loaded_at(std::uint64_t base, unsigned first_number) {
  using ledger_reader_test::hex;
  return dump_text()
      .line("module " + hex(base) + ' ' + hex(base + 0x1000) + " 0x400 abcd /usr/bin/server")
      .type(first_number, "app::a")
      .type(first_number + 1, "app::b")
      .tag(first_number, "cache")
      .stack(first_number, {base + 0x11})
      .stack(first_number + 1, {base + 0x22});
}

TEST(growth_test, the_same_place_compares_wherever_it_was_loaded) {
  const dump before = read_dump(loaded_at(0x10000, 1)
                                    .object(1, 0x100, "1")
                                    .ref("1", "1")
                                    .object(2, 0x200, "1")
                                    .ref("2")
                                    .whole(),
                                "a");
  const dump after = read_dump(loaded_at(0x90000, 7)
                                   .object(7, 0x800, "3")
                                   .ref("7", "7")
                                   .ref("7", "7")
                                   .ref("7", "7")
                                   .object(8, 0x900, "1")
                                   .ref("8")
                                   .whole(),
                               "b");
  const growth grown(before, after);
  ASSERT_EQ(grown.holders().size(), 1);
  const holder_growth& only = grown.holders()[0];
  EXPECT_EQ(only.first, 1);
  EXPECT_EQ(only.last, 3);
  EXPECT_EQ(grown.type_name(only.key), "app::a");
  ASSERT_NE(grown.tag(only.key), nullptr);
  EXPECT_EQ(*grown.tag(only.key), "cache");
  EXPECT_EQ(grown.stack(only.key).dump, 1);
  ASSERT_NE(grown.stack(only.key).addresses, nullptr);
  EXPECT_EQ(grown.stack(only.key).addresses->at(0), 0x90011);
  EXPECT_TRUE(grown.remarks().empty());
}

TEST(growth_test, what_grew_most_is_first_and_what_shrank_is_last) {
  const dump before =
      read_dump(loaded_at(0x10000, 1).object(1, 0x100, "2").ref("1").ref("1").whole(), "a");
  const dump after = read_dump(loaded_at(0x10000, 1)
                                   .object(1, 0x100, "1")
                                   .ref("2")
                                   .object(2, 0x200, "2")
                                   .ref("1")
                                   .ref("1")
                                   .whole(),
                               "b");
  const growth grown(before, after);
  ASSERT_EQ(grown.holders().size(), 3);
  EXPECT_EQ(grown.holders()[0].last - grown.holders()[0].first, 2);
  EXPECT_EQ(grown.type_name(grown.holders()[0].key), "app::b");
  EXPECT_EQ(grown.holders()[1].last, 1);
  EXPECT_EQ(grown.holders()[2].first, 2);
  EXPECT_EQ(grown.holders()[2].last, 0);
  EXPECT_EQ(grown.stack(grown.holders()[2].key).addresses->at(0), 0x10011);

  ASSERT_EQ(grown.types().size(), 2);
  EXPECT_EQ(grown.types()[0].name, "app::b");
  EXPECT_EQ(grown.types()[0].objects_before, 0);
  EXPECT_EQ(grown.types()[0].references, 2);
  EXPECT_EQ(grown.types()[1].references_before, 2);
  EXPECT_EQ(grown.types()[1].references, 1);
}

TEST(growth_test, what_makes_a_comparison_doubtful_is_said) {
  const dump before =
      read_dump("lastout-ledger 1\nprocess 1 0 2000 /bin/a\ntype 1 8 10 t\nend 0 0\n", "a");
  const dump after =
      read_dump("lastout-ledger 1\nprocess 2 0 1000 /bin/a\ntype 1 8 1 t\nend 0 0\n", "b");
  const std::vector<std::string> said = growth(before, after).remarks();
  ASSERT_EQ(said.size(), 3);
  EXPECT_EQ(said[0], "these are two processes: 1 and 2");
  EXPECT_NE(said[1].find("the first dump is the later one"), std::string::npos) << said[1];
  EXPECT_EQ(said[2], "of t another share was tracked: 1 object in 10, then 1 in 1");

  dump other = after;
  other.program = "/bin/b";
  EXPECT_EQ(growth(before, other).remarks().at(0), "the programs differ: '/bin/a' and '/bin/b'");
}

}  // namespace
