// table_growth_test.cpp - when the table under registry and cache grows, shrinks and is full: to the
// name, as a model of its segments has it.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <utility>

#include <gtest/gtest.h>

#include <lastout/in_slab.hpp>
#include <lastout/kref.hpp>
#include <lastout/name_table.hpp>

#include "core/violations_seen.hpp"

namespace {

using lastout::external;
using lastout::hash_bits;
using lastout::make;
using lastout::row_extent;

struct number : lastout::kref<number>, lastout::in_slab<number> {
  explicit number(std::uint64_t n) : value(n) {}
  void release() noexcept { delete this; }
  const std::uint64_t value;
};

struct few_segments {
  static constexpr std::uint32_t slots = 16;
  static constexpr std::uint32_t segments_max = 8;
  static constexpr std::uint32_t grow_at = 11;
  static constexpr std::uint32_t shrink_at = 6;
};
struct many_segments : few_segments {
  static constexpr std::uint32_t segments_max = 256;
};

template <class Shape, class Hash>
class table_and_model {
 public:
  using table =
      lastout::name_table<std::uint64_t, number, &number::value, Hash, std::equal_to<>, Shape>;

  table_and_model() : segment_bytes_(real_.bytes()) {}
  ~table_and_model() {
    for (const auto& [n, each] : in_) real_.remove(*each, table::hash_of(n));
  }

  void insert(std::uint64_t n) {
    external<number> made = make<number>(n);
    const auto done = real_.insert(*made, table::hash_of(n));
    if (in_.contains(n)) {
      EXPECT_FALSE(done.in);
      EXPECT_EQ(done.other, in_.at(n));
      return;
    }
    EXPECT_EQ(done.in, has_room(bits(n))) << n;
    EXPECT_FALSE(done.other);
    if (!done.in) return;
    segment& at = segments_[row_.segment_of(bits(n))];
    at.insert(n);
    in_[n] = std::move(made);
    if (at.size() > Shape::grow_at && segments_[row_.next].size() >= Shape::grow_at / 2)
      (void)divide();
  }
  void erase(std::uint64_t n) {
    const external<number> gone = real_.erase(n, table::hash_of(n));
    ASSERT_EQ(static_cast<bool>(gone), in_.contains(n)) << n;
    if (!gone) return;
    EXPECT_EQ(gone, in_.at(n));
    forget(n);
  }
  void remove(std::uint64_t n) {
    if (!in_.contains(n)) return;
    EXPECT_TRUE(real_.remove(*in_.at(n), table::hash_of(n)));
    EXPECT_FALSE(real_.remove(*in_.at(n), table::hash_of(n)));
    forget(n);
  }
  void each_is_met() {
    std::map<std::uint64_t, int> met;
    real_.visit([&](const number& each) { ++met[each.value]; });
    ASSERT_EQ(met.size(), in_.size());
    for (const auto& [n, times] : met) ASSERT_TRUE(times == 1 && in_.contains(n)) << n;
  }
  /// Calls f(n) for each name; while it walks nothing is joined.
  template <class Function>
  void walk(Function f) {
    walked_ = true;
    real_.for_each([&](const external<number>& each) { f(each->value); });
    walked_ = false;
  }

  void compare() {
    ASSERT_EQ(real_.bytes(), segment_bytes_ * row_.count());
    ASSERT_EQ(real_.size(), in_.size());
  }
  void each_is_found(std::uint64_t names) {
    for (std::uint64_t n = 0; n < names; ++n) {
      const external<number> found = real_.find(n, table::hash_of(n));
      ASSERT_EQ(static_cast<bool>(found), in_.contains(n)) << n;
      if (found) {
        ASSERT_EQ(found, in_.at(n)) << n;
      }
    }
  }
  [[nodiscard]] std::size_t size() const { return in_.size(); }
  [[nodiscard]] std::uint32_t segments() const { return row_.count(); }

 private:
  using segment = std::set<std::uint64_t>;

