// tables_test.cpp - what registry and cache hand out is on the books, what they hold is not.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <lastout/cache.hpp>
#include <lastout/kref.hpp>
#include <lastout/registry.hpp>

#include "ledger/tracked.hpp"

namespace {

using lastout::external;
using lastout::make;

struct process : lastout::kref<process>, lastout::in_slab<process> {
  explicit process(int n) : id(n) {}
  inline void release() noexcept;
  const int id;
};
using process_table = lastout::registry<int, process, &process::id>;
process_table* processes = nullptr;
void process::release() noexcept {
  processes->leave(*this);
  delete this;
}

struct picture : lastout::cached<picture> {
  explicit picture(int n) : id(n) {}
  int id;
};
using pictures = lastout::cache<int, picture, &picture::id>;

class tables : public ledger_test {
 protected:
  tables() { processes = &all; }
  ~tables() override { processes = nullptr; }
  process_table all;
};

TEST_F(tables, an_object_in_a_registry_is_held_by_those_who_have_it) {
  const auto a = all.insert(make<process>(1));
  EXPECT_TRUE(held_by(a.address(), {in(a)}));
  const auto b = all.find(1);
  EXPECT_TRUE(held_by(a.address(), {in(a), in(b)}));
  EXPECT_FALSE(all.find(2));
}

TEST_F(tables, a_second_object_of_a_name_goes_and_its_maker_gets_the_first) {
  const auto a = all.insert(make<process>(1));
  const auto b = all.insert(make<process>(1));
  EXPECT_TRUE(held_by(a.address(), {in(a), in(b)}));
  EXPECT_EQ(dump_lines::now().of_type("process").size(), 1u);
}

TEST_F(tables, several_found_at_once_lie_where_they_were_asked_for) {
  std::vector<external<process>> made;
  for (int i = 0; i < 40; ++i) made.push_back(all.insert(make<process>(i)));
  std::vector<int> names;
  for (int i = 0; i < 40; ++i) names.push_back(i / 2 * 3);
  std::vector<external<process>> found(names.size());
  all.find_many(names, found);
  for (int i = 0; i < 40; ++i) {
    std::vector<place> where = {in(made[static_cast<std::size_t>(i)])};
    for (const auto& each : found)
      if (each == made[static_cast<std::size_t>(i)]) where.push_back(in(each));
    EXPECT_TRUE(held_by(made[static_cast<std::size_t>(i)].address(), where));
  }
}

TEST_F(tables, who_gets_or_creates_has_one_reference) {
  const auto a = all.get_or_create(5, [] { return make<process>(5); });
  EXPECT_TRUE(held_by(a.address(), {in(a)}));
  const auto b = all.get_or_create(5, [] { return external<process>(); });
  EXPECT_TRUE(held_by(a.address(), {in(a), in(b)}));
}

TEST_F(tables, who_erases_gets_a_reference) {
  const auto a = all.insert(make<process>(1));
  const auto b = all.erase(1);
  EXPECT_TRUE(held_by(a.address(), {in(a), in(b)}));
  EXPECT_FALSE(all.find(1));
}

TEST_F(tables, a_walk_hands_out_a_reference_for_each) {
  const auto a = all.insert(make<process>(1));
  const auto b = all.insert(make<process>(2));
  int met = 0;
  all.for_each([&](external<process> each) {
    ++met;
    EXPECT_TRUE(held_by(each.address(), {in(each), in(each->id == 1 ? a : b)}));
  });
  EXPECT_EQ(met, 2);
  EXPECT_TRUE(held_by(a.address(), {in(a)}));
}

external<picture> put_in(pictures& into, int name) {
  return into.get_or_create(name, [name] { return make<picture>(name); });
}

TEST_F(tables, a_cache_s_own_reference_is_no_reference_on_the_books) {
  pictures cache({.idle_charge_max = 1 << 20});
  auto a = put_in(cache, 1);
  const void* const it = a.address();
  EXPECT_TRUE(held_by(it, {in(a)}));
  const auto b = cache.get(1);
  EXPECT_TRUE(held_by(it, {in(a), in(b)}));
  a.put();
  EXPECT_TRUE(held_by(it, {in(b)}));
}

TEST_F(tables, an_idle_entry_is_on_the_books_without_references_and_comes_back) {
  pictures cache({.idle_charge_max = 1 << 20});
  auto a = put_in(cache, 1);
  const void* const it = a.address();
  a.put();
  EXPECT_TRUE(held_by(it, {}));
  EXPECT_EQ(dump_lines::now().find(it)->state, "idle");
  a = cache.get(1);
  ASSERT_EQ(a.address(), it);
  EXPECT_TRUE(held_by(it, {in(a)}));
}

TEST_F(tables, several_got_from_a_cache_at_once_are_on_the_books) {
  pictures cache({.idle_charge_max = 1 << 20});
  for (int i = 0; i < 20; ++i) (void)put_in(cache, i);
  std::array<int, 5> names = {3, 4, 99, 3, 5};
  std::array<external<picture>, 5> found;
  cache.get_many(names, found);
  EXPECT_FALSE(found[2]);
  EXPECT_TRUE(held_by(found[0].address(), {in(found[0]), in(found[3])}));
  EXPECT_TRUE(held_by(found[4].address(), {in(found[4])}));
}

TEST_F(tables, what_is_erased_lives_on_the_books_for_those_who_have_it) {
  pictures cache({.idle_charge_max = 1 << 20});
  auto a = put_in(cache, 1);
  const void* const it = a.address();
  EXPECT_TRUE(cache.erase(1));
  EXPECT_TRUE(held_by(it, {in(a)}));
  a.put();
  EXPECT_EQ(dump_lines::now().find(it), nullptr);
}

TEST_F(tables, what_is_replaced_lives_on_the_books_for_those_who_have_it) {
  pictures cache({.idle_charge_max = 1 << 20});
  const auto a = put_in(cache, 1);
  const auto b = cache.replace(make<picture>(1));
  ASSERT_NE(a.address(), b.address());
  EXPECT_TRUE(held_by(a.address(), {in(a)}));
  EXPECT_TRUE(held_by(b.address(), {in(b)}));
}

TEST_F(tables, what_is_renamed_keeps_its_references) {
  pictures cache({.idle_charge_max = 1 << 20});
  const auto a = put_in(cache, 1);
  EXPECT_TRUE(cache.rename(*a, [&] { a->id = 2; }));
  EXPECT_TRUE(held_by(a.address(), {in(a)}));
  const auto b = cache.get(2);
  EXPECT_TRUE(held_by(a.address(), {in(a), in(b)}));
}

TEST_F(tables, who_is_evicted_is_off_the_books_and_who_is_held_is_not) {
  pictures cache({.idle_charge_max = 1 << 20});
  const auto held = put_in(cache, 1);
  auto idle = put_in(cache, 2);
  const void* const gone = idle.address();
  idle.put();
  EXPECT_NE(cache.evict_if([](const picture&) { return true; }), 0u);
  EXPECT_EQ(dump_lines::now().find(gone), nullptr);
  EXPECT_TRUE(held_by(held.address(), {in(held)}));
  idle = put_in(cache, 3);
  idle.put();
  EXPECT_NE(cache.shrink(1 << 20), 0u);
  EXPECT_EQ(dump_lines::now().of_type("picture").size(), 1u);
}

TEST_F(tables, entries_pushed_out_by_newer_ones_are_off_the_books) {
  pictures cache({.idle_charge_max = 10 * sizeof(picture)});
  for (int i = 0; i < 200; ++i) (void)put_in(cache, i);
  const dump_lines::whole dump = dump_lines::now();
  EXPECT_LE(dump.of_type("picture").size(), 12u);
  EXPECT_GE(dump.of_type("picture").size(), 5u);
  EXPECT_EQ(dump.references, 0u);
}

TEST_F(tables, the_end_of_a_cache_leaves_only_what_is_held) {
  std::optional<pictures> cache(std::in_place, pictures::options{.idle_charge_max = 1 << 20});
  auto held = put_in(*cache, 0);
  for (int i = 1; i < 50; ++i) (void)put_in(*cache, i);
  cache.reset();
  EXPECT_EQ(dump_lines::now().objects.size(), 1u);
  EXPECT_TRUE(held_by(held.address(), {in(held)}));
  held.put();
  EXPECT_TRUE(dump_lines::now().objects.empty());
}

TEST_F(tables, a_walk_through_a_cache_hands_out_a_reference_for_each) {
  pictures cache({.idle_charge_max = 1 << 20});
  (void)put_in(cache, 1);
  cache.for_each([](external<picture> each) { EXPECT_TRUE(held_by(each.address(), {in(each)})); });
  EXPECT_EQ(dump_lines::now().references, 0u);
}

TEST_F(tables, negative_entries_are_objects_like_others) {
  pictures cache({.idle_charge_max = 1 << 20, .absent_max = 8});
  EXPECT_TRUE(cache.note_absent(7, std::chrono::hours(1)));
  EXPECT_TRUE(cache.absent(7));
  const dump_lines::whole dump = dump_lines::now();
  EXPECT_EQ(dump.objects.size(), 1u);
  EXPECT_EQ(dump.references, 0u);
}

}  // namespace
