// counter_test.cpp - what is asked of counter; itself.py says which mutants notice.

#include <cstdlib>

#include <gtest/gtest.h>

#include <small/counter.hpp>

namespace {

using small::counter;

TEST(counter_test, adds_up_to_the_limit) {
  counter c;
  EXPECT_TRUE(c.add(2));
  EXPECT_FALSE(c.add(2));
  EXPECT_FALSE(c.add(-1));
  EXPECT_TRUE(c.add(1));
  c.publish();
  EXPECT_EQ(c.published(), 3);
}

TEST(counter_test, clear_ends) {
  counter c;
  c.add(1);
  c.clear();
  EXPECT_TRUE(c.add(3));
}

TEST(counter_test, locks) {
  small::told_lock lock;
  EXPECT_TRUE(counter().locked(lock));
  EXPECT_FALSE(lock.held);
}

TEST(counter_test, reads_what_is_there) { EXPECT_EQ(counter().value_of(nullptr), 0); }

// Fails without any mutant, when it runs alone: the driver must not believe it.
TEST(counter_test, fails_alone) {
  static bool seen_before = std::getenv("LASTOUT_MUTANTS_ITSELF") != nullptr;
  EXPECT_TRUE(seen_before);
  counter c;
  EXPECT_EQ(c.twice(), 0);
}

}  // namespace
