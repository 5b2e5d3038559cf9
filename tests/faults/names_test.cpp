// names_test.cpp - registry and cache when memory is out, and when what they call throws: each call
// is all or nothing, as its header says, and the next one finds everything in order.

#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <lastout/cache.hpp>
#include <lastout/kref.hpp>
#include <lastout/registry.hpp>

#include "faults/counted_objects.hpp"
#include "faults/failing_memory.hpp"

namespace {

using faults::each_allocation_fails;
using faults::fault;
using faults::how_long;
using faults::named;
using faults::refused_by_constructor;
using lastout::at_limit;
using lastout::external;
using lastout::make;
using namespace std::chrono_literals;

struct small_table {
  static constexpr std::uint32_t slots = 16;
  static constexpr std::uint32_t segments_max = 1u << 10;
  static constexpr std::uint32_t grow_at = 11;
  static constexpr std::uint32_t shrink_at = 6;
};

std::string name_of(int n) { return std::string(named::long_name) + std::to_string(n); }

// Registry.

struct session;
using sessions = lastout::registry<std::string, session, &named::name,
                                   lastout::key_hash<std::string>, std::equal_to<>, small_table>;
struct session : lastout::kref<session>, lastout::in_slab<session>, named {
  session(sessions& of, std::string called, bool throws = false)
      : named(throws, std::move(called)), all(of) {}
  void release() noexcept {
    all.leave(*this);
    delete this;
  }
  sessions& all;
};

class registry_faults_test : public faults::faults_test {
 protected:
  // Those of these numbers and no other are in it, and each is found.
  static void expect_only(sessions& all, const std::vector<external<session>>& held) {
    std::size_t met = 0;
    all.for_each([&](external<session>) { ++met; });
    EXPECT_EQ(met, held.size());
    EXPECT_EQ(all.size(), held.size());
    for (const external<session>& each : held) {
      EXPECT_EQ(all.find(each->name), each);
      EXPECT_EQ(each->references(), 1u);
    }
  }
};

TEST_F(registry_faults_test, without_address_space_it_is_empty_and_stays_so) {
  const std::size_t n = each_allocation_fails([](fault& now) {
    EXPECT_TRUE(now.run([&] {
      sessions all;
      const bool usable = all.bytes() != 0;
      external<session> one = all.insert(make<session>(all, ""));
      EXPECT_EQ(static_cast<bool>(one), usable);
      EXPECT_EQ(all.get_or_create("", [&] { return make<session>(all, ""); }), one);
      EXPECT_EQ(all.find(""), one);
      EXPECT_EQ(all.size(), usable ? 1u : 0u);
      std::size_t met = 0;
      all.for_each([&](external<session>) { ++met; });
      EXPECT_EQ(met, usable ? 1u : 0u);
      external<session> found = one;
      const std::string name;
      all.find_many(std::span(&name, 1), std::span(&found, 1));
      EXPECT_EQ(found, one);
      EXPECT_EQ(all.erase(""), one);
      EXPECT_FALSE(all.erase(""));
    }));
    EXPECT_EQ(named::alive, 0);
  });
  EXPECT_EQ(n, 1u)
      << "the space, and nothing else: smaller spaces are asked for when it is refused";
}

TEST_F(registry_faults_test, where_all_address_space_is_refused_nothing_is_in_it) {
  sessions other;
  const std::string names[] = {"a", "b"};
  external<session> found[2] = {{}, other.insert(make<session>(other, "b"))};
  const faults::armed here(1, how_long::for_good);
  sessions all;
  EXPECT_GE(here.refused(), 5u) << "it has tried smaller ones";
  EXPECT_EQ(all.bytes(), 0u);
  EXPECT_FALSE(all.find("a"));
  all.find_many(names, found);
  EXPECT_FALSE(found[0] || found[1]) << "what was there before is no answer";
}

TEST_F(registry_faults_test, growing_and_shrinking_ask_for_no_memory_nor_need_advice) {
  for (const bool advised : {true, false}) {
    sessions all;
    std::vector<external<session>> held;
    for (int i = 0; i < 2000; ++i) held.push_back(make<session>(all, name_of(i)));
    std::size_t asked = 0;
    const auto step = [&](auto f) {
      const faults::armed here(1, how_long::for_good);
      if (advised) {
        f();
      } else {
        const faults::no_advice no;
        f();
      }
      asked += here.asked();
    };
    step([&] {
      for (external<session>& each : held) EXPECT_TRUE(all.insert(each));
    });
    expect_only(all, held);
    step([&] {
      for (int i = 0; i < 1990; ++i)
        EXPECT_TRUE(all.erase(held[static_cast<std::size_t>(i)]->name));
    });
    held.erase(held.begin(), held.begin() + 1990);
    expect_only(all, held);
    step([&] { held.clear(); });
    expect_only(all, held);
    EXPECT_EQ(asked, 0u);
  }
}

TEST_F(registry_faults_test, get_or_create_makes_one_or_leaves_everything_as_it_was) {
  const std::size_t n = each_allocation_fails([](fault& now) {
    sessions all;
    std::vector<external<session>> held;
    for (int i = 0; i < 40; ++i) held.push_back(all.insert(make<session>(all, name_of(i))));
    const std::string wanted = name_of(99);
    external<session> made;
    now.run([&] {
      made =
          all.get_or_create(std::string_view(wanted), [&] { return make<session>(all, wanted); });
    });
    EXPECT_EQ(static_cast<bool>(made), !now.happened());
    if (made) held.push_back(std::move(made));
    expect_only(all, held);
    held.push_back(all.get_or_create(wanted, [&] { return make<session>(all, wanted); }));
    if (now.happened()) {
      EXPECT_TRUE(held.back()) << "nobody is creating it any more";
      expect_only(all, held);
    }
  });
  EXPECT_GE(n, 2u) << "the key's, the object's name";
}

TEST_F(registry_faults_test, look_ups_walks_and_leaving_ask_for_nothing) {
  sessions all;
  std::vector<external<session>> held;
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) {
    names.push_back(name_of(i));
    held.push_back(all.insert(make<session>(all, names.back())));
  }
  std::vector<external<session>> found(names.size());
  {
    const faults::armed here(1, how_long::for_good);
    for (const std::string& each : names) (void)all.find(std::string_view(each));
    all.find_many(names, found);
    all.for_each([](external<session>) {});
    (void)all.size();
    (void)all.erase(std::string_view(names[0]));
    (void)all.leave(*held[1]);
    held[2].put();
    found[2].put();
    EXPECT_EQ(here.asked(), 0u);
  }
  EXPECT_EQ(all.size(), 97u);
}

