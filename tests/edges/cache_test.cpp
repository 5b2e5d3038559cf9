// cache_test.cpp - the real cache in every interleaving of two threads: an entry is found or it has
// left, is released once, and is idle again when its use has ended.
//
// The objects are not freed: they stay where they are, as on a slab, so that a look-up that is late
// meets a word. What their release writes is a plain field: who still used it would race for it.
// Twins: the same cache in a few lines (small), with one precaution left out.
//
// What is not explored: creations and what waits (turnstile), which stand on the standard's locks;
// their histories are judged in tests/stress.

#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>
#include <vector>

#include <lastout/cache.hpp>
#include <lastout/hit_count.hpp>

#include "rules/explored.hpp"

namespace {

using interleave::check;
using interleave::plain;
using interleave::result;
using interleave::world;
using lastout::external;

using number = std::uint64_t;

struct item;

/// Where the items of one execution stand.
struct places {
  static std::uint32_t number_of(const void* of) noexcept {
    std::uint32_t n = 0;
    while (static_cast<const void*>(at[n]) != of) ++n;
    return n;
  }
  static void* used_slot(std::uint32_t slot) noexcept;
  static inline std::array<item*, 4> at = {};
};

struct item : lastout::cached<item> {
  using memory_type = places;
  item(std::uint32_t slot, number n) : name(n) { places::at[slot] = this; }
  [[nodiscard]] static std::uint64_t charge() noexcept { return 1; }
  void release() noexcept {
    alive = false;
    ++released;
  }
  plain<number> name;
  plain<bool> alive{true};
  int released = 0;
};
void* places::used_slot(std::uint32_t slot) noexcept { return at[slot]; }

external<item> born(item& made) {
  lastout::reference_access::birth(made);
  return external<item>::adopt(&made);
}

number name_of(const item& each) noexcept { return each.name.read(); }
/// All names have one hash: a look-up may meet another one first.
struct the_same {
  std::size_t operator()(number) const noexcept { return 1; }
};
struct few {
  static constexpr std::uint32_t slots = 4;
  static constexpr std::uint32_t segments_max = 1;
  static constexpr std::uint32_t grow_at = 3;
  static constexpr std::uint32_t shrink_at = 1;
};
using cache = lastout::cache<number, item, &name_of, the_same, std::equal_to<>, few>;

void use(const item& got) {
  check(got.name.read() == 1, "what is found has the name");
  check(got.alive.read(), "what is found is alive");
}

/// One entry that the cache keeps; `first` is a reference to it.
class real {
 public:
  real() : real(false) {}
  explicit real(bool behind_another) {
    if (behind_another) other_ = all_->insert(born(c_));
    first = all_->insert(born(a_));
    check(bool(first), "there is room");
  }

  void look_up() {
    if (const external<item> got = all_->get(1)) use(*got);
  }
  void find() {
    const external<item> got = all_->get(1);
    check(bool(got), "what is in all the time is found");
    use(*got);
  }
  void put() { first.put(); }
  void put_other() { second.put(); }
  void evict() { (void)all_->shrink(1); }
  void evict_it() {
    (void)all_->evict_if([](const item&) { return true; });
  }
  void erase() { (void)all_->erase(number{1}); }
  void kill() { first.kill_on_put(); }
  void replace() { second = all_->replace(born(b_)); }
  void insert() { second = all_->insert(born(b_)); }
  void rename() {
    check(all_->rename(*first, [] {}), "nobody has its name");
  }

  // While nobody else does anything.
  void share() { second = first; }
  void put_all() {
    first.put();
    second.put();
    other_.put();
  }
  bool idle() {
    const lastout::cache_statistics now = all_->statistics();
    return now.idle_entries == all_->size() && now.pinned_entries == 0;
  }
  bool there() { return bool(all_->get(1)); }
  /// Evicts all that is idle, and ends the cache.
  void close() {
    const std::uint64_t size = all_->size();
    check(all_->shrink(10) == size, "all that is idle can be evicted");
    all_.reset();
  }
  int released() const { return a_.released + b_.released + c_.released; }

 private:
  item a_{0, 1};
  item b_{1, 1};
  item c_{2, 2};
  std::unique_ptr<cache> all_ = std::make_unique<cache>(cache::options{.idle_charge_max = 4});
  external<item> other_;

