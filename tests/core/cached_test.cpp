// cached_test.cpp - the style of objects in a cache, in a cache, before it and without one.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <lastout/cache.hpp>

#include "core/cached_thing.hpp"

namespace {

using lastout::cached;
using lastout::event;
using lastout::external;
using lastout::internal;
using lastout::make;
using lastout::slab;

class cached_test : public things_test {};

struct bare : cached<bare> {};
static_assert(sizeof(bare) == 32, "as docs say: word, cache, neighbours, standing");
static_assert(lastout::counted<bare> && lastout::type_stable<bare>);

TEST_F(cached_test, outside_a_cache_an_object_dies_with_its_last_reference) {
  external<thing> t = make<thing>(7u);
  external<thing> other = t;
  EXPECT_EQ(t->references(), 2u);
  t.put();
  EXPECT_EQ(thing::alive, 1);
  EXPECT_FALSE(other->dead());
  other.put();
  EXPECT_EQ(thing::alive, 0);
}

TEST_F(cached_test, an_object_is_released_once_by_its_own_release) {
  struct recycled : cached<recycled> {
    explicit recycled(int* times, std::uint64_t n) : releases(times), number(n) {}
    void release() noexcept {
      ++*releases;
      delete this;
    }
    int* const releases;
    const std::uint64_t number;
  };
  int releases = 0;
  make<recycled>(&releases, 1u).put();
  EXPECT_EQ(releases, 1);
  {
    lastout::cache<std::uint64_t, recycled, &recycled::number> all(
        {.idle_charge_max = 3 * sizeof(recycled)});
    for (std::uint64_t n = 0; n < 20; ++n) (void)all.insert(make<recycled>(&releases, n));
    EXPECT_EQ(releases, 18);
  }
  EXPECT_EQ(releases, 21);
}

TEST_F(cached_test, references_are_taken_many_at_once_too) {
  external<thing> t = make<thing>(7u);
  external<thing> more[3];
  external<thing>::get_each(*t, more);
  EXPECT_EQ(t->references(), 4u);
  for (external<thing>& each : more) each.put();
  EXPECT_EQ(t->references(), 1u);
}

TEST_F(cached_test, an_internal_reference_finds_an_idle_object_too) {
  things all({.idle_charge_max = 10});
  external<thing> t = put_in(all, 7);
  const internal<thing, slab<thing>> mark(*t);
  t.put();
  EXPECT_TRUE(mark.get_not_zero()) << "the cache has a reference";
  all.erase(std::uint64_t{7});
  EXPECT_FALSE(mark.get_not_zero());
  (void)put_in(all, 8);  // in the same slot
  EXPECT_FALSE(mark.get_not_zero());
}

/// Remembers what its objects were told of. Each test has a type of its own.
template <int Test>
struct who_tells : cached<who_tells<Test>> {
  explicit who_tells(std::uint64_t n) : number(n) {}
  [[nodiscard]] static std::size_t charge() noexcept { return 1; }
  static void observe(event what, std::uint32_t n) { heard[static_cast<int>(what)] += n; }
  [[nodiscard]] static std::uint32_t so_many(event what) { return heard[static_cast<int>(what)]; }
  /// As far as it was told of.
  [[nodiscard]] static std::uint32_t references() {
    return so_many(event::born) + so_many(event::got) + so_many(event::resurrected) -
           so_many(event::put);
  }
  static inline std::uint32_t heard[7] = {};
  const std::uint64_t number;
};

TEST_F(cached_test, who_watches_hears_of_each_reference_and_end) {
  using watched = who_tells<1>;
  {
    lastout::cache<std::uint64_t, watched, &watched::number> all({.idle_charge_max = 3});
    for (std::uint64_t n = 0; n < 10; ++n) {
      (void)all.insert(make<watched>(n));
      (void)all.get(n);
      (void)all.get(n);
      if (n == 8) all.erase(n);
      if (n == 9) all.shrink(1);
    }
  }
  EXPECT_EQ(watched::so_many(event::born), 10u);
  EXPECT_EQ(watched::so_many(event::released), 10u);
}

TEST_F(cached_test, who_watches_hears_of_as_many_puts_as_references_however_one_leaves) {
  using watched = who_tells<2>;
  {
    lastout::cache<std::uint64_t, watched, &watched::number> all({.idle_charge_max = 10});
    const auto killed = [] { return watched::so_many(event::killed); };
    for (std::uint64_t n = 0; n < 5; ++n) (void)all.insert(make<watched>(n));
    EXPECT_EQ(watched::references(), 0u);
    EXPECT_EQ(all.evict_if([](const watched& w) { return w.number == 3; }), 1u);
    EXPECT_EQ(killed(), 1u);
    EXPECT_EQ(watched::references(), 0u) << "evicted by a walk";
    EXPECT_TRUE(all.erase(std::uint64_t{2}));
    EXPECT_EQ(killed(), 2u);
    all.shrink(1);
    EXPECT_EQ(killed(), 3u);
    EXPECT_EQ(watched::references(), 0u);
  }
  EXPECT_EQ(watched::so_many(event::killed), 5u);
  EXPECT_EQ(watched::references(), 0u) << "the cache has gone";
}

TEST_F(cached_test, who_watches_hears_of_what_was_refused_and_of_what_was_found_in_vain) {
  using watched = who_tells<3>;
  struct alike {
    std::size_t operator()(std::uint64_t) const noexcept { return 7; }
  };
  lastout::internal<watched, lastout::slab<watched>> mark;
  int evicted = 0;
  lastout::cache<std::uint64_t, watched, &watched::number, alike> all(
      {.idle_charge_max = 3, .on_evict = [&](watched&, lastout::eviction) {
         ++evicted;
         EXPECT_FALSE(mark.get_not_zero()) << "dead, and still there";
       }});
  external<watched> in = all.insert(make<watched>(1u));
  mark = lastout::internal<watched, lastout::slab<watched>>(*in);
  in.put();
  EXPECT_FALSE(all.get(2));
  EXPECT_EQ(watched::so_many(event::put),
            1 + watched::so_many(event::got) + watched::so_many(event::resurrected));
  EXPECT_EQ(watched::so_many(event::refused), 0u);
  all.shrink(1);
  EXPECT_EQ(evicted, 1);
  EXPECT_EQ(watched::so_many(event::refused), 1u);
}

TEST_F(cached_test, only_who_was_idle_is_told_of_as_resurrected) {
  using watched = who_tells<4>;
  lastout::cache<std::uint64_t, watched, &watched::number> all({.idle_charge_max = 3});
  external<watched> in_use = all.insert(make<watched>(7u));
  (void)all.get(7);
  EXPECT_EQ(watched::so_many(event::resurrected), 0u) << "somebody uses it";
  in_use.put();
  in_use = all.get(7);
  EXPECT_EQ(watched::so_many(event::resurrected), 1u);
  const external<watched> another = all.get(7);
  EXPECT_EQ(watched::so_many(event::resurrected), 1u);
}

TEST_F(cached_test, misuse_a_put_too_many_is_reported_and_the_object_leaks) {
  things all({.idle_charge_max = 10});
  external<thing> t = put_in(all, 7);
  thing* const borrowed = t.address();
  t.put();
  external<thing>::adopt(borrowed).put();  // the cache's reference: nobody else has one
  const auto told = seen.take_all();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].what, lastout::violation::put_at_zero);
  EXPECT_EQ(told[0].references, 0u);
  EXPECT_EQ(told[0].state, "queued");
  EXPECT_TRUE(all.get(7)) << "leaked, never freed early";
  EXPECT_EQ(all.shrink(1), 0u);
  EXPECT_EQ(thing::alive, 1);
  thing::alive = 0;
}

