// holders_test.cpp - references are grouped by who holds them, and what is missing is said.

#include <gtest/gtest.h>

#include <string>

#include <ledger/dump_reader.hpp>
#include <ledger/holders.hpp>
#include <ledger/type_match.hpp>

#include "dump_text.hpp"

namespace {

using namespace lastout::ledger_reader;
using ledger_reader_test::dump_text;

dump_text with_names() {
  return dump_text()
      .type(1, "app::inode")
      .type(2, "app::file")
      .stack(1, {0x1111, 0x2222})
      .stack(2, {0x1111, 0x3333})
      .tag(1, "readahead")
      .thread(1, "worker");
}

TEST(holders_test, references_of_one_place_and_tag_are_one_group) {
  const dump read = read_dump(with_names()
                                  .object(1, 0x100, "3")
                                  .ref("1", "1")
                                  .ref("1", "1")
                                  .ref("2", "1")
                                  .object(1, 0x200, "2")
                                  .ref("1", "1")
                                  .ref("1")
                                  .object(2, 0x300, "1")
                                  .ref("1", "1")
                                  .whole(),
                              "a");
  const holders who(read);
  ASSERT_EQ(who.types().size(), 2);
  const type_holders& inode = who.types()[0];
  EXPECT_EQ(read.types[inode.type].name, "app::inode");
  EXPECT_EQ(inode.held, 5);
  EXPECT_EQ(inode.objects, 2);
  ASSERT_EQ(inode.groups.size(), 3);
  EXPECT_EQ(inode.groups[0]->count, 3);
  EXPECT_EQ(inode.groups[0]->objects, 2);
  ASSERT_NE(who.tag(inode.groups[0]->key), nullptr);
  EXPECT_EQ(*who.tag(inode.groups[0]->key), "readahead");
  ASSERT_NE(who.stack(inode.groups[0]->key), nullptr);
  EXPECT_EQ(*who.stack(inode.groups[0]->key), (std::vector<std::uint64_t>{0x1111, 0x2222}));
  std::uint64_t sum = 0;
  for (const holder_group* each : inode.groups) sum += each->count;
  EXPECT_EQ(sum, inode.held);
  EXPECT_EQ(who.types()[1].held, 1);
  EXPECT_TRUE(who.remarks(inode).empty());
}

TEST(holders_test, stacks_with_the_same_frames_are_the_same_place) {
  const dump read = read_dump(
      with_names().stack(7, {0x1111, 0x2222}).object(1, 0x100, "2").ref("1").ref("7").whole(), "a");
  EXPECT_EQ(holders(read).types().at(0).groups.size(), 1);
}

TEST(holders_test, existence_references_stand_apart) {
  const dump read = read_dump(
      with_names().object(1, 0x100, "2").ref("1", "-", "existence").ref("1", "-", "given").whole(),
      "a");
  const holders all(read);
  const type_holders& inode = all.types().at(0);
  EXPECT_EQ(inode.held, 2);
  EXPECT_EQ(inode.existence, 1);
  ASSERT_EQ(inode.groups.size(), 1);
  EXPECT_EQ(inode.groups[0]->key.kind, reference_kind::given);
  ASSERT_EQ(inode.existence_groups.size(), 1);
  EXPECT_EQ(inode.existence_groups[0]->count, 1);
}

TEST(holders_test, what_is_not_known_is_said_with_its_reason) {
  const dump read = read_dump(with_names()
                                  .object(1, 0x100, "3", false)
                                  .ref("1")
                                  .object(1, 0x200, "2")
                                  .ref("1")
                                  .object(1, 0x300, "0")
                                  .ref("1")
                                  .object(1, 0x400, "-")
                                  .ref("1")
                                  .whole(),
                              "a");
  const holders who(read);
  const type_holders& inode = who.types().at(0);
  EXPECT_EQ(inode.late, 2);
  EXPECT_EQ(inode.absent, 1);
  EXPECT_EQ(inode.too_many, 1);
  EXPECT_EQ(inode.silent, 1);
  const std::vector<std::string> said = who.remarks(inode);
  ASSERT_EQ(said.size(), 4);
  EXPECT_EQ(said[0], "2 references are not known: taken before tracking began");
  EXPECT_TRUE(said[1].starts_with("1 reference is not known: ")) << said[1];
  EXPECT_TRUE(said[2].starts_with("1 reference is noted, but no longer counted")) << said[2];
  EXPECT_EQ(said[3], "1 object has no count to compare with");
}

TEST(holders_test, what_was_missed_and_a_fork_are_reasons) {
  const dump read = read_dump(with_names()
                                  .line("forked 1 2")
                                  .line("missed 4")
                                  .object(1, 0x100, "1", false)
                                  .object(1, 0x200, "1")
                                  .whole(),
                              "a");
  const holders who(read);
  const std::vector<std::string> said = who.remarks(who.types().at(0));
  ASSERT_EQ(said.size(), 2);
  EXPECT_NE(said[0].find("before the fork"), std::string::npos) << said[0];
  EXPECT_NE(said[1].find("missed 4 events in all"), std::string::npos) << said[1];
}

TEST(holders_test, a_share_of_the_objects_is_said) {
  const dump read = read_dump(dump_text().type(1, "a", 64, 100).object(1, 0x100, "0").whole(), "a");
  const holders who(read);
  EXPECT_EQ(who.remarks(who.types().at(0)).at(0).substr(0, 20), "1 object in 100 is t");
}

TEST(holders_test, one_type_can_be_chosen_by_its_last_part) {
  const std::string text =
      with_names().object(1, 0x100, "1").ref("1").object(2, 0x200, "1").ref("1").whole();
  for (const char* said : {"file", "app::file"}) {
    dump read = read_dump(text, "a");
    ASSERT_TRUE(keep_only_type(read, said));
    const holders who(read);
    ASSERT_EQ(who.types().size(), 1);
    EXPECT_EQ(read.types[who.types()[0].type].name, "app::file");
  }
  dump read = read_dump(text, "a");
  for (const char* said : {"fil", "ile", "::file", ":file", "pp::file", "", "app"}) {
    EXPECT_FALSE(keep_only_type(read, said)) << said;
    EXPECT_EQ(read.objects.size(), 2);
  }
}

TEST(holders_test, template_arguments_are_no_last_part) {
  EXPECT_TRUE(means_type("list<a::b>", "x::list<a::b>"));
  EXPECT_FALSE(means_type("b>", "x::list<a::b>"));
  EXPECT_EQ(last_part("x::list<a::b>::node"), "node");
}

TEST(holders_test, one_object_can_be_chosen_by_any_address_in_it) {
  const std::string text =
      with_names().object(1, 0x100, "1").ref("1").object(2, 0x200, "1").ref("1").whole();
  for (const std::uint64_t address : {0x200U, 0x23fU}) {
    dump read = read_dump(text, "a");
    ASSERT_TRUE(keep_only_object(read, address));
    ASSERT_EQ(read.objects.size(), 1);
    EXPECT_EQ(read.objects[0].address, 0x200);
  }
  dump read = read_dump(text, "a");
  EXPECT_FALSE(keep_only_object(read, 0x240));
  EXPECT_EQ(read.objects.size(), 2);
}

}  // namespace
