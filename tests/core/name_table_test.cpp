// name_table_test.cpp - the table under registry and cache: what only the cache asks of it.

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <lastout/in_slab.hpp>
#include <lastout/kref.hpp>
#include <lastout/name_table.hpp>

#include "core/violations_seen.hpp"

namespace {

using lastout::external;
using lastout::make;

struct named : lastout::kref<named>, lastout::in_slab<named> {
  explicit named(std::uint64_t n) : number(n) {}
  void release() noexcept {
    if (on_release) on_release(*this);
    delete this;
  }
  const std::uint64_t number;
  std::function<void(named&)> on_release;
};

/// All names in one segment of 16 slots: they stand in each other's way.
struct crowded_shape {
  static constexpr std::uint32_t slots = 16;
  static constexpr std::uint32_t segments_max = 4;
  static constexpr std::uint32_t grow_at = 15;
  static constexpr std::uint32_t shrink_at = 6;
};
struct two_hashes {
  std::size_t operator()(std::uint64_t name) const noexcept { return name % 2; }
};
using crowded = lastout::name_table<std::uint64_t, named, &named::number, two_hashes,
                                    std::equal_to<>, crowded_shape>;
/// As small as a table can be, and joins as soon as it may.
struct eager_shape {
  static constexpr std::uint32_t slots = 4;
  static constexpr std::uint32_t segments_max = 4;
  static constexpr std::uint32_t grow_at = 3;
  static constexpr std::uint32_t shrink_at = 4;
};
using eager = lastout::name_table<std::uint64_t, named, &named::number,
                                  lastout::key_hash<std::uint64_t>, std::equal_to<>, eager_shape>;
using plain =
    lastout::name_table<std::uint64_t, named, &named::number, lastout::key_hash<std::uint64_t>,
                        std::equal_to<>, lastout::table_shape>;

template <class Table>
class name_table_test : public testing::Test {
 protected:
  ~name_table_test() override {
    for (const auto& each : held) names.remove(*each, Table::hash_of_object(*each));
  }
  external<named> find(std::uint64_t n) { return names.find(n, Table::hash_of(n)); }
  named& add(std::uint64_t n) {
    held.push_back(make<named>(n));
    EXPECT_TRUE(names.insert(*held.back(), Table::hash_of_object(*held.back())).in);
    return *held.back();
  }

  Table names;
  std::vector<external<named>> held;
  violations_seen seen;
};
using tables = testing::Types<plain, crowded>;
TYPED_TEST_SUITE(name_table_test, tables);

TYPED_TEST(name_table_test, replace_answers_whom_it_replaced) {
  named& old = this->add(3);
  for (const std::uint64_t n : {1u, 2u, 4u, 5u, 6u, 7u}) this->add(n);
  this->held.push_back(make<named>(3u));
  named& young = *this->held.back();
  const auto done = this->names.replace(young, TypeParam::hash_of_object(young));
  EXPECT_TRUE(done.in);
  EXPECT_EQ(done.other, &old);
  EXPECT_EQ(this->find(3), &young);
  EXPECT_EQ(this->names.size(), 7u);
  EXPECT_FALSE(this->names.remove(old, TypeParam::hash_of(std::uint64_t{3}))) << "it is out";
  for (const std::uint64_t n : {1u, 2u, 4u, 5u, 6u, 7u}) EXPECT_TRUE(this->find(n)) << n;
}

TYPED_TEST(name_table_test, replace_of_a_free_name_is_an_insert) {
  this->held.push_back(make<named>(3u));
  const auto done =
      this->names.replace(*this->held.back(), TypeParam::hash_of_object(*this->held.back()));
  EXPECT_TRUE(done.in);
  EXPECT_FALSE(done.other);
  EXPECT_EQ(this->find(3), this->held.back());
}

TYPED_TEST(name_table_test, one_that_is_replaced_far_from_home_is_where_it_was) {
  for (const std::uint64_t n : {0u, 2u, 4u, 6u, 8u}) this->add(n);
  for (const std::uint64_t n : {8u, 4u, 0u}) {
    this->held.push_back(make<named>(n));
    EXPECT_TRUE(
        this->names.replace(*this->held.back(), TypeParam::hash_of_object(*this->held.back()))
            .other);
  }
  for (const std::uint64_t n : {2u, 0u, 6u}) {
    EXPECT_TRUE(this->names.erase(n, TypeParam::hash_of(n)));
  }
  EXPECT_EQ(this->find(8), this->held[5]);
  EXPECT_EQ(this->find(4), this->held[6]);
  EXPECT_EQ(this->names.size(), 2u);
}

TYPED_TEST(name_table_test, a_look_tells_the_living_from_the_dying) {
  using presence = typename TypeParam::presence;
  const auto look = [this](std::uint64_t n) { return this->names.look(n, TypeParam::hash_of(n)); };
  EXPECT_EQ(look(3), presence::absent);
  external<named> t = make<named>(3u);
  ASSERT_TRUE(this->names.insert(*t, TypeParam::hash_of_object(*t)).in);
  EXPECT_EQ(look(3), presence::present);
  EXPECT_EQ(look(5), presence::absent);
  bool asked = false;
  t->on_release = [&](named& dying) {
    asked = true;
    EXPECT_EQ(look(3), presence::dying);
    EXPECT_FALSE(this->find(3));
    this->add(3);
    EXPECT_EQ(look(3), presence::present) << "one dying, one living";
    this->names.remove(dying, TypeParam::hash_of(std::uint64_t{3}));
    EXPECT_EQ(look(3), presence::present);
  };
  t.put();
  EXPECT_TRUE(asked);
}

TYPED_TEST(name_table_test, visit_meets_each_once_the_dying_too) {
  for (std::uint64_t n = 0; n < 10; ++n) this->add(n);
  external<named> t = make<named>(10u);
  ASSERT_TRUE(this->names.insert(*t, TypeParam::hash_of_object(*t)).in);
  t->on_release = [&](named& dying) {
    std::map<std::uint64_t, int> met;
    this->names.visit([&](const named& each) { ++met[each.number]; });
    EXPECT_EQ(met.size(), 11u);
    EXPECT_EQ(met[10], 1);
    std::set<std::uint64_t> found;
    this->names.for_each([&](external<named> each) { found.insert(each->number); });
    EXPECT_EQ(found.size(), 10u) << "for_each hands out references, so it leaves the dying out";
    this->names.remove(dying, TypeParam::hash_of(std::uint64_t{10}));
  };
  t.put();
}

// shrink_at may be as many as a segment has slots: one more than it has room for.
using eager_table_test = name_table_test<eager>;
TEST_F(eager_table_test, two_segments_become_one_only_if_it_has_room_for_all) {
  for (std::uint64_t n = 0; n < 40; ++n) {
    external<named> made = make<named>(n);
    if (names.insert(*made, eager::hash_of_object(*made)).in) held.push_back(std::move(made));
  }
  ASSERT_GE(held.size(), 8u);
  while (!held.empty()) {
    const external<named> gone = std::move(held.front());
    held.erase(held.begin());
    EXPECT_TRUE(names.remove(*gone, eager::hash_of_object(*gone)));
    EXPECT_EQ(names.size(), held.size());
    for (const auto& each : held) ASSERT_EQ(find(each->number), each);
  }
}

}  // namespace