TEST_F(cached_test, misuse_an_object_that_is_destroyed_in_use_is_reported) {
  external<thing> t = make<thing>(7u);
  thing* const borrowed = t.leak();
  delete borrowed;
  EXPECT_EQ(seen.take(), "destroyed_in_use");
}

// Text: found by whatever is text, and nothing is copied for it.

/// Counts the copies that are made of it.
struct copied_text : std::string {
  using std::string::string;
  explicit copied_text(std::string_view text) : std::string(text) { ++copies; }
  copied_text(const copied_text& other) : std::string(other) { ++copies; }
  copied_text(copied_text&&) noexcept = default;
  static inline int copies = 0;
};
struct texture : cached<texture> {
  explicit texture(std::string_view of) : name(of) {}
  const copied_text name;
};
using textures = lastout::cache<copied_text, texture, &texture::name>;

TEST_F(cached_test, a_view_finds_what_a_string_names_and_nothing_is_copied_for_it) {
  textures all({.idle_charge_max = 10 * sizeof(texture)});
  const external<texture> stone = all.insert(make<texture>("stone"));
  copied_text::copies = 0;
  const auto never = []() -> external<texture> { throw std::logic_error("it is there"); };
  EXPECT_EQ(all.get(std::string_view("stone")), stone);
  EXPECT_EQ(all.get("stone"), stone);
  EXPECT_EQ(all.get(std::string("stone")), stone);
  EXPECT_EQ(all.get_or_create(std::string_view("stone"), never), stone);
  EXPECT_FALSE(all.get("brick"));
  EXPECT_FALSE(all.erase("brick"));
  EXPECT_TRUE(all.erase("stone"));
  EXPECT_EQ(copied_text::copies, 0);
  EXPECT_EQ(all.statistics().hits, 4u);
  EXPECT_EQ(all.statistics().misses, 1u);
  const external<texture> brick = all.get_or_create("brick", [] { return make<texture>("brick"); });
  EXPECT_EQ(brick->name, "brick");
}