 public:
  external<item> first, second;
};

/// The same; who looks for it meets another one first.
class crowded : public real {
 public:
  crowded() : real(true) {}
};

/// What is left out.
enum class without {
  nothing,
  last_look,       // the hand ends who had no user when it looked
  one_step,        // the hand looks, and then takes its reference off
  coming_back,     // the last put of a parked one forgets it
  settling,        // the last put of one that is leaving does not ask whether it still is the last
  leaving_a_word,  // a put that was overtaken does not say that it is done
};

/// The word's part of it: one entry, which is in the table until it is dead.
template <without Precaution>
class small {
 public:
  void look_up() {
    if (!word_.get_not_zero()) return;
    check(alive_.read(), "what is found is alive");
    put();
  }
  void find() {
    check(word_.get_not_zero(), "what is in all the time is found");
    check(alive_.read(), "what is found is alive");
    put();
  }
  void put() {
    if (word_.put_to_zero()) last_put();
  }
  void put_other() { put(); }
  void evict() {
    const std::lock_guard held(lock_);
    if (!queued_) return;
    queued_ = false;
    if (Precaution == without::one_step) {
      if (word_.references() > 1) return word_.put_to_zero() ? void() : void();
    } else if (word_.put_not_last()) {
      return;
    }
    if (Precaution == without::last_look) return release();
    while (!word_.bury_sole(1))
      if (word_.put_not_last()) return;
    release();
  }
  void erase() {
    if (!word_.get_not_zero()) return;
    kill();
    put();
  }
  void kill() {
    const std::lock_guard held(lock_);
    leaving_ = true;
    if (queued_) check(word_.put_not_last(), "the caller has one");
    queued_ = false;
  }

  void share() { word_.get(); }
  void put_all() {}
  bool idle() { return word_.references() == (queued_ ? 1U : 0U); }
  bool there() { return word_.get_not_zero() && (put(), true); }
  void close() {
    evict();
    check(word_.dead(), "all that is idle can be evicted");
  }
  int released() const { return released_; }

 private:
  void last_put() {
    for (;;) {
      {
        const std::lock_guard held(lock_);
        if (leaving_) {
          if (Precaution == without::settling ||
              word_.settle(lastout::count_state::dead) != lastout::settled::not_ours)
            return release();
        } else if (Precaution == without::coming_back) {
          return;
        } else if (word_.take_back()) {
          queued_ = true;
          return;
        }
      }
      if (Precaution == without::leaving_a_word || word_.leave()) return;
    }
  }
  void release() {
    alive_ = false;
    ++released_;
  }

