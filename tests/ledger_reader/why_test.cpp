// why_test.cpp - what keeps an object alive is followed back to where it is held from outside, and
// what keeps itself is found.

#include <gtest/gtest.h>

#include <string>

#include <ledger/dump_reader.hpp>
#include <ledger/why.hpp>

#include "dump_text.hpp"

namespace {

using namespace lastout::ledger_reader;
using ledger_reader_test::dump_text;

dump_text with_names() {
  return dump_text().type(1, "app::a").type(2, "app::b").stack(1, {0x1111}).stack(2, {0x2222});
}

TEST(why_test, a_handle_in_an_object_makes_it_the_holder) {
  const dump read = read_dump(with_names()
                                  .object(1, 0x1000, "2")
                                  .ref("1", "-", "external", 0x2008)
                                  .ref("1", "-", "external", 0x7fff00)
                                  .object(2, 0x2000, "0")
                                  .whole(),
                              "a");
  const why because(read);
  ASSERT_EQ(because.holds(0).size(), 1);
  EXPECT_EQ(because.holds(0)[0].from, 1);
  ASSERT_EQ(because.holds(0)[0].by.size(), 1);
  EXPECT_EQ(because.holds(0)[0].by[0]->where, 0x2008);
  ASSERT_EQ(because.from_outside(0).size(), 1);
  EXPECT_EQ(because.from_outside(0)[0]->where, 0x7fff00);
  EXPECT_TRUE(because.holds(1).empty());
}

TEST(why_test, an_object_ends_where_its_type_says) {
  const dump read = read_dump(with_names()
                                  .object(1, 0x1000, "2")
                                  .ref("1", "-", "external", 0x203f)
                                  .ref("1", "-", "external", 0x2040)
                                  .object(2, 0x2000, "0")
                                  .whole(),
                              "a");
  const why because(read);
  EXPECT_EQ(because.from_outside(0).size(), 1);
  EXPECT_EQ(because.object_at(0x203f), 1);
  EXPECT_EQ(because.object_at(0x2040), none);
}

TEST(why_test, a_declared_owner_and_a_declared_edge_are_holders) {
  const dump read = read_dump(with_names()
                                  .object(1, 0x1000, "1")
                                  .ref("1", "-", "external", 0x7fff00, 0x2000)
                                  .object(2, 0x2000, "0")
                                  .line("edge 0x2000 0x3000")
                                  .object(2, 0x3000, "0")
                                  .whole(),
                              "a");
  const why because(read);
  EXPECT_TRUE(because.from_outside(0).empty());
  ASSERT_EQ(because.holds(0).size(), 1);
  EXPECT_EQ(because.holds(0)[0].from, 1);
  EXPECT_FALSE(because.holds(0)[0].declared);
  ASSERT_EQ(because.holds(2).size(), 1);
  EXPECT_TRUE(because.holds(2)[0].declared);
  EXPECT_TRUE(because.holds(2)[0].by.empty());
}

TEST(why_test, the_way_back_ends_at_what_is_held_from_outside) {
  const dump read = read_dump(with_names()
                                  .object(1, 0x1000, "1")
                                  .ref("1", "-", "external", 0x2000)
                                  .object(1, 0x2000, "1")
                                  .ref("1", "-", "external", 0x3000)
                                  .object(1, 0x3000, "1")
                                  .ref("1", "-", "external", 0x7fff00)
                                  .whole(),
                              "a");
  const why because(read);
  EXPECT_EQ(because.chain(0), (std::vector<std::uint32_t>{0, 1, 2}));
  EXPECT_EQ(because.chain(2), std::vector<std::uint32_t>{2});
  EXPECT_EQ(because.who().outside(2), 1);
  EXPECT_TRUE(because.shapes().empty());
}

// a -> b -> a, `n` times, each with a reference from outside or without.
dump pairs(int n, bool held) {
  dump_text text = with_names();
  for (int i = 0; i < n; ++i) {
    const std::uint64_t a = 0x10000U + static_cast<std::uint64_t>(i) * 0x1000;
    const std::uint64_t b = a + 0x800;
    text.object(1, a, held ? "2" : "1").ref("1", "-", "external", b + 8);
    if (held) text.ref("1", "-", "external", 0x7fff00);
    text.object(2, b, "1").ref("2", "-", "external", a + 8);
  }
  return read_dump(text.whole(), "a");
}

TEST(why_test, a_cycle_is_told_with_the_references_that_form_it) {
  const dump read = pairs(1, false);
  const why because(read);
  ASSERT_EQ(because.shapes().size(), 1);
  const cycle& round = *because.shapes()[0].first;
  EXPECT_EQ(round.outside, 0);
  ASSERT_EQ(round.path.size(), 2);
  const hold there = because.between(round.path[0], round.path[1]);
  const hold back = because.between(round.path[1], round.path[0]);
  ASSERT_EQ(there.by.size(), 1);
  ASSERT_EQ(back.by.size(), 1);
  EXPECT_NE(there.by[0]->stack, back.by[0]->stack);
}

TEST(why_test, cycles_of_one_kind_are_counted_not_listed) {
  const dump read = pairs(100, false);
  const why because(read);
  ASSERT_EQ(because.shapes().size(), 1);
  EXPECT_EQ(because.shapes()[0].times, 100);
  EXPECT_EQ(because.who().cycles().size(), 100);
}

TEST(why_test, what_nothing_from_outside_holds_comes_first) {
  dump_text text = with_names();
  text.object(1, 0x1000, "2").ref("1", "-", "external", 0x1008).ref("1", "-", "external", 0x7fff00);
  text.object(1, 0x2000, "2").ref("1", "-", "external", 0x2008).ref("1", "-", "external", 0x7fff00);
  text.object(2, 0x3000, "1").ref("2", "-", "external", 0x3008);
  const dump read = read_dump(text.whole(), "a");
  const why because(read);
  ASSERT_EQ(because.shapes().size(), 2);
  EXPECT_EQ(because.shapes()[0].first->outside, 0);
  EXPECT_EQ(because.shapes()[0].times, 1);
  EXPECT_EQ(because.shapes()[1].first->outside, 1);
  EXPECT_EQ(because.shapes()[1].times, 2);
}

TEST(why_test, types_tell_what_holds_their_objects) {
  const dump read = pairs(3, true);
  const why because(read);
  ASSERT_EQ(because.types().size(), 2);
  const type_share a = because.types()[0];
  EXPECT_EQ(read.types[a.type].name, "app::a");
  EXPECT_EQ(a.objects, 3);
  EXPECT_EQ(a.references, 6);
  EXPECT_EQ(a.from_outside, 3);
}

}  // namespace
