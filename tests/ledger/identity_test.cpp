// identity_test.cpp - each handle is one line in the books, wherever it goes.

#include <array>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <lastout/external.hpp>
#include <lastout/holder_tag.hpp>
#include <lastout/kref.hpp>

#include "ledger/tracked.hpp"

namespace {

using lastout::external;
using lastout::holder_tag;
using lastout::kref;
using lastout::make;

struct session : kref<session> {};
struct animal : kref<animal> {
  virtual ~animal() = default;
};
struct dog : animal {
  int barks = 0;
};
// Its count is not its first member: the object's address is not the count's.
struct label {
  virtual ~label() = default;
  int text = 0;
};
struct labelled : label, kref<labelled> {};

using identity = ledger_test;

TEST_F(identity, a_born_object_is_held_by_its_handle) {
  const auto a = make<session>();
  EXPECT_TRUE(held_by(a.address(), {in(a)}));
}

TEST_F(identity, a_handle_that_nobody_mentions_is_seen) {
  const auto a = make<session>();
  const external<session> b = a;  // the broken account: it leaves out b
  EXPECT_FALSE(held_by(a.address(), {in(a)}));
  EXPECT_FALSE(held_by(a.address(), {in(a), in(a)}));
}

TEST_F(identity, a_copy_is_a_reference_of_its_own) {
  const auto a = make<session>();
  const external<session> b = a;
  EXPECT_TRUE(held_by(a.address(), {in(a), in(b)}));
}

TEST_F(identity, a_move_takes_the_reference_along) {
  auto a = make<session>();
  const dump_lines::whole before = dump_lines::now();
  const external<session> b = std::move(a);
  EXPECT_TRUE(held_by(b.address(), {in(b)}));
  EXPECT_EQ(dump_lines::now().find(b.address())->held[0].since_ns,
            before.find(b.address())->held[0].since_ns);
}

TEST_F(identity, a_swap_exchanges_the_places) {
  auto a = make<session>();
  auto b = make<session>();
  const session* const first = a.address();
  const session* const second = b.address();
  swap(a, b);
  EXPECT_TRUE(held_by(first, {in(b)}));
  EXPECT_TRUE(held_by(second, {in(a)}));
  swap(a, a);
  EXPECT_TRUE(held_by(second, {in(a)}));
}

TEST_F(identity, a_swap_with_an_empty_handle_leaves_one_place) {
  auto a = make<session>();
  external<session> b;
  const session* const it = a.address();
  swap(a, b);
  EXPECT_TRUE(held_by(it, {in(b)}));
}

TEST_F(identity, an_assignment_puts_the_old_one_and_takes_the_new_one) {
  auto a = make<session>();
  auto b = make<session>();
  const session* const gone = a.address();
  a = b;
  EXPECT_TRUE(held_by(b.address(), {in(a), in(b)}));
  EXPECT_EQ(dump_lines::now().find(gone), nullptr);
  a = make<session>();
  EXPECT_TRUE(held_by(b.address(), {in(b)}));
  a = std::move(b);
  EXPECT_TRUE(held_by(a.address(), {in(a)}));
}

TEST_F(identity, an_assignment_to_itself_changes_nothing) {
  auto a = make<session>();
  auto& same = a;
  a = same;
  EXPECT_TRUE(held_by(a.address(), {in(a)}));
  a = std::move(same);
  EXPECT_TRUE(held_by(a.address(), {in(a)}));
}

TEST_F(identity, a_vector_that_grows_moves_its_references) {
  const auto a = make<session>();
  std::vector<external<session>> all;
  for (int i = 0; i < 100; ++i) all.push_back(a);
  std::vector<place> where = in_each(all);
  where.push_back(in(a));
  EXPECT_TRUE(held_by(a.address(), where));
  all.erase(all.begin() + 10, all.begin() + 60);
  all.shrink_to_fit();
  where = in_each(all);
  where.push_back(in(a));
  EXPECT_TRUE(held_by(a.address(), where));
}

TEST_F(identity, other_containers_move_them_too) {
  const auto a = make<session>();
  std::deque<external<session>> queue(20, a);
  queue.pop_front();
  std::map<int, external<session>> tree;
  for (int i = 0; i < 20; ++i) tree[i] = a;
  tree.erase(7);
  std::array<external<session>, 3> few = {a, a, a};
  std::swap(few[0], few[2]);
  std::vector<place> where = in_each(queue);
  for (const auto& [key, each] : tree) where.push_back(in(each));
  for (const auto& each : few) where.push_back(in(each));
  where.push_back(in(a));
  EXPECT_TRUE(held_by(a.address(), where));
}

[[gnu::noinline]] external<session> through(external<session> taken, bool which) {
  external<session> other = taken;
  if (which) return other;
  return taken;
}

TEST_F(identity, a_reference_returned_by_value_lies_with_the_caller) {
  const auto a = make<session>();
  const auto b = through(a, true);
  const auto c = through(a, false);
  EXPECT_TRUE(held_by(a.address(), {in(a), in(b), in(c)}));
}

TEST_F(identity, a_conversion_to_the_base_keeps_the_reference) {
  auto derived = make<dog>();
  const external<animal> copied = derived;
  EXPECT_TRUE(held_by(derived.address(), {in(derived), in(copied)}));
  const external<animal> moved = std::move(derived);
  EXPECT_TRUE(held_by(moved.address(), {in(moved), in(copied)}));
  EXPECT_EQ(dump_lines::now().of_type("animal").size(), 1u);
}

TEST_F(identity, an_object_whose_count_is_not_first_is_known_by_its_own_address) {
  const auto a = make<labelled>();
  const external<labelled> b = a;
  EXPECT_TRUE(held_by(a.address(), {in(a), in(b)}));
}

TEST_F(identity, a_get_from_a_borrowed_reference_is_one_more) {
  const auto a = make<session>();
  const auto b = external<session>::get(*a);
  EXPECT_TRUE(held_by(a.address(), {in(a), in(b)}));
}

TEST_F(identity, many_got_at_once_are_as_many_references) {
  const auto a = make<session>();
  std::vector<external<session>> more(9);
  external<session>::get_each(*a, more);
  std::vector<place> where = in_each(more);
  where.push_back(in(a));
  EXPECT_TRUE(held_by(a.address(), where));
}

TEST_F(identity, a_put_handle_is_off_the_books) {
  const auto a = make<session>();
  external<session> b = a;
  b.put();
  EXPECT_TRUE(held_by(a.address(), {in(a)}));
  b.put();  // empty: nothing
  EXPECT_TRUE(held_by(a.address(), {in(a)}));
}

TEST_F(identity, the_last_put_takes_the_object_off_the_books) {
  auto a = make<session>();
  const void* const gone = a.address();
  a.put();
  const dump_lines::whole dump = dump_lines::now();
  EXPECT_EQ(dump.find(gone), nullptr);
  EXPECT_EQ(dump.dead.back(), reinterpret_cast<std::uintptr_t>(gone));
}

TEST_F(identity, what_is_leaked_is_given_away_and_comes_back) {
  auto a = make<session>();
  session* const raw = a.leak();
  {
    const dump_lines::whole dump = dump_lines::now();
    const dump_lines::object* const it = dump.find(raw);
    ASSERT_NE(it, nullptr);
    ASSERT_EQ(it->held.size(), 1u);
    EXPECT_EQ(it->held[0].kind, "given");
    EXPECT_EQ(it->held[0].where, 0u);
  }
  const auto back = external<session>::adopt(raw);
  EXPECT_TRUE(held_by(raw, {in(back)}));
  EXPECT_EQ(dump_lines::now().find(raw)->held[0].kind, "external");
}

TEST_F(identity, of_several_given_away_each_comes_back_once) {
  auto a = make<session>();
  external<session> b = a;
  external<session> c = a;
  session* const raw = b.leak();
  (void)c.leak();
  const auto one = external<session>::adopt(raw);
  EXPECT_EQ(dump_lines::now().find(raw)->held.size(), 3u);
  const auto two = external<session>::adopt(raw);
  EXPECT_TRUE(held_by(raw, {in(a), in(one), in(two)}));
}

TEST_F(identity, a_reference_names_the_thread_that_took_it) {
  const auto a = make<session>();
  external<session> b;
  std::thread taker([&] {
    pthread_setname_np(pthread_self(), "taker");
    b = a;
  });
  taker.join();
  const dump_lines::whole dump = dump_lines::now();
  const dump_lines::object* const it = dump.find(a.address());
  ASSERT_TRUE(held_by(a.address(), {in(a), in(b)}));
  for (const dump_lines::reference& each : it->held) {
    const dump_lines::thread& by = dump.threads.at(each.thread);
    const bool its = in(b).has(each.where);
    EXPECT_EQ(by.name == "taker", its);
    EXPECT_EQ(by.state, its ? "ended" : "runs");
  }
}

TEST_F(identity, a_reference_handed_to_another_thread_keeps_its_taker) {
  auto a = make<session>();
  const std::uint32_t taken_by = dump_lines::now().find(a.address())->held[0].thread;
  std::thread keeper([taken = std::move(a), taken_by] {
    EXPECT_TRUE(held_by(taken.address(), {in(taken)}));
    EXPECT_EQ(dump_lines::now().find(taken.address())->held[0].thread, taken_by);
  });
  keeper.join();
}

std::string tag_of(const external<session>& handle) {
  const dump_lines::whole dump = dump_lines::now();
  for (const dump_lines::reference& each : dump.find(handle.address())->held)
    if (in(handle).has(each.where)) return each.tag;
  return "not there";
}

TEST_F(identity, a_reference_has_the_tag_of_the_innermost_scope_that_took_it) {
  const auto none = make<session>();
  external<session> outer, inner, again;
  {
    const holder_tag one("outer\\ of\n two");
    outer = none;
    {
      const holder_tag two("inner");
      inner = none;
    }
    again = outer;
  }
  const external<session> after = outer;
  EXPECT_EQ(tag_of(none), "");
  EXPECT_EQ(tag_of(outer), "outer\\\\ of\\n two");  // as the format writes it
  EXPECT_EQ(tag_of(inner), "inner");
  EXPECT_EQ(tag_of(again), tag_of(outer));
  EXPECT_EQ(tag_of(after), "");
}

TEST_F(identity, a_tag_goes_with_the_reference_and_not_with_the_handle) {
  auto a = make<session>();
  a.note_holder("readahead");
  EXPECT_EQ(tag_of(a), "readahead");
  const external<session> copy = a;
  EXPECT_EQ(tag_of(copy), "");
  const external<session> moved = std::move(a);
  EXPECT_EQ(tag_of(moved), "readahead");
}

TEST_F(identity, a_tag_is_of_one_thread) {
  const auto a = make<session>();
  const holder_tag here("here");
  external<session> there;
  std::thread other([&] { there = a; });
  other.join();
  EXPECT_EQ(tag_of(there), "");
}

TEST_F(identity, an_owner_is_told_of_a_reference_that_lies_elsewhere) {
  const auto owner = make<labelled>();
  auto held = make<session>();
  held.note_owner(*owner);
  EXPECT_EQ(dump_lines::now().find(held.address())->held[0].owner,
            reinterpret_cast<std::uintptr_t>(owner.address()));
}

struct added_up : kref<added_up> {};

struct tallied : kref<tallied> {};

TEST_F(identity, gets_and_puts_add_up) {
  const auto before = dump_lines::now();
  const auto* const known = before.type_called("added_up");
  const std::uint64_t gets = known == nullptr ? 0 : known->gets;
  const std::uint64_t puts = known == nullptr ? 0 : known->puts;
  {
    const auto a = make<added_up>();
    const external<added_up> b = a;
    std::vector<external<added_up>> five(5, b);
  }
  const auto after = dump_lines::now();
  EXPECT_EQ(after.type_called("added_up")->gets - gets, after.type_called("added_up")->puts - puts);
  EXPECT_GE(after.type_called("added_up")->gets - gets, 7u);
}

}  // namespace
