// cache_history_test.cpp - many threads at a cache of few names and less room: one order explains
// what they saw.

#include "stress/stress.hpp"

#include <array>
#include <barrier>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include <lastout/cache.hpp>

#include "stress/cache_of_a_map.hpp"
#include "stress/name_history.hpp"

namespace {

using namespace stress;
using lastout::cached;
using lastout::external;
using lastout::make;

// The judge, on what only caches do.

call replaced(stamp from, stamp to, object_number brought) {
  return {asked::replace, 1, from, to, brought, brought};
}
call found(stamp from, stamp to, object_number got) { return {asked::find, 1, from, to, 0, got}; }
call erased(stamp from, stamp to, object_number got) { return {asked::erase, 1, from, to, 0, got}; }
call erased_that(stamp from, stamp to, object_number which, object_number got) {
  return {asked::erase_that, 1, from, to, which, got};
}
call died(stamp from, stamp to, object_number who) { return {asked::death, 1, from, to, who, 0}; }

TEST(cache_history_test, the_judge_knows_what_replace_and_erase_answer) {
  EXPECT_TRUE(explained({replaced(1, 2, 7), replaced(3, 4, 8), found(5, 6, 8)}));
  EXPECT_FALSE(explained({replaced(1, 2, 7), replaced(3, 4, 8), found(5, 6, 7)}));
  EXPECT_FALSE(explained({replaced(1, 2, 7), replaced(3, 6, 8), found(4, 5, 0)})) << "a gap";
  EXPECT_TRUE(explained({replaced(1, 2, 7), erased(3, 4, somebody), found(5, 6, 0)}));
  EXPECT_FALSE(explained({erased(1, 2, somebody)}));
  EXPECT_FALSE(explained({replaced(1, 2, 7), erased(3, 4, 0)}));
  EXPECT_TRUE(explained({replaced(1, 2, 7), erased_that(3, 4, 7, 7), found(5, 6, 0)}));
  EXPECT_TRUE(explained({replaced(1, 2, 7), erased_that(3, 4, 6, 0), found(5, 6, 7)}));
  EXPECT_FALSE(explained({replaced(1, 2, 7), erased_that(3, 4, 7, 0)}));
  EXPECT_FALSE(explained({replaced(1, 2, 7), erased_that(3, 4, 6, 6)}));
  EXPECT_TRUE(explained({replaced(1, 2, 7), died(3, 6, 7), found(4, 5, 7), found(7, 8, 0)}));
}

// Histories.

/// A few names fill a segment, so that it is divided and joined all the time.
struct tiny {
  static constexpr std::uint32_t slots = 16;
  static constexpr std::uint32_t segments_max = 1u << 10;
  static constexpr std::uint32_t grow_at = 6;
  static constexpr std::uint32_t shrink_at = 5;
};

/// The names that are looked at have two hashes between them: they stand in each other's way.
constexpr std::uint64_t crowded_names = 4;
struct crowded {
  std::size_t operator()(std::uint64_t name) const noexcept {
    return static_cast<std::size_t>(name < crowded_names ? name % 2 : name);
  }
};

struct noted : cached<noted> {
  explicit noted(std::uint64_t n) : name(n), number(++numbers) {}
  [[nodiscard]] static std::uint64_t charge() noexcept { return 1; }
  void release() noexcept {
    if (notes != nullptr) notes->died(name, number);
    delete this;
  }
  const std::uint64_t name;
  const object_number number;
  canary alive;

  static inline std::atomic<object_number> numbers = 0;
  static inline thread_local name_history::part* notes = nullptr;
};

using real = lastout::cache<std::uint64_t, noted, &noted::name, crowded, std::equal_to<>, tiny>;
/// Room for two: who comes in pushes somebody out.
std::unique_ptr<real> a_cache() {
  return std::make_unique<real>(real::options{.idle_charge_max = 2});
}
/// The same with somebody who looks on: names wait for those who leave.
std::unique_ptr<real> a_cache_that_tells() {
  return std::make_unique<real>(real::options{
      .idle_charge_max = 2, .on_evict = [](noted& n, lastout::eviction) { n.alive.check(); }});
}
template <wrongly Does>
std::unique_ptr<cache_of_a_map<noted, Does>> a_map() {
  return std::make_unique<cache_of_a_map<noted, Does>>();
}

/// One thread's part in a round: few calls, at few names.
template <class Cache>
class caller {
 public:
  caller(Cache& in, name_history::part& notes, std::uint64_t names)
      : in_(in), notes_(notes), names_(names) {
    noted::notes = &notes;
  }
  caller(const caller&) = delete;
  caller& operator=(const caller&) = delete;
  ~caller() {
    while (!held_.empty()) drop(held_.size() - 1);
    noted::notes = nullptr;
  }

  void call_something(chance& c) {
    const std::uint64_t name = c.below(names_);
    switch (c.below(10)) {
      case 0:
      case 1:
      case 2: return note(asked::find, name, 0, [&] { return in_.get(name); });
      case 3: {
        external<noted> made = make<noted>(name);
        const object_number brings = made->number;
        return note(asked::insert, name, brings, [&] { return in_.insert(std::move(made)); });
      }
      case 4: {
        external<noted> made = make<noted>(name);
        const object_number brings = made->number;
        return note(asked::replace, name, brings, [&] { return in_.replace(std::move(made)); });
      }
      case 5: {
        object_number brings = 0;
        notes_.begin();
        external<noted> got = in_.get_or_create(name, [&] {
          external<noted> made = make<noted>(name);
          brings = made->number;
          return made;
        });
        notes_.end(asked::create, name, brings, number(got));
        return keep(std::move(got));
      }
      case 6:
        notes_.begin();
        return notes_.end(asked::erase, name, 0, in_.erase(name) ? somebody : 0);
      case 7: {
        if (held_.empty()) return;
        noted& one = *held_[c.below(held_.size())];
        notes_.begin();
        const bool was_in = in_.erase(one);
        return notes_.end(asked::erase_that, one.name, one.number, was_in ? one.number : 0);
      }
      case 8:
        notes_.begin();  // deaths of anybody
        in_.shrink(1 + c.below(2));
        return;
      default:
        if (held_.empty()) return;
        const std::size_t which = c.below(held_.size());
        if (c.one_in(3)) {
          notes_.begin();
          held_[which].kill_on_put();
        }
        drop(which);
    }
  }