TEST_F(registry_faults_test, what_throws_in_for_each_ends_the_walk_and_holds_nobody) {
  sessions all;
  std::vector<external<session>> held;
  for (int i = 0; i < 60; ++i) held.push_back(all.insert(make<session>(all, name_of(i))));
  for (int at = 1; at <= 60; ++at) {
    int calls = 0;
    EXPECT_THROW(all.for_each([&](external<session>) {
      if (++calls == at) throw refused_by_constructor();
    }),
                 refused_by_constructor);
    EXPECT_EQ(calls, at);
  }
  expect_only(all, held);
  // Nobody walks any more: the table may shrink again.
  const std::size_t before = all.bytes();
  held.clear();
  EXPECT_LT(all.bytes(), before);
}

TEST_F(registry_faults_test, what_a_creator_throws_comes_out_and_the_name_is_free) {
  sessions all;
  EXPECT_THROW((void)all.get_or_create("a", [&] { return make<session>(all, "a", true); }),
               refused_by_constructor);
  EXPECT_THROW(
      (void)all.get_or_create("a", []() -> external<session> { throw refused_by_constructor(); }),
      refused_by_constructor);
  EXPECT_EQ(all.size(), 0u);
  EXPECT_EQ(named::alive, 0);
  EXPECT_TRUE(all.get_or_create("a", [&] { return make<session>(all, "a"); }));
}

// Cache.

