// type_counters_test.cpp - the tallies of a process are read, and compared per second.

#include <gtest/gtest.h>

#include <string>

#include <ledger/dump_client.hpp>
#include <ledger/type_counters.hpp>

namespace {

using namespace lastout::ledger_reader;

TEST(type_counters_test, each_word_is_what_it_says) {
  const counters read = read_counters(
      "now 5000\nlater words are skipped\ncounters 3 10 7 2 5 9 2 70 65 1 4 2 4000 app::a <x>\n"
      "counters 4 0 0 0 0 0 0 0 0 0 0 0 - b\n");
  EXPECT_EQ(read.now_ns, 5000);
  ASSERT_EQ(read.types.size(), 2);
  const type_counters& a = read.types[0];
  EXPECT_EQ(a.number, 3);
  EXPECT_EQ(a.share, 10);
  EXPECT_EQ(a.alive, 7);
  EXPECT_EQ(a.idle, 2);
  EXPECT_EQ(a.pinned, 5);
  EXPECT_EQ(a.born, 9);
  EXPECT_EQ(a.released, 2);
  EXPECT_EQ(a.gets, 70);
  EXPECT_EQ(a.puts, 65);
  EXPECT_EQ(a.refused, 1);
  EXPECT_EQ(a.resurrected, 4);
  EXPECT_EQ(a.killed, 2);
  EXPECT_EQ(a.oldest_since_ns, 4000);
  EXPECT_EQ(a.name, "app::a <x>");
  EXPECT_FALSE(read.types[1].oldest_since_ns.has_value());
}

TEST(type_counters_test, what_is_no_tally_is_refused) {
  for (const char* text :
       {"", "counters 1 1 1 1 1 1 1 1 1 1 1 1 - a\n", "now x\n", "now 1\ncounters 1 1 1\n",
        "now 1\ncounters 1 1 1 1 1 1 1 1 1 1 1 1 x a\n"})
    EXPECT_THROW(read_counters(text), no_answer) << text;
}

TEST(type_counters_test, rates_are_per_second) {
  counters before;
  before.now_ns = 1'000'000'000;
  before.types.resize(1);
  before.types[0].number = 7;
  before.types[0].gets = 100;
  before.types[0].puts = 50;
  counters after = before;
  after.now_ns = 3'000'000'000;
  after.types[0].gets = 300;
  after.types[0].puts = 40;  // a child that began anew
  EXPECT_DOUBLE_EQ(rates(before, after, 7).gets, 100);
  EXPECT_DOUBLE_EQ(rates(before, after, 7).puts, 0);
  EXPECT_DOUBLE_EQ(rates(before, after, 8).gets, 0);
  EXPECT_DOUBLE_EQ(rates(after, after, 7).gets, 0);
}

}  // namespace
