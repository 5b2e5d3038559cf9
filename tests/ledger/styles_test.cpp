// styles_test.cpp - the books are right for each style, and for each way to come by a reference.

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <tuple>
#include <utility>
#include <vector>

#include <lastout/cache.hpp>
#include <lastout/dual.hpp>
#include <lastout/existence_ref.hpp>
#include <lastout/in_slab.hpp>
#include <lastout/internal.hpp>
#include <lastout/kcref.hpp>
#include <lastout/kref.hpp>
#include <lastout/local_word.hpp>
#include <lastout/locked_word.hpp>
#include <lastout/plain.hpp>

#include "ledger/tracked.hpp"

namespace {

using lastout::active;
using lastout::existence_ref;
using lastout::external;
using lastout::fate;
using lastout::internal;
using lastout::kcref;
using lastout::killed;
using lastout::kref;
using lastout::make;
using lastout::make_active;
using lastout::passive;

using styles = ledger_test;

struct listed : kref<listed> {};

TEST_F(styles, an_internal_reference_is_not_on_the_books_and_its_external_one_is) {
  std::mutex list;
  const auto a = make<listed>();
  const internal<listed> weak(*a, list);
  EXPECT_TRUE(held_by(a.address(), {in(a)}));
  std::unique_lock held(list);
  const external<listed> b = weak.get_not_zero(held);
  EXPECT_TRUE(held_by(a.address(), {in(a), in(b)}));
}

TEST_F(styles, a_refused_get_leaves_nothing_on_the_books) {
  struct dying : kref<dying> {
    void release() noexcept {
      {
        const internal<dying> weak(*this, *list);
        std::unique_lock held(*list);
        EXPECT_FALSE(weak.get_not_zero(held));
      }
      delete this;
    }
    std::mutex* list = nullptr;
  };
  std::mutex list;
  auto a = make<dying>();
  a->list = &list;
  a.put();
  EXPECT_TRUE(dump_lines::now().objects.empty());
}

struct remembered : kref<remembered>, lastout::in_slab<remembered> {};

TEST_F(styles, a_reference_by_slot_and_generation_is_on_the_books_once_it_is_external) {
  const auto a = make<remembered>();
  const internal<remembered, lastout::slab<remembered>> weak(*a);
  const external<remembered> b = weak.get_not_zero();
  EXPECT_TRUE(held_by(a.address(), {in(a), in(b)}));
}

TEST_F(styles, an_object_born_at_the_address_of_a_dead_one_begins_anew) {
  const void* before = nullptr;
  {
    auto a = make<remembered>();
    before = a.address();
    const std::vector<external<remembered>> more(5, a);
  }
  const auto b = make<remembered>();
  ASSERT_EQ(b.address(), before);
  EXPECT_TRUE(held_by(b.address(), {in(b)}));
}

struct entry : kcref<entry, std::mutex> {
  explicit entry(std::mutex& by) : guard(by) {}
  fate idle(const idle_proof&) noexcept { return stays; }
  void unlink(const idle_proof&) noexcept {}
  std::tuple<std::mutex&> locks() noexcept { return guard; }
  std::mutex& guard;
  fate stays = fate::keep;
};

TEST_F(styles, an_idle_object_stands_without_references_and_a_resurrected_one_with_its_own) {
  std::mutex guard;
  auto a = make<entry>(guard);
  entry* const it = a.address();
  a.put();
  EXPECT_TRUE(held_by(it, {}));
  EXPECT_EQ(dump_lines::now().find(it)->state, "idle");
  {
    std::unique_lock held(guard);
    a = it->resurrect(held);
  }
  EXPECT_TRUE(held_by(it, {in(a)}));
  it->stays = fate::kill;
}

TEST_F(styles, a_killed_token_keeps_the_object_on_the_books_without_references) {
  std::mutex guard;
  auto a = make<entry>(guard);
  entry* const it = a.address();
  a.put();
  killed<entry> gone;
  {
    std::unique_lock held(guard);
    gone = it->kill_idle(held);
  }
  ASSERT_TRUE(gone);
  EXPECT_TRUE(held_by(it, {}));
  EXPECT_EQ(dump_lines::now().find(it)->state, "dead");
  {
    const killed<entry> last = std::move(gone);
  }
  EXPECT_EQ(dump_lines::now().find(it), nullptr);
}

TEST_F(styles, kill_on_put_leaves_nothing) {
  std::mutex guard;
  auto a = make<entry>(guard);
  const external<entry> b = a;
  a.kill_on_put();
  EXPECT_TRUE(held_by(a.address(), {in(a), in(b)}));
}

struct noted_lock {
  void lock() noexcept { EXPECT_FALSE(std::exchange(held, true)); }
  void unlock() noexcept { EXPECT_TRUE(std::exchange(held, false)); }
  bool held = false;
};
struct asked : kcref<asked, noted_lock> {
  explicit asked(noted_lock& by) : guard(by) {}
  fate idle(const idle_proof&) noexcept {
    EXPECT_TRUE(guard.held);
    return fate::kill;
  }
  void unlink(const idle_proof&) noexcept { EXPECT_TRUE(guard.held); }
  std::tuple<noted_lock&> locks() noexcept { return guard; }
  noted_lock& guard;
};

TEST_F(styles, the_last_put_takes_its_lock_whatever_is_looked_at) {
  noted_lock guard;
  for (const char* settings : {"all,stacks=0,socket=off", "all,stacks=0,socket=off,checks"}) {
    ASSERT_EQ(lastout::ledger::apply(settings), "");
    (void)make<asked>(guard);
    EXPECT_FALSE(guard.held) << settings;
  }
}

struct painting : lastout::cached<painting> {
  explicit painting(int n) : id(n) {}
  const int id;
};

TEST_F(styles, who_finds_an_object_that_nobody_uses_resurrects_it) {
  lastout::cache<int, painting, &painting::id> all({.idle_charge_max = 1 << 20});
  const auto resurrections = [] {
    const dump_lines::whole now = dump_lines::now();
    return now.type_called("painting")->resurrected;
  };
  (void)all.insert(make<painting>(1));
  const std::uint64_t before = resurrections();
  const auto a = all.get(1);
  EXPECT_EQ(resurrections() - before, 1u);
  const auto b = all.get(1);
  EXPECT_EQ(resurrections() - before, 1u) << "it was in use";
  EXPECT_TRUE(held_by(a.address(), {in(a), in(b)}));
}

struct lockless : kcref<lockless> {
  fate idle(const idle_proof&) noexcept { return fate::kill; }
};

TEST_F(styles, a_structure_s_own_reference_is_no_reference_on_the_books) {
  const auto a = make<lockless>();
  EXPECT_TRUE(held_by(a.address(), {in(a)}));
  lockless* const it = a.address();
  {
    external<lockless> last = std::move(const_cast<external<lockless>&>(a));
  }
  EXPECT_TRUE(held_by(it, {}));
  EXPECT_EQ(dump_lines::now().find(it)->state, "idle");
  EXPECT_TRUE(it->reclaim());
}

struct page;
struct buffer : lastout::plain<buffer, page> {};
struct page : lastout::plain_parent<page, buffer> {};

TEST_F(styles, a_parent_s_reference_to_its_child_is_no_reference_on_the_books) {
  page of;
  buffer* const child = of.add();
  EXPECT_TRUE(held_by(child, {}));
  {
    const external<buffer> a = of.get(*child);
    const external<buffer> b = a;
    EXPECT_TRUE(held_by(child, {in(a), in(b)}));
    EXPECT_FALSE(of.purge());
    EXPECT_TRUE(held_by(child, {in(a), in(b)}));
  }
  EXPECT_TRUE(of.purge());
  EXPECT_EQ(dump_lines::now().find(child), nullptr);
}

struct super : lastout::dual<super> {};

std::string kinds_of(const void* object) {
  std::string out;
  const dump_lines::whole dump = dump_lines::now();
  std::multiset<std::string> all;
  for (const dump_lines::reference& each : dump.find(object)->held) all.insert(each.kind);
  for (const std::string& each : all) out += (out.empty() ? "" : " ") + each;
  return out;
}

TEST_F(styles, active_and_passive_references_stand_side_by_side) {
  auto a = make_active<super>();
  const auto b = a.share("reader");
  passive<super> p = a.get_passive();
  const passive<super> copy = p;
  EXPECT_TRUE(held_by(a.address(), {in(a), in(b), in(p), in(copy)}));
  EXPECT_EQ(kinds_of(a.address()), "active active passive passive");
  const active<super> more = p.get_active("again");
  EXPECT_TRUE(held_by(a.address(), {in(a), in(b), in(p), in(copy), in(more)}));
  a.put();
  p.put();
  EXPECT_TRUE(held_by(b.address(), {in(b), in(copy), in(more)}));
}

TEST_F(styles, an_active_holder_s_name_is_its_tag) {
  const auto a = make_active<super>();
  const auto b = a.share("reader");
  const dump_lines::whole dump = dump_lines::now();
  for (const dump_lines::reference& each : dump.find(a.address())->held)
    EXPECT_EQ(each.tag, in(b).has(each.where) ? "reader" : "maker");
}

TEST_F(styles, active_references_move_and_are_assigned) {
  auto a = make_active<super>();
  auto b = make_active<super>();
  super* const second = b.address();
  const super* const gone = a.address();
  a = std::move(b);
  EXPECT_TRUE(held_by(second, {in(a)}));
  EXPECT_EQ(dump_lines::now().find(gone), nullptr);
  std::vector<active<super>> all;
  all.push_back(std::move(a));
  for (int i = 0; i < 40; ++i) all.push_back(all.front().share());
  EXPECT_TRUE(held_by(second, in_each(all)));
}

TEST_F(styles, passive_references_are_assigned) {
  const auto a = make_active<super>();
  const auto b = make_active<super>();
  passive<super> p = a.get_passive();
  passive<super> q = b.get_passive();
  p = q;
  EXPECT_TRUE(held_by(a.address(), {in(a)}));
  EXPECT_TRUE(held_by(b.address(), {in(b), in(p), in(q)}));
  auto& same = p;
  p = same;
  EXPECT_TRUE(held_by(b.address(), {in(b), in(p), in(q)}));
  p = std::move(q);
  EXPECT_TRUE(held_by(b.address(), {in(b), in(p)}));
  passive<super> r = a.get_passive();
  r = std::move(p);
  EXPECT_TRUE(held_by(a.address(), {in(a)}));
  EXPECT_TRUE(held_by(b.address(), {in(b), in(r)}));
}

TEST_F(styles, a_passive_reference_outlives_the_last_active_one) {
  auto a = make_active<super>();
  passive<super> p = a.get_passive();
  super* const it = a.address();
  a.put();
  EXPECT_TRUE(held_by(it, {in(p)}));
  EXPECT_EQ(dump_lines::now().find(it)->state, "inactive");
  EXPECT_FALSE(p.get_active());
  EXPECT_TRUE(held_by(it, {in(p)}));
}

TEST_F(styles, passive_references_from_a_borrowed_object_are_on_the_books) {
  const auto a = make_active<super>();
  const auto p = passive<super>::get(*a);
  const auto q = passive<super>::get_not_zero(*a);
  EXPECT_TRUE(held_by(a.address(), {in(a), in(p), in(q)}));
  a->close();
  EXPECT_FALSE(a.share());
  EXPECT_EQ(dump_lines::now().find(a.address())->state, "closed");
  EXPECT_TRUE(held_by(a.address(), {in(a), in(p), in(q)}));
}

template <class Word>
struct worded : kref<worded<Word>, Word> {};

TEST_F(styles, any_word_will_do) {
  const auto a = make<worded<lastout::local_word>>();
  const auto b = a;
  EXPECT_TRUE(held_by(a.address(), {in(a), in(b)}));
  const auto c = make<worded<lastout::locked_word>>();
  const auto d = c;
  EXPECT_TRUE(held_by(c.address(), {in(c), in(d)}));
}

// A style of one's own, as counted.hpp says it: it tells no number.
class bare {
 public:
  using counted_root = bare;
  virtual ~bare() = default;