struct block : lastout::cached<block>, named {
  explicit block(std::string called, std::size_t weight = 1, bool throws = false)
      : named(throws, called), key(std::move(called)), weight_(weight) {}
  [[nodiscard]] std::size_t charge() const {
    if (charge_throws) throw refused_by_constructor();
    return weight_;
  }
  std::string key;  // not const: some are renamed
  static inline bool charge_throws = false;

 private:
  std::size_t weight_;
};

// The key as it is; and as text, of which a Key would have to be made.
std::string_view text_of(const block& of) { return of.key; }
template <auto KeyOf>
using blocks_by = lastout::cache<std::string, block, KeyOf, lastout::key_hash<std::string>,
                                 std::equal_to<>, small_table>;
using blocks = blocks_by<&block::key>;

/// A cache with ten entries for which there is room, of which the first is in use; and what it has
/// told on_evict.
template <class Cache>
struct filled {
  explicit filled(at_limit when_full = at_limit::overshoot)
      : all({.idle_charge_max = 10,
             .when_full = when_full,
             .wait_max = 1ms,
             .absent_max = 8,
             .on_evict = [this](block&, lastout::eviction) { ++told; }}) {
    for (int i = 0; i < 10; ++i) {
      external<block> each = all.insert(make<block>(name_of(i)));
      if (i == 0) in_use = std::move(each);
    }
    EXPECT_EQ(all.size(), 10u);
  }
  /// What is always true of it.
  void look(std::size_t held = 1) {
    const lastout::cache_statistics now = all.statistics();
    std::set<std::string> names;
    std::size_t used = 0;
    all.for_each([&](external<block> each) {
      EXPECT_TRUE(names.insert(each->key).second) << "two of one name";
      used += each->references() > 1 ? 1 : 0;  // this one is a reference too
    });
    EXPECT_EQ(all.size(), names.size());
    EXPECT_EQ(now.idle_entries + now.pinned_entries, names.size());
    EXPECT_EQ(now.pinned_entries, used);
    EXPECT_LE(used, held);
    EXPECT_LE(now.idle_charge, 10u + held);
    std::uint64_t left = 0;
    for (const std::uint64_t each : now.evictions) left += each;
    EXPECT_EQ(now.inserts - left, names.size()) << "entered, and left";
    EXPECT_GE(static_cast<std::size_t>(named::alive.load()), names.size());
    for (const std::string& each : names) {
      const external<block> found = all.get(each);
      EXPECT_TRUE(found && found->key == each);
    }
  }
  std::size_t told = 0;
  Cache all;
  external<block> in_use;
};

template <class Cache>
class cache_faults_test : public faults::faults_test {
 protected:
  // Does that to a cache with each allocation failing, and looks at it; then once more, in peace.
  // call(cache) says whether it has done what it is for.
  template <class Call>
  static std::size_t each_of(Call call, at_limit when_full = at_limit::overshoot) {
    return each_allocation_fails([&](fault& now) {
      {
        filled<Cache> in(when_full);
        bool did = false;
        const bool done = now.run([&] { did = call(in); });
        if (!now.happened()) {
          EXPECT_TRUE(done && did);
        }
        in.look(2);
        call(in);
        in.look(2);
      }
      EXPECT_EQ(named::alive, 0);
    });
  }
};
using keys = testing::Types<blocks, blocks_by<&text_of>>;
TYPED_TEST_SUITE(cache_faults_test, keys);

TYPED_TEST(cache_faults_test, one_is_made_or_bad_alloc_comes_out) {
  const std::size_t n = each_allocation_fails([](fault& now) {
    const bool done = now.run([] {
      TypeParam all({.idle_charge_max = 10, .absent_max = 8});
      EXPECT_FALSE(all.get(""));
      external<block> in = all.insert(make<block>(""));
      EXPECT_EQ(all.get(""), in);  // nothing, where the address space was refused
      EXPECT_EQ(all.statistics().inserts, in ? 1u : 0u);
    });
    EXPECT_TRUE(done || now.happened());
    EXPECT_EQ(named::alive, 0);
  });
  EXPECT_GE(n, 5u) << "two tables, two keepers, the cache of what is absent, ghosts";
}