 private:
  template <class Call>
  void note(asked what, std::uint64_t name, object_number brought, Call run) {
    notes_.begin();
    external<noted> got = run();
    notes_.end(what, name, brought, number(got));
    keep(std::move(got));
  }
  static object_number number(const external<noted>& of) { return of ? of->number : 0; }

  void keep(external<noted> got) {
    if (!got) return;
    got->alive.check();
    held_.push_back(std::move(got));
  }
  void drop(std::size_t which) {
    std::swap(held_[which], held_.back());
    notes_.begin();
    held_.back().put();
    held_.pop_back();
  }

  Cache& in_;
  name_history::part& notes_;
  std::uint64_t names_;
  std::vector<external<noted>> held_;
};

/// Names that nobody looks at: the table grows and shrinks, and everybody else is pushed out.
template <class Cache>
void come_and_go(Cache& in, name_history::part& notes, chance& c) {
  noted::notes = &notes;
  std::vector<external<noted>> held;
  for (std::size_t n = 10 + c.below(20); n != 0; --n) {
    notes.begin();
    held.push_back(in.insert(make<noted>(1000 + c.below(10'000))));
  }
  for (external<noted>& each : held) {
    notes.begin();
    each.put();
  }
  noted::notes = nullptr;
}

constexpr int callers = 4;
constexpr int rounds_together = 50;  // by the same threads

/// One after the other, what all threads do and what they saw.
template <class Cache>
class rounds_of {
 public:
  rounds_of(Cache& in, std::uint64_t names) : in_(in), names_(names) {}

  /// Returns   the first history that no order explains, as text; else empty.
  std::string run(std::uint64_t seed) {
    std::barrier<std::function<void()>> all_are_done(callers + 1, [this] { judge(); });
    run_on_threads(callers + 1, seed, [&](int i, chance& c) {
      for (int round = 0; round < rounds_together; ++round) {
        if (i == callers) {
          come_and_go(in_, notes_->of(i), c);
        } else {
          caller<Cache> me(in_, notes_->of(i), names_);
          const std::uint64_t calls = names_ == 1 ? 6 : 9;
          for (std::uint64_t call = 0; call < calls; ++call) me.call_something(c);
        }
        all_are_done.arrive_and_wait();
      }
    });
    return unexplained_;
  }

 private:
  void judge() {
    in_.shrink(lastout::no_limit);  // each round begins with an empty cache
    for (std::uint64_t name = 0; name < names_; ++name) {
      const std::vector<call> calls = notes_->of_name(name);
      EXPECT_LE(calls.size(), 64u);
      if (!unexplained_.empty() || explained(calls)) continue;
      for (const call& each : calls) unexplained_ += testing::PrintToString(each) + "\n";
    }
    notes_ = std::make_unique<name_history>(callers + 1);
    noted::numbers = 0;
  }

  Cache& in_;
  const std::uint64_t names_;
  std::unique_ptr<name_history> notes_ = std::make_unique<name_history>(callers + 1);
  std::string unexplained_;
};

template <class Cache>
std::string unexplained(std::unique_ptr<Cache> in, int times, std::uint64_t names = crowded_names) {
  for (int done = 0; done < times; done += rounds_together) {
    rounds_of<Cache> rounds(*in, names);
    const std::string text = rounds.run(static_cast<std::uint64_t>(done));
    if (!text.empty()) return "round " + std::to_string(done) + " or after\n" + text;
  }
  return {};
}

class cache_histories_test : public stress_test {};

TEST_F(cache_histories_test, one_order_explains_what_all_threads_saw) {
  EXPECT_EQ(unexplained(a_cache(), rounds(1500)), "");
}
TEST_F(cache_histories_test, one_order_explains_what_all_threads_saw_of_one_name) {
  EXPECT_EQ(unexplained(a_cache(), rounds(1500), 1), "");
}
TEST_F(cache_histories_test, one_order_explains_what_they_saw_where_names_are_waited_for) {
  EXPECT_EQ(unexplained(a_cache_that_tells(), rounds(1000)), "");
}

// The judge and its threads find what is broken; and only that.
TEST_F(cache_histories_test, one_order_explains_a_map_under_a_lock) {
  EXPECT_EQ(unexplained(a_map<wrongly::not_at_all>(), rounds(500)), "");
}
TEST_F(cache_histories_test, twin_that_evicts_who_is_in_use_is_caught) {
  EXPECT_NE(unexplained(a_map<wrongly::evicts_who_is_in_use>(), 100'000), "");
}
TEST_F(cache_histories_test, twin_that_looks_and_then_inserts_is_caught) {
  EXPECT_NE(unexplained(a_map<wrongly::looks_then_inserts>(), 100'000, 1), "");
}
TEST_F(cache_histories_test, twin_that_erases_and_then_inserts_is_caught) {
  EXPECT_NE(unexplained(a_map<wrongly::erases_then_inserts>(), 100'000, 1), "");
}

}  // namespace