/// A key whose copy fails when that is wanted, as text does without memory.
struct fragile {
  explicit fragile(std::uint64_t n) : number(n) {}
  fragile(const fragile& other) : number(other.number) {
    if (fails) throw std::bad_alloc();
  }
  friend bool operator==(const fragile& a, const fragile& b) { return a.number == b.number; }
  std::uint64_t number;
  static inline bool fails = false;
};
struct fragile_hash {
  std::size_t operator()(const fragile& of) const noexcept {
    return static_cast<std::size_t>(of.number);
  }
};
struct named : cached<named> {
  explicit named(std::uint64_t n) : name(n) { ++alive; }
  ~named() { --alive; }
  const fragile name;
  static inline int alive = 0;
};

// Rule 52.
TEST_F(cached_test, what_cannot_be_put_in_for_lack_of_memory_leaves_no_trace) {
  lastout::cache<fragile, named, &named::name, fragile_hash> all(
      {.idle_charge_max = 10 * sizeof(named), .absent_max = 10});
  EXPECT_TRUE(all.note_absent(fragile(7), std::chrono::hours(1)));
  fragile::fails = true;
  try {
    const external<named> in = all.insert(make<named>(7u));
    EXPECT_TRUE(!in || all.get(fragile(7)) == in) << "all or nothing";
  } catch (const std::bad_alloc&) {
    EXPECT_EQ(named::alive, 0);
    EXPECT_EQ(all.size(), 0u);
  }
  fragile::fails = false;
  EXPECT_EQ(static_cast<int>(all.size()), named::alive);
  EXPECT_EQ(bool(all.get(fragile(7))), named::alive == 1);
}

/// A thing that says its name as a number; making a name of it may fail.
struct made_key {
  explicit made_key(std::uint64_t n) : number(n) {
    if (fails) throw std::bad_alloc();
  }
  std::uint64_t number;
  static inline bool fails = false;
};
struct made_key_hash {
  std::size_t operator()(const made_key& of) const noexcept {
    return static_cast<std::size_t>(of.number);
  }
  std::size_t operator()(std::uint64_t n) const noexcept { return static_cast<std::size_t>(n); }
};
struct same_number {
  static std::uint64_t of(const made_key& key) noexcept { return key.number; }
  static std::uint64_t of(std::uint64_t n) noexcept { return n; }
  template <class A, class B>
  bool operator()(const A& a, const B& b) const noexcept {
    return of(a) == of(b);
  }
};
struct numbered : cached<numbered> {
  explicit numbered(std::uint64_t n) : number(n) { ++alive; }
  ~numbered() { --alive; }
  [[nodiscard]] static std::size_t charge() noexcept { return 1; }
  std::uint64_t number;
  static inline int alive = 0;
};
using numbers = lastout::cache<made_key, numbered, &numbered::number, made_key_hash, same_number>;

TEST_F(cached_test, a_negative_entry_is_forgotten_though_objects_say_their_name_as_something_else) {
  numbers all({.idle_charge_max = 10, .absent_max = 10});
  EXPECT_TRUE(all.note_absent(made_key(7), std::chrono::hours(1)));
  EXPECT_TRUE(all.insert(make<numbered>(7u)));
  EXPECT_FALSE(all.absent(made_key(7)));
}

// Rule 52.
TEST_F(cached_test, when_making_a_name_throws_the_object_is_out) {
  numbers all({.idle_charge_max = 10, .absent_max = 10});
  external<numbered> t = make<numbered>(7u);
  made_key::fails = true;
  EXPECT_THROW((void)all.insert(t), std::bad_alloc);
  made_key::fails = false;
  EXPECT_EQ(all.size(), 0u);
  EXPECT_FALSE(all.get(made_key(7)));
  EXPECT_TRUE(all.insert(t)) << "it may enter later";

  made_key::fails = true;
  EXPECT_THROW(all.rename(*t, [&] { t->number = 8; }), std::bad_alloc);
  made_key::fails = false;
  EXPECT_EQ(all.size(), 0u);
  EXPECT_FALSE(all.get(made_key(8)));
  t.put();
  EXPECT_EQ(numbered::alive, 0);
}

/// A comparison that throws when that is wanted, which it is asked not to do.
struct fragile_equal {
  static inline bool fails = false;
  bool operator()(std::uint64_t a, std::uint64_t b) const {
    if (fails) throw std::bad_alloc();
    return a == b;
  }
};

TEST_F(cached_test, whose_name_could_not_be_compared_is_nobodys) {
  using picky = lastout::cache<std::uint64_t, numbered, &numbered::number,
                               lastout::key_hash<std::uint64_t>, fragile_equal>;
  {
    picky all({.idle_charge_max = 10});
    picky another({.idle_charge_max = 10});
    const external<numbered> first = all.insert(make<numbered>(7u));
    for (const bool replaces : {false, true}) {
      const external<numbered> second = make<numbered>(7u);
      fragile_equal::fails = true;
      EXPECT_THROW((void)(replaces ? all.replace(second) : all.insert(second)), std::bad_alloc);
      fragile_equal::fails = false;
      EXPECT_EQ(all.get(7), first);
      EXPECT_TRUE(another.replace(second)) << "no cache has it";
    }
  }
  EXPECT_EQ(numbered::alive, 0);
}

}  // namespace