TYPED_TEST(cache_faults_test, insert) {
  this->each_of([](filled<TypeParam>& in) {
    external<block> made = make<block>("x");
    if (!made) return false;
    const external<block> there = in.all.insert(std::move(made));
    EXPECT_TRUE(there);
    EXPECT_EQ(in.all.get("x"), there);
    return true;
  });
}

TYPED_TEST(cache_faults_test, insert_of_what_is_made_asks_for_ghosts_and_its_key_at_most) {
  const std::size_t n = each_allocation_fails([](fault& now) {
    {
      filled<TypeParam> in;
      external<block> made = make<block>(name_of(77));
      const block* const was = made.address();
      external<block> there;
      const bool done = now.run([&] { there = in.all.insert(std::move(made)); });
      EXPECT_EQ(done, there == was);
      EXPECT_EQ(in.all.get(name_of(77)), there);
      in.look(2);
    }
    EXPECT_EQ(named::alive, 0);
  });
  EXPECT_LE(n, 2u);
}

TYPED_TEST(cache_faults_test, get_or_create) {
  this->each_of([](filled<TypeParam>& in) {
    const external<block> made =
        in.all.get_or_create(name_of(50), [] { return make<block>(name_of(50)); });
    EXPECT_EQ(in.all.get(name_of(50)), made);
    return static_cast<bool>(made);
  });
}

TYPED_TEST(cache_faults_test, get_or_create_of_what_is_not_there_notes_it_or_not) {
  this->each_of([](filled<TypeParam>& in) {
    const external<block> made =
        in.all.get_or_create(name_of(50), [] { return external<block>(); }, 1h);
    EXPECT_FALSE(made);
    EXPECT_FALSE(in.all.get(name_of(50)));
    return in.all.absent(name_of(50));
  });
}

TYPED_TEST(cache_faults_test, note_absent) {
  this->each_of([](filled<TypeParam>& in) {
    const bool noted = in.all.note_absent(name_of(60), 1h);
    EXPECT_EQ(in.all.absent(name_of(60)), noted);
    return noted;
  });
}

TYPED_TEST(cache_faults_test, replace) {
  this->each_of([](filled<TypeParam>& in) {
    external<block> made = make<block>(name_of(3));
    if (!made) return false;
    const block* const was = made.address();
    const external<block> there = in.all.replace(std::move(made));
    EXPECT_EQ(there, was);
    EXPECT_EQ(in.all.get(name_of(3)), there);
    return static_cast<bool>(there);
  });
}

TYPED_TEST(cache_faults_test, rename_is_in_under_its_new_name_or_out) {
  this->each_of([](filled<TypeParam>& in) {
    const bool renamed =
        in.all.rename(*in.in_use, [&] { in.in_use->key = name_of(100) + "and longer"; });
    EXPECT_EQ(in.all.get(name_of(100) + "and longer"), renamed ? in.in_use.address() : nullptr);
    return renamed || !in.all.get(in.in_use->key);
  });
}

TYPED_TEST(cache_faults_test, open_metrics_is_whole_or_bad_alloc) {
  // Names that are too long for a string itself, the first of them with what must be escaped.
  const std::string first = std::string("a \\ a \" and a \n in ") + named::long_name;
  filled<TypeParam> one, other;
  const lastout::named_statistics both[] = {{first, one.all.statistics()},
                                            {named::long_name, other.all.statistics()}};
  const auto whole_or_not_at_all = [](auto ask) {
    const std::string whole = ask();
    EXPECT_TRUE(whole.starts_with("# TYPE ") && whole.ends_with("# EOF\n"));
    return each_allocation_fails([&](fault& now) {
      std::string out;
      const bool done = now.run([&] { out = ask(); });
      EXPECT_EQ(done, !now.happened());
      EXPECT_EQ(out, now.happened() ? "" : whole);
      out = {};
      EXPECT_EQ(ask(), whole) << "the next one";
    });
  };
  const std::size_t of_one =
      whole_or_not_at_all([&] { return lastout::open_metrics(first, one.all.statistics()); });
  const std::size_t of_both = whole_or_not_at_all([&] { return lastout::open_metrics(both); });
  EXPECT_GE(of_one, 20u) << "a line or more for each number";
  EXPECT_GT(of_both, of_one);
}

