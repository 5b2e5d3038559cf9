// spin_lock_test.cpp - one at a time.

#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <lastout/spin_lock.hpp>

namespace {

TEST(spin_lock_test, try_lock_fails_while_somebody_has_it) {
  lastout::spin_lock lock;
  EXPECT_TRUE(lock.try_lock());
  EXPECT_FALSE(lock.try_lock());
  lock.unlock();
  EXPECT_TRUE(lock.try_lock());
  lock.unlock();
  lock.lock();
  EXPECT_FALSE(lock.try_lock());
  lock.unlock();
}

TEST(spin_lock_test, who_waits_has_it_once_it_is_given_back) {
  lastout::spin_lock lock;
  lock.lock();
  bool has_it = false;
  std::thread waits([&] {
    lock.lock();
    has_it = true;
    lock.unlock();
  });
  lock.unlock();
  waits.join();
  EXPECT_TRUE(has_it);
}

}  // namespace
