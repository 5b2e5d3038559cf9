// turnstile_test.cpp - who waits goes on when somebody has passed since he took his ticket.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <lastout/turnstile.hpp>

namespace {

using lastout::turnstile;
using namespace std::chrono_literals;

TEST(turnstile_test, who_comes_late_does_not_wait) {
  turnstile gate;
  const auto ticket = gate.ticket();
  gate.advance();
  gate.wait(ticket);
  EXPECT_TRUE(gate.wait_until(ticket, std::chrono::steady_clock::now() + 1min));
  EXPECT_NE(gate.ticket(), ticket);
}

TEST(turnstile_test, all_who_wait_go_on_at_once) {
  turnstile gate;
  std::atomic<int> waiting = 0;
  std::atomic<int> through = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const auto ticket = gate.ticket();
      ++waiting;
      gate.wait(ticket);
      ++through;
    });
  }
  while (waiting != 4) std::this_thread::yield();
  EXPECT_EQ(through, 0);
  gate.advance();
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(through, 4);
}

// The ticket is a plain number: ThreadSanitizer is the second judge.
TEST(turnstile_test, tickets_are_drawn_while_others_pass) {
  turnstile gate;
  const std::uint64_t first = gate.ticket();
  std::thread passes([&] {
    for (int i = 0; i < 1000; ++i) gate.advance();
  });
  std::uint64_t last = first;
  for (std::uint64_t now = first; now != first + 1000; last = now) {
    now = gate.ticket();
    ASSERT_GE(now, last);
  }
  passes.join();
}

TEST(turnstile_test, a_wait_ends_at_its_deadline) {
  const turnstile gate;
  const auto deadline = std::chrono::steady_clock::now() + 5ms;
  EXPECT_FALSE(gate.wait_until(gate.ticket(), deadline));
  EXPECT_GE(std::chrono::steady_clock::now(), deadline);
}

}  // namespace