TYPED_TEST(cache_faults_test, erase_shrink_budgets_walks_and_statistics_ask_for_nothing) {
  each_allocation_fails([](fault& now) {
    filled<TypeParam> in;
    const std::string names[] = {name_of(1), name_of(2)};
    external<block> found[2];
    const std::string unused = name_of(5);
    EXPECT_TRUE(now.run([&] {
      (void)in.all.get(names[0]);
      in.all.get_many(names, found);
      EXPECT_TRUE(found[0] && found[1]);
      for (external<block>& each : found) each.put();
      EXPECT_TRUE(in.all.erase(names[0]));
      EXPECT_TRUE(in.all.erase(*in.in_use));
      EXPECT_EQ(in.all.shrink(3), 3u);
      in.all.set_budget({4, lastout::no_limit, lastout::no_limit});
      EXPECT_EQ(in.all.evict_if([](const block&) { return true; }), 4u);
      in.all.for_each([](external<block>) {});
      EXPECT_EQ(in.all.statistics().idle_entries, 0u);
      EXPECT_EQ(in.all.size(), 0u);
    }));
    EXPECT_EQ(now.asked(), 0u);
    EXPECT_EQ(in.told, 10u - 1u) << "each but the one that is in use";
    in.look(0);
  });
}

TYPED_TEST(cache_faults_test, a_newcomer_that_is_refused_room_is_nowhere) {
  for (const at_limit when_full : {at_limit::refuse, at_limit::wait}) {
    each_allocation_fails([&](fault& now) {
      TypeParam all({.idle_charge_max = 1,
                     .pinned_charge_max = 0,
                     .charge_max = 1,
                     .when_full = when_full,
                     .wait_max = 1ms});
      const external<block> in_use = all.insert(make<block>("a"));
      external<block> made = make<block>("b");
      external<block> there = in_use;
      EXPECT_TRUE(now.run([&] { there = all.insert(std::move(made)); }));
      EXPECT_FALSE(there);
      EXPECT_FALSE(all.get("b"));
      EXPECT_EQ(all.statistics().refusals, 1u);
      EXPECT_EQ(named::alive, 1);
    });
  }
}

// With absent_max each insert and rename copies the name; here what KeyOf names is no Key.

struct label {
  explicit label(std::string_view of) : text(of) {}
  friend bool operator==(std::string_view a, const label& b) noexcept { return a == b.text; }
  friend bool operator==(const label&, const label&) = default;
  std::string text;
};
struct label_hash {
  std::size_t operator()(std::string_view of) const noexcept {
    return std::hash<std::string_view>{}(of);
  }
  std::size_t operator()(const label& of) const noexcept { return (*this)(of.text); }
};

class labels_test : public faults::faults_test {
 protected:
  using cache = lastout::cache<label, block, &text_of, label_hash, std::equal_to<>, small_table>;
};

TEST_F(labels_test, what_cannot_be_forgotten_as_absent_is_not_in) {
  const std::size_t n = each_allocation_fails([](fault& now) {
    {
      cache all({.idle_charge_max = 10, .absent_max = 8});
      const label name(name_of(1));
      EXPECT_TRUE(all.note_absent(name, 1h));
      external<block> made = make<block>(name.text);
      bool in = false;
      const bool done = now.run([&] { in = static_cast<bool>(all.insert(std::move(made))); });
      EXPECT_EQ(done, in);
      EXPECT_EQ(static_cast<bool>(all.get(name)), in);
      EXPECT_EQ(all.absent(name), !in) << "what was known is known";
      EXPECT_EQ(all.size(), in ? 1u : 0u);
      EXPECT_EQ(named::alive, in ? 1 : 0);
      EXPECT_TRUE(all.insert(make<block>(name.text)));
      EXPECT_FALSE(all.absent(name));
    }
    EXPECT_EQ(named::alive, 0);
  });
  EXPECT_GE(n, 1u);
}

