// keepers_test.cpp - edges, cycles and ways from outside in dumps of a few objects.

#include "ledger/keepers.hpp"

#include <gtest/gtest.h>

#include "hand_made.hpp"

namespace lastout::ledger_reader {
namespace {

using numbers = std::vector<std::uint32_t>;

/// `count` objects of 0x40 bytes at 0x1000, 0x2000 ..; nothing holds them.
dump objects(std::size_t count) {
  dump of;
  of.types = {{"thing", 0x40, 1, 0, 0, 0, 0, 0, 0, 0}};
  for (std::size_t i = 0; i < count; ++i) of.objects.push_back(made(0, 0x1000 * (i + 1)));
  return of;
}

/// The object `from` has a handle to `to`.
void keep(dump& of, std::uint32_t from, std::uint32_t to) {
  of.objects[to].held.push_back(held_at(of.objects[from].address + 8, 0));
}

void hold_from_outside(dump& of, std::uint32_t object) {
  of.objects[object].held.push_back(held_at(0x7fff00, 0));
}

TEST(keepers_test, a_handle_inside_an_object_is_an_edge_up_to_its_last_byte) {
  dump of = objects(2);
  of.objects[1].held = {held_at(0x103f, 0), held_at(0x1040, 0)};
  const keepers who(of);
  ASSERT_EQ(who.edges().size(), 1U);
  EXPECT_EQ(who.edges()[0].from, 0U);
  EXPECT_EQ(who.edges()[0].to, 1U);
  EXPECT_EQ(who.edges()[0].how, keeping::handle_inside);
  EXPECT_EQ(who.outside(1), 1U) << "the byte behind it is outside";
}

TEST(keepers_test, an_owner_goes_before_the_place_of_the_handle) {
  dump of = objects(3);
  of.objects[2].held = {held_at(0x1008, 0)};
  of.objects[2].held[0].owner = 0x2000;
  const keepers who(of);
  ASSERT_EQ(who.edges().size(), 1U);
  EXPECT_EQ(who.edges()[0].from, 1U);
  EXPECT_EQ(who.edges()[0].how, keeping::owner_declared);
}

TEST(keepers_test, an_owner_that_is_not_tracked_leaves_the_place_of_the_handle) {
  dump of = objects(2);
  of.objects[1].held = {held_at(0x1008, 0)};
  of.objects[1].held[0].owner = 0x9999000;
  EXPECT_EQ(keepers(of).holder(of.objects[1].held[0]), 0U);
}

TEST(keepers_test, a_declared_edge_joins_the_handle_that_says_the_same) {
  dump of = objects(2);
  keep(of, 0, 1);
  of.objects[0].keeps = {0x2000};
  const keepers who(of);
  ASSERT_EQ(who.edges().size(), 1U);
  EXPECT_EQ(who.edges()[0].how, keeping::handle_inside | keeping::edge_declared);
}

TEST(keepers_test, of_objects_in_each_other_the_innermost_is_meant) {
  dump of = objects(1);
  of.types.push_back({"part", 0x10, 1, 0, 0, 0, 0, 0, 0, 0});
  of.objects.push_back(made(1, 0x1000));
  of.objects.push_back(made(1, 0x1020));
  const keepers who(of);
  EXPECT_EQ(who.object_around(0x1008), 1U);
  EXPECT_EQ(who.object_around(0x1028), 2U);
  EXPECT_EQ(who.object_around(0x1038), 0U) << "behind both parts, in the whole";
  EXPECT_EQ(who.object_around(0x1040), none);
  EXPECT_EQ(who.object_around(0xfff), none);
}

TEST(keepers_test, a_cycle_of_two_is_found_with_its_path) {
  dump of = objects(3);
  keep(of, 0, 1);
  keep(of, 1, 0);
  keep(of, 1, 2);
  const keepers who(of);
  ASSERT_EQ(who.cycles().size(), 1U);
  EXPECT_EQ(who.cycles()[0].path, (numbers{0, 1}));
  EXPECT_EQ(who.cycles()[0].size, 2U);
  EXPECT_EQ(who.cycles()[0].outside, 0U);
  EXPECT_EQ(who.cycle_of(0), 0U);
  EXPECT_EQ(who.cycle_of(2), none) << "it hangs on the cycle and is not in it";
}

TEST(keepers_test, a_chain_is_no_cycle_and_an_object_that_keeps_itself_is_one) {
  dump of = objects(3);
  keep(of, 0, 1);
  keep(of, 1, 2);
  EXPECT_TRUE(keepers(of).cycles().empty());
  keep(of, 2, 2);
  const keepers who(of);
  ASSERT_EQ(who.cycles().size(), 1U);
  EXPECT_EQ(who.cycles()[0].path, numbers{2});
  EXPECT_EQ(who.cycles()[0].outside, 1U);
}

TEST(keepers_test, the_path_is_a_short_way_round) {
  dump of = objects(5);
  for (std::uint32_t i = 0; i < 5; ++i) keep(of, i, (i + 1) % 5);
  keep(of, 2, 0);
  const keepers who(of);
  ASSERT_EQ(who.cycles().size(), 1U);
  EXPECT_EQ(who.cycles()[0].path, (numbers{0, 1, 2}));
  EXPECT_EQ(who.cycles()[0].size, 5U);
}

TEST(keepers_test, cycles_that_nothing_outside_holds_come_first) {
  dump of = objects(5);
  keep(of, 0, 1);
  keep(of, 1, 2);
  keep(of, 2, 0);
  hold_from_outside(of, 1);
  keep(of, 3, 4);
  keep(of, 4, 3);
  const keepers who(of);
  ASSERT_EQ(who.cycles().size(), 2U);
  EXPECT_EQ(who.cycles()[0].path, (numbers{3, 4}));
  EXPECT_EQ(who.cycles()[1].outside, 1U);
  EXPECT_EQ(who.cycle_of(0), 1U);
  EXPECT_EQ(who.cycle_of(3), 0U);
}

TEST(keepers_test, the_way_leads_to_what_is_held_from_outside_by_the_shortest_one) {
  dump of = objects(5);
  keep(of, 0, 1);
  keep(of, 1, 2);
  keep(of, 2, 3);
  keep(of, 4, 3);
  hold_from_outside(of, 0);
  hold_from_outside(of, 4);
  const keepers who(of);
  EXPECT_EQ(who.keeper(3), 4U);
  EXPECT_EQ(who.keeper(2), 1U);
  EXPECT_EQ(who.keeper(1), 0U);
  EXPECT_EQ(who.keeper(0), none);
}

TEST(keepers_test, without_anything_outside_the_way_leads_to_the_first_cycle) {
  dump of = objects(6);
  keep(of, 0, 1);
  keep(of, 1, 0);  // the first cycle
  keep(of, 1, 2);
  keep(of, 2, 3);
  keep(of, 3, 2);  // the second one hangs on it
  keep(of, 3, 4);
  const keepers who(of);
  EXPECT_EQ(who.keeper(4), 3U);
  EXPECT_EQ(who.keeper(3), 2U);
  EXPECT_EQ(who.keeper(2), 1U);
  EXPECT_EQ(who.keeper(1), none);
  EXPECT_EQ(who.keeper(0), none);
  EXPECT_EQ(who.keeper(5), none);
}

TEST(keepers_test, a_ring_of_a_hundred_thousand_is_found_without_recursion) {
  constexpr std::uint32_t count = 100'000;
  dump of = objects(count);
  for (std::uint32_t i = 0; i < count; ++i) keep(of, i, (i + 1) % count);
  const keepers who(of);
  ASSERT_EQ(who.cycles().size(), 1U);
  EXPECT_EQ(who.cycles()[0].path.size(), count);
}

}  // namespace
}  // namespace lastout::ledger_reader