  lastout::hit_count word_{2};
  interleave::mutex lock_;
  bool queued_ = true;  // and this under the lock
  bool leaving_ = false;
  plain<bool> alive_{true};
  int released_ = 0;
};

enum class ends { kept, either };

template <class Cache>
using part = void (Cache::*)();

/// Runs the parts against each other, each in a thread of its own. In the end what is there is idle,
/// and goes, and each object is released once.
template <class Cache>
result explore(std::initializer_list<part<Cache>> before, std::vector<part<Cache>> parts, ends how,
               int objects = 1, const interleave::options& o = {}) {
  const rules::violations_fail strict;
  const std::vector<part<Cache>> set_up = before;
  return interleave::explore(o, [=](world& w) {
    const auto s = std::make_shared<Cache>();
    for (const part<Cache> each : set_up) ((*s).*each)();
    for (const part<Cache> each : parts) w.thread([s, each] { ((*s).*each)(); });
    w.finally([s, how, objects] {
      s->put_all();
      check(s->idle(), "what is there is idle");
      if (how == ends::kept) check(s->there(), "it is kept");
      s->close();
      check(s->released() == objects, "released once");
    });
  });
}

/// Where both of two lock and unlock many times: as far as three changes of thread show.
const interleave::options few_changes = {.preemption_bound = 3};
const interleave::options two_changes = {.preemption_bound = 2};
template <class Cache>
interleave::options as_far_as_is_worth_it() {
  return std::is_same_v<Cache, real> ? few_changes : interleave::options{};
}

template <class Cache>
result a_hit_against_an_eviction() {
  return explore<Cache>({&Cache::put}, {&Cache::look_up, &Cache::evict}, ends::either);
}
template <class Cache>
result the_end_of_a_use_against_a_look_up() {
  return explore<Cache>({&Cache::evict}, {&Cache::put, &Cache::find}, ends::kept);
}
template <class Cache>
result the_end_of_a_use_against_a_hand() {
  return explore<Cache>({}, {&Cache::put, &Cache::evict}, ends::either);
}
template <class Cache>
result a_kill_against_the_last_put() {
  return explore<Cache>({&Cache::share, &Cache::kill}, {&Cache::put, &Cache::put_other},
                        ends::either);
}
template <class Cache>
result an_erase_against_an_eviction() {
  return explore<Cache>({&Cache::put}, {&Cache::erase, &Cache::evict}, ends::either, 1,
                        as_far_as_is_worth_it<Cache>());
}
template <class Cache>
result an_erase_against_the_last_put() {
  return explore<Cache>({&Cache::evict}, {&Cache::erase, &Cache::put}, ends::either, 1,
                        as_far_as_is_worth_it<Cache>());
}

/// edges_test asks whether each order is needed by the scenarios that are listed there: what is run
/// here besides is not among them.
class exploration : public testing::Test {
 protected:
  ~exploration() override { interleave::forget_sites(); }
};
class cache_twins_test : public exploration {};
class cache_edges_of_the_table_test : public exploration {};
class cache_edges_of_three_test : public exploration {};
template <class Cache>
class cache_edges_test : public exploration {};
using caches = testing::Types<real, small<without::nothing>>;
TYPED_TEST_SUITE(cache_edges_test, caches);

TYPED_TEST(cache_edges_test, who_is_hit_is_not_evicted_and_who_is_evicted_is_not_hit) {
  EXPECT_HOLDS(a_hit_against_an_eviction<TypeParam>());
}
TYPED_TEST(cache_edges_test, who_was_parked_is_found_while_its_use_ends) {
  EXPECT_HOLDS(the_end_of_a_use_against_a_look_up<TypeParam>());
}
TYPED_TEST(cache_edges_test, a_use_that_ends_while_a_hand_comes_by_is_not_lost) {
  EXPECT_HOLDS(the_end_of_a_use_against_a_hand<TypeParam>());
}
TYPED_TEST(cache_edges_test, who_was_killed_dies_with_whoever_puts_last) {
  EXPECT_HOLDS(a_kill_against_the_last_put<TypeParam>());
}
TYPED_TEST(cache_edges_test, who_is_erased_and_evicted_leaves_once) {
  EXPECT_HOLDS(an_erase_against_an_eviction<TypeParam>());
}
TYPED_TEST(cache_edges_test, who_is_erased_while_its_use_ends_leaves_once) {
  EXPECT_HOLDS(an_erase_against_the_last_put<TypeParam>());
}

// Rules 33, 12: who was idle when somebody looked may be in use when he acts.
TEST_F(cache_twins_test, twin_that_ends_whom_it_saw_idle_is_caught) {
  EXPECT_BREAKS("wrong|data race", a_hit_against_an_eviction<small<without::last_look>>());
}
// Rule 32: neither in a queue nor in use, it is nowhere.
TEST_F(cache_twins_test, twin_that_looks_and_then_parks_is_caught) {
  EXPECT_BREAKS("wrong", the_end_of_a_use_against_a_hand<small<without::one_step>>());
}
TEST_F(cache_twins_test, twin_that_does_not_bring_back_whom_it_parked_is_caught) {
  EXPECT_BREAKS("wrong", the_end_of_a_use_against_a_hand<small<without::coming_back>>());
}
// Rules 30, 31: a put that was overtaken by one that revived the entry, and dropped it.
TEST_F(cache_twins_test, twin_that_releases_without_settling_is_caught) {
  EXPECT_BREAKS("wrong|data race", an_erase_against_the_last_put<small<without::settling>>());
}
TEST_F(cache_twins_test, twin_whose_overtaken_put_does_not_say_that_it_is_done_is_caught) {
  EXPECT_BREAKS("wrong", the_end_of_a_use_against_a_look_up<small<without::leaving_a_word>>());
}

// What only the real one does.

TEST_F(cache_edges_of_the_table_test, a_name_that_is_replaced_is_found_all_the_time) {
  EXPECT_HOLDS(
      explore<real>({&real::put}, {&real::replace, &real::find}, ends::kept, 2, few_changes));
  EXPECT_HOLDS(explore<crowded>({&crowded::put}, {&crowded::replace, &crowded::find}, ends::kept, 3,
                                two_changes));
}
TEST_F(cache_edges_of_the_table_test,
       of_an_insert_and_an_eviction_of_its_name_either_may_come_first) {
  EXPECT_HOLDS(
      explore<real>({&real::put}, {&real::insert, &real::evict}, ends::either, 2, two_changes));
}
TEST_F(cache_edges_of_the_table_test, one_that_is_replaced_and_evicted_leaves_once) {
  EXPECT_HOLDS(
      explore<real>({&real::put}, {&real::replace, &real::evict}, ends::either, 2, two_changes));
}
TEST_F(cache_edges_of_the_table_test, a_walk_that_evicts_and_a_hit) {
  EXPECT_HOLDS(
      explore<real>({&real::put}, {&real::evict_it, &real::look_up}, ends::either, 1, few_changes));
}
TEST_F(cache_edges_of_the_table_test, a_walk_that_evicts_and_the_end_of_a_use) {
  EXPECT_HOLDS(
      explore<real>({&real::evict}, {&real::evict_it, &real::put}, ends::either, 1, few_changes));
}
TEST_F(cache_edges_of_the_table_test, a_rename_and_a_hand) {
  EXPECT_HOLDS(explore<real>({}, {&real::rename, &real::evict}, ends::either, 1, few_changes));
}

// Three of them.
TEST_F(cache_edges_of_three_test, the_end_of_a_use_a_hit_and_a_hand) {
  EXPECT_HOLDS(explore<real>({&real::evict}, {&real::put, &real::look_up, &real::evict},
                             ends::either, 1, two_changes));
  EXPECT_HOLDS(explore<real>({&real::evict}, {&real::put, &real::erase, &real::look_up},
                             ends::either, 1, two_changes));
}
TEST_F(cache_edges_of_three_test, the_word_in_every_interleaving) {
  using word = small<without::nothing>;
  EXPECT_HOLDS(
      explore<word>({&word::evict}, {&word::put, &word::look_up, &word::evict}, ends::either));
}

}  // namespace
