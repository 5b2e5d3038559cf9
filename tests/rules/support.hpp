// support.hpp - what the tests of the rules are made of: a verdict, a record of violations, a lock
// that tells.
//
// A rule is one function template over an implementation that returns a verdict. The real type
// holds; the twin, the smallest broken version, is broken by the same function:
//
//   template <class Word>
//   verdict the_last_put_says_so() { ... }
//   TEST(rule_08, holds) { EXPECT_HELD(the_last_put_says_so<lastout::refcount>()); }
//   TEST(rule_08, twin_is_caught) { EXPECT_BROKEN(the_last_put_says_so<inverted>()); }
//
// Rules about races are explored in every interleaving instead: see explored.hpp.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <lastout/atomic.hpp>
#include <lastout/violation.hpp>

namespace rules {

/// What a rule's check came to: it held, or how it broke first.
class verdict {
 public:
  /// Notes `how` as what broke, unless `ok` or something broke already. Returns ok.
  bool require(bool ok, std::string how) {
    if (!ok && how_.empty()) how_ = std::move(how);
    return ok;
  }
  /// Takes over what broke in a part of the check.
  void require(const verdict& part) { require(part.held(), part.how_); }

  [[nodiscard]] bool held() const noexcept { return how_.empty(); }
  [[nodiscard]] const std::string& how() const noexcept { return how_; }

 private:
  std::string how_;
};

#define EXPECT_HELD(...)                                                  \
  do {                                                                    \
    const ::rules::verdict judged = (__VA_ARGS__);                        \
    EXPECT_TRUE(judged.held()) << "the rule is broken: " << judged.how(); \
  } while (false)

#define EXPECT_BROKEN(...)                                    \
  do {                                                        \
    const ::rules::verdict judged = (__VA_ARGS__);            \
    EXPECT_FALSE(judged.held()) << "the twin was not caught"; \
  } while (false)

/// Collects the violations of all threads while it is in scope. An inner one hides from an outer
/// one what it saw.
class recorded_violations {
 public:
  struct entry {
    lastout::violation what;
    lastout::subject who;
    std::string operation;
    std::string state;
    std::uint32_t references;
    std::size_t stack_depth;
  };

  recorded_violations() noexcept
      : first_(taken_.load(lastout::order::relaxed)), before_(lastout::on_violation(&record)) {}
  ~recorded_violations() {
    lastout::on_violation(before_);
    clear();
  }
  recorded_violations(const recorded_violations&) = delete;
  recorded_violations& operator=(const recorded_violations&) = delete;

  /// How many so far; of one kind.
  /// Requires  the threads that reported are joined.
  [[nodiscard]] std::size_t count() const noexcept {
    return taken_.load(lastout::order::relaxed) - first_;
  }
  [[nodiscard]] std::size_t count(lastout::violation what) const noexcept {
    std::size_t n = 0;
    for (std::size_t i = first_; i < kept(); ++i) n += entries_[i].what == what ? 1 : 0;
    return n;
  }
  /// True when there was exactly one, and it was `what`.
  [[nodiscard]] bool only(lastout::violation what) const noexcept {
    return count() == 1 && count(what) == 1;
  }
  [[nodiscard]] bool none() const noexcept { return count() == 0; }
  /// Requires  count() > 0.
  [[nodiscard]] const entry& last() const noexcept { return entries_[kept() - 1]; }
  /// Names all of them, for messages.
  [[nodiscard]] std::string text() const {
    std::string all;
    for (std::size_t i = first_; i < kept(); ++i) {
      all += std::string(all.empty() ? "" : ", ") + lastout::name(entries_[i].what) + " in " +
             entries_[i].operation;
    }
    return all.empty() ? "no violation" : all;
  }
  void clear() noexcept { taken_.store(first_, lastout::order::relaxed); }

 private:
  static constexpr std::size_t entries_max = 256;  // more are counted, not kept

  static void record(const lastout::violation_report& seen) noexcept {
    const std::size_t at = taken_.fetch_add(1, lastout::order::relaxed);
    if (at >= entries_max) return;
    entries_[at] = {seen.what,  seen.who,        seen.operation,
                    seen.state, seen.references, seen.stack_depth};
  }
  [[nodiscard]] static std::size_t kept() noexcept {
    const std::size_t n = taken_.load(lastout::order::relaxed);
    return n < entries_max ? n : entries_max;
  }

  static inline lastout::atomic<std::size_t> taken_{0};
  static inline std::array<entry, entries_max> entries_{};

  std::size_t first_;
  lastout::violation_handler before_;
};

/// A lock for one thread that tells what is done to it, and runs the other party's steps at the
/// critical moment. It never waits: to lock it twice is noted as a deadlock.
class told_lock {
 public:
  void lock() {
    run(before_lock);
    if (held_) deadlocked_ = true;
    held_ = true;
    ++times_;
    run(after_lock);
  }
  bool try_lock() {
    if (held_) return false;
    held_ = true;
    ++times_;
    return true;
  }
  void unlock() {
    run(before_unlock);
    held_ = false;
    run(after_unlock);
  }

  [[nodiscard]] bool held() const noexcept { return held_; }
  [[nodiscard]] bool deadlocked() const noexcept { return deadlocked_; }
  [[nodiscard]] int times() const noexcept { return times_; }

  // Each runs once: it is taken out before it is called, so that it may lock too.
  std::function<void()> before_lock, after_lock, before_unlock, after_unlock;

 private:
  static void run(std::function<void()>& hook) {
    if (!hook) return;
    const std::function<void()> once = std::exchange(hook, nullptr);
    once();
  }

  bool held_ = false;
  bool deadlocked_ = false;
  int times_ = 0;
};

/// Runs body(i) on `count` threads that start together, and joins them.
template <class Body>
void run_on_threads(int count, Body body) {
  lastout::atomic<int> missing{count};
  std::vector<std::thread> threads;
  threads.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&missing, &body, i] {
      missing.fetch_sub(1, lastout::order::acq_rel);
      while (missing.load(lastout::order::acquire) != 0) lastout::relax();
      body(i);
    });
  }
  for (std::thread& each : threads) each.join();
}

}  // namespace rules