  static std::uint32_t bits(std::uint64_t n) { return hash_bits(Hash{}(n)).place() / Shape::slots; }
  void forget(std::uint64_t n) {
    in_.erase(n);
    segment& at = segments_[row_.segment_of(bits(n))];
    at.erase(n);
    if (at.size() < Shape::shrink_at / 2 && !walked_) join();
  }
  bool has_room(std::uint32_t of) {
    for (;;) {
      const std::uint32_t at = row_.segment_of(of);
      if (segments_[at].size() < Shape::slots - 1) return true;
      std::size_t set = 0;
      for (const std::uint64_t n : segments_[at]) set += bits(n) >> row_.depth_of(at) & 1;
      if (set == 0 || set == segments_[at].size() || !divide()) return false;
    }
  }
  bool divide() {
    if (row_.count() == Shape::segments_max) return false;
    const std::uint32_t from = row_.next;
    row_ = row_.grown();
    move(from);
    return true;
  }
  void join() {
    if (row_.count() == 1) return;
    const std::uint32_t last = row_.count() - 1;
    const row_extent less = row_.shrunk();
    if (segments_[less.next].size() + segments_[last].size() > Shape::shrink_at) return;
    row_ = less;
    move(last);
  }
  void move(std::uint32_t from) {
    for (const std::uint64_t n : std::exchange(segments_[from], {}))
      segments_[row_.segment_of(bits(n))].insert(n);
  }

  table real_;
  const std::size_t segment_bytes_;
  row_extent row_;
  std::map<std::uint32_t, segment> segments_;
  std::map<std::uint64_t, external<number>> in_;
  bool walked_ = false;
};

class table_growth_test : public testing::Test {
 protected:
  violations_seen seen;
  std::mt19937_64 random{1};
};

TEST_F(table_growth_test, it_grows_and_shrinks_by_a_segment_when_its_shape_says_so) {
  constexpr std::uint64_t names = 1000;
  table_and_model<many_segments, lastout::key_hash<std::uint64_t>> both;
  std::uint32_t most = 0;
  for (int step = 0; step < 8'000; ++step) {
    const std::uint64_t inserts = step / 1'000 % 2 == 0 ? 4 : 1;  // of five times
    const std::uint64_t n = random() % names;
    if (random() % 5 < inserts) {
      both.insert(n);
    } else {
      step % 2 == 0 ? both.erase(n) : both.remove(n);
    }
    ASSERT_NO_FATAL_FAILURE(both.compare()) << step;
    if (step % 500 == 0) {
      ASSERT_NO_FATAL_FAILURE(both.each_is_found(names));
      ASSERT_NO_FATAL_FAILURE(both.each_is_met());
    }
    most = std::max(most, both.segments());
  }
  EXPECT_GT(most, 32u);
  for (std::uint64_t n = 0; n < names; ++n) {
    both.erase(n);
    ASSERT_NO_FATAL_FAILURE(both.compare()) << n;
  }
}

TEST_F(table_growth_test, a_full_one_refuses_until_a_name_has_gone) {
  table_and_model<few_segments, lastout::key_hash<std::uint64_t>> both;
  for (int step = 0; step < 4'000; ++step) {
    const std::uint64_t n = random() % 200;
    random() % 4 != 0 ? both.insert(n) : both.erase(n);
    ASSERT_NO_FATAL_FAILURE(both.compare()) << step;
  }
  EXPECT_EQ(both.segments(), few_segments::segments_max);
  ASSERT_NO_FATAL_FAILURE(both.each_is_found(200));
}

// Many of one hash: dividing does not help them, and the others do not pay for it.
struct hash_of_few {
  std::size_t operator()(std::uint64_t n) const noexcept {
    return static_cast<std::size_t>(n % 5 == 0 ? n : n % 7);
  }
};
TEST_F(table_growth_test, names_that_hash_alike_make_nobody_grow) {
  table_and_model<many_segments, hash_of_few> both;
  for (int step = 0; step < 6'000; ++step) {
    const std::uint64_t n = random() % 300;
    random() % 3 != 0 ? both.insert(n) : both.erase(n);
    ASSERT_NO_FATAL_FAILURE(both.compare()) << step;
  }
  ASSERT_NO_FATAL_FAILURE(both.each_is_found(300));
}

TEST_F(table_growth_test, while_somebody_walks_it_grows_and_does_not_shrink) {
  table_and_model<many_segments, lastout::key_hash<std::uint64_t>> both;
  for (std::uint64_t n = 0; n < 500; ++n) both.insert(n);
  for (int round = 0; round < 3; ++round) {
    std::uint64_t next = 1'000;
    both.walk([&](std::uint64_t n) {
      if (n < 500) both.erase(n);
      if (n < 500 && n % 3 == 0) both.insert(next++);
      both.compare();
    });
    ASSERT_NO_FATAL_FAILURE(both.compare());
    for (std::uint64_t n = 1'000; n < next; ++n) both.erase(n);
    ASSERT_NO_FATAL_FAILURE(both.compare());
    for (std::uint64_t n = 0; n < 500; ++n) both.insert(n);
    ASSERT_NO_FATAL_FAILURE(both.compare());
  }
}

}  // namespace