 private:
  friend lastout::reference_access;
  void birth_reference() noexcept { n_ = 1; }
  void get_reference() const noexcept { ++n_; }
  void put_reference() const noexcept {
    if (--n_ == 0) lastout::reference_access::release(*const_cast<bare*>(this));
  }
  mutable int n_ = 0;
};

TEST_F(styles, a_style_of_one_s_own_is_on_the_books) {
  const auto a = make<bare>();
  const external<bare> b = a;
  EXPECT_TRUE(held_by(a.address(), {in(a), in(b)}));
  EXPECT_FALSE(dump_lines::now().find(a.address())->references.has_value());
}

struct root : kref<root> {};

TEST_F(styles, an_existence_reference_is_shown_apart_and_ends_once) {
  existence_ref<root> alive(make<root>());
  const void* const it = alive.address();
  EXPECT_TRUE(held_by(it, {in(alive)}));
  EXPECT_EQ(kinds_of(it), "existence");
  EXPECT_EQ(lastout::ledger::report(), "");
  {
    const external<root> ordinary = alive.end();
    EXPECT_TRUE(held_by(it, {in(ordinary)}));
    EXPECT_EQ(kinds_of(it), "external");
    EXPECT_FALSE(alive.end());
  }
  EXPECT_EQ(dump_lines::now().find(it), nullptr);
}

TEST_F(styles, an_existence_reference_moves) {
  existence_ref<root> a(make<root>());
  existence_ref<root> b = std::move(a);
  EXPECT_TRUE(held_by(b.address(), {in(b)}));
  EXPECT_EQ(kinds_of(b.address()), "existence");
  EXPECT_FALSE(a);
  a = std::move(b);
  EXPECT_TRUE(held_by(a.address(), {in(a)}));
  const external<root> last = a.end();
}

TEST_F(styles, an_existence_reference_whose_handle_is_gone_lies_nowhere) {
  root* it = nullptr;
  auto kept = std::make_unique<existence_ref<root>>(make<root>());
  it = kept->address();
  kept.reset();
  const dump_lines::whole dump = dump_lines::now();
  ASSERT_EQ(dump.find(it)->held.size(), 1u);
  EXPECT_EQ(dump.find(it)->held[0].where, 0u) << "the address of a handle that is no more";
  EXPECT_EQ(dump.find(it)->held[0].kind, "existence");
  leaked_on_purpose = 1;
}

}  // namespace