TEST_F(labels_test, what_is_renamed_is_in_or_out_and_no_half_of_it) {
  each_allocation_fails([](fault& now) {
    {
      cache all({.idle_charge_max = 10, .absent_max = 8});
      external<block> it = all.insert(make<block>(name_of(1)));
      std::string other = name_of(2);
      bool renamed = false;
      const bool done = now.run([&] { renamed = all.rename(*it, [&] { it->key.swap(other); }); });
      EXPECT_EQ(done, renamed);
      EXPECT_EQ(static_cast<bool>(all.get(label(name_of(2)))), renamed);
      EXPECT_FALSE(all.get(label(name_of(1))));
      EXPECT_EQ(all.size(), renamed ? 1u : 0u);
      const lastout::cache_statistics now_in = all.statistics();
      EXPECT_EQ(now_in.evicted(lastout::eviction::replaced), renamed ? 0u : 1u);
      it.put();
      EXPECT_EQ(named::alive, renamed ? 1 : 0);
    }
    EXPECT_EQ(named::alive, 0);
  });
}

// What throws.

TYPED_TEST(cache_faults_test, what_a_creator_throws_comes_out_and_the_name_is_free) {
  filled<TypeParam> in;
  EXPECT_THROW(
      (void)in.all.get_or_create("x", []() -> external<block> { throw refused_by_constructor(); }),
      refused_by_constructor);
  EXPECT_THROW((void)in.all.get_or_create("x", [] { return make<block>("x", 1, true); }),
               refused_by_constructor);
  in.look();
  EXPECT_TRUE(in.all.get_or_create("x", [] { return make<block>("x"); }));
  in.look();
}

TYPED_TEST(cache_faults_test, a_charge_that_throws_keeps_the_newcomer_out_and_replaces_nobody) {
  filled<TypeParam> in;
  const block* const before = in.all.get(name_of(4)).address();
  const auto refused = [&](auto call) {
    external<block> made = make<block>(name_of(4));
    block::charge_throws = true;
    EXPECT_THROW(call(std::move(made)), refused_by_constructor);
    block::charge_throws = false;
  };
  refused([&](external<block> made) { (void)in.all.insert(std::move(made)); });
  refused([&](external<block> made) { in.all.replace(std::move(made)); });
  EXPECT_EQ(in.all.get(name_of(4)), before);
  in.look();
  EXPECT_EQ(named::alive, 10);
}

TYPED_TEST(cache_faults_test, what_a_rename_throws_comes_out_and_the_object_is_out) {
  filled<TypeParam> in;
  EXPECT_THROW(in.all.rename(*in.in_use, [] { throw refused_by_constructor(); }),
               refused_by_constructor);
  EXPECT_FALSE(in.all.get(name_of(0)));
  in.look();
  in.in_use.put();
  EXPECT_EQ(named::alive, 9);
  EXPECT_TRUE(in.all.insert(make<block>(name_of(0)))) << "its name is free";
  in.look();
}

TYPED_TEST(cache_faults_test, what_throws_in_a_walk_ends_it_and_holds_nobody) {
  filled<TypeParam> in;
  int calls = 0;
  EXPECT_THROW(in.all.for_each([&](external<block>) {
    if (++calls == 3) throw refused_by_constructor();
  }),
               refused_by_constructor);
  in.look();
  calls = 0;
  EXPECT_THROW(in.all.evict_if([&](const block&) {
    if (++calls == 3) throw refused_by_constructor();
    return true;
  }),
               refused_by_constructor);
  in.look();
  EXPECT_GE(in.all.size(), 8u) << "those that had not been asked about yet";
  EXPECT_GT(in.all.evict_if([](const block&) { return true; }), 0u);
  EXPECT_EQ(named::alive, 1) << "the one that is in use";
}

TYPED_TEST(cache_faults_test, a_negative_entry_is_forgotten_when_the_name_is_inserted) {
  filled<TypeParam> in;
  EXPECT_TRUE(in.all.note_absent(name_of(70), 1h));
  EXPECT_TRUE(in.all.insert(make<block>(name_of(70))));
  EXPECT_FALSE(in.all.absent(name_of(70)));
  in.all.shrink(100);  // it has gone again, and may be asked for
  EXPECT_TRUE(in.all.get_or_create(name_of(70), [] { return make<block>(name_of(70)); }));
}

}  // namespace
