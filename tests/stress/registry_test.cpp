// registry_test.cpp - many threads at few names: one order explains what they saw.

#include "stress/stress.hpp"

#include <array>
#include <barrier>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <utility>

#include <lastout/in_slab.hpp>
#include <lastout/kref.hpp>
#include <lastout/registry.hpp>

#include "stress/name_history.hpp"
#include "stress/small_table.hpp"

namespace {

using namespace stress;
using lastout::external;
using lastout::in_slab;
using lastout::kref;
using lastout::make;

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

// Histories.

template <template <class> class Table>
struct noted : kref<noted<Table>>, in_slab<noted<Table>> {
  using table = Table<noted>;

  noted(table& in, std::uint64_t n) : home(in), name(n), number(++numbers) {}
  void release() noexcept {
    if (notes != nullptr) notes->died(name, number);
    home.leave(*this);
    delete this;
  }
  table& home;
  const std::uint64_t name;
  const object_number number;
  canary alive;

  static inline std::atomic<object_number> numbers = 0;
  static inline thread_local name_history::part* notes = nullptr;
};

template <class T>
std::uint64_t name_of(const T& object) noexcept {
  return object.name;
}
template <class T>
using real = lastout::registry<std::uint64_t, T, &name_of<T>, crowded, std::equal_to<>, tiny>;
template <class T>
using small = small_table<T, broken::nothing>;
template <class T>
using no_second_look = small_table<T, broken::second_look>;
template <class T>
using no_counted_moves = small_table<T, broken::counted_moves>;
template <class T>
using no_look_at_the_name = small_table<T, broken::own_names_only>;
template <class T>
using look_outside_the_lock = small_table<T, broken::look_before_insert>;

/// One thread's part in a round: few calls, at few names.
template <class Object>
class caller {
 public:
  caller(typename Object::table& in, name_history::part& notes, std::uint64_t names)
      : in_(in), notes_(notes), names_(names) {
    Object::notes = &notes;
  }
  caller(const caller&) = delete;
  caller& operator=(const caller&) = delete;
  ~caller() {
    while (!held_.empty()) drop(held_.size() - 1);
    Object::notes = nullptr;
  }

  void call_something(chance& c) {
    const std::uint64_t name = c.below(names_);
    switch (c.below(7)) {
      case 0:
      case 1:
      case 2: return note(asked::find, name, 0, [&] { return in_.find(name); });
      case 3: {
        external<Object> made = make<Object>(in_, name);
        const object_number brings = made->number;
        return note(asked::insert, name, brings, [&] { return in_.insert(std::move(made)); });
      }
      case 4: return note(asked::erase, name, 0, [&] { return in_.erase(name); });
      case 5: {
        object_number brings = 0;
        notes_.begin();
        external<Object> got = in_.get_or_create(name, [&] {
          external<Object> made = make<Object>(in_, name);
          brings = made->number;
          return made;
        });
        notes_.end(asked::create, name, brings, number(got));
        return keep(std::move(got));
      }
      default:
        if (!held_.empty()) drop(c.below(held_.size()));
    }
  }

 private:
  template <class Call>
  void note(asked what, std::uint64_t name, object_number brings, Call run) {
    notes_.begin();
    external<Object> got = run();
    notes_.end(what, name, brings, number(got));
    keep(std::move(got));
  }
  static object_number number(const external<Object>& of) { return of ? of->number : 0; }

  void keep(external<Object> got) {
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

  typename Object::table& in_;
  name_history::part& notes_;
  std::uint64_t names_;
  std::vector<external<Object>> held_;
};

/// Names that nobody looks at, so that the table grows and shrinks.
template <class Object>
void come_and_go(typename Object::table& in, chance& c) {
  std::vector<external<Object>> held;
  for (std::size_t n = 10 + c.below(40); n != 0; --n)
    held.push_back(in.insert(make<Object>(in, 1000 + c.below(10'000))));
}

constexpr int callers = 4;
constexpr int rounds_together = 50;  // by the same threads

/// One after the other, what all threads do and what they saw.
template <class Object>
class rounds_of {
 public:
  rounds_of(typename Object::table& in, std::uint64_t names, bool grows)
      : in_(in), names_(names), grows_(grows) {}

  /// Returns   the first history that no order explains, as text; else empty.
  std::string run(std::uint64_t seed) {
    const int n = callers + (grows_ ? 1 : 0);
    std::barrier<std::function<void()>> all_are_done(n, [this] { judge(); });
    run_on_threads(n, seed, [&](int i, chance& c) {
      for (int round = 0; round < rounds_together; ++round) {
        if (i == callers) {
          come_and_go<Object>(in_, c);
        } else {
          caller<Object> me(in_, notes_->of(i), names_);
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
    for (std::uint64_t name = 0; name < names_; ++name) {
      const std::vector<call> calls = notes_->of_name(name);
      EXPECT_LE(calls.size(), 64u);
      if (!unexplained_.empty() || explained(calls)) continue;
      for (const call& each : calls) unexplained_ += testing::PrintToString(each) + "\n";
    }
    notes_ = std::make_unique<name_history>(callers);
    Object::numbers = 0;
  }

  typename Object::table& in_;
  const std::uint64_t names_;
  const bool grows_;
  std::unique_ptr<name_history> notes_ = std::make_unique<name_history>(callers);
  std::string unexplained_;
};

template <template <class> class Table>
std::string unexplained(int times, std::uint64_t names = crowded_names) {
  using object = noted<Table>;
  using table = typename object::table;
  const auto in = std::make_unique<table>();
  for (int done = 0; done < times; done += rounds_together) {
    rounds_of<object> rounds(*in, names, std::is_same_v<table, real<object>>);
    const std::string text = rounds.run(static_cast<std::uint64_t>(done));
    if (!text.empty()) return "round " + std::to_string(done) + " or after\n" + text;
  }
  return {};
}

class registry_history_test : public stress_test {};

TEST_F(registry_history_test, one_order_explains_what_all_threads_saw) {
  EXPECT_EQ(unexplained<real>(rounds(2000)), "");
}
TEST_F(registry_history_test, one_order_explains_what_all_threads_saw_of_one_name) {
  EXPECT_EQ(unexplained<real>(rounds(2000), 1), "");
}

// The judge and its threads find what is broken; and only that.
TEST_F(registry_history_test, one_order_explains_the_same_algorithm_in_a_few_slots) {
  EXPECT_EQ(unexplained<small>(rounds(1000)), "");
}
TEST_F(registry_history_test, twin_that_does_not_look_twice_is_caught) {
  EXPECT_NE(unexplained<no_second_look>(100'000, 1), "");
}
TEST_F(registry_history_test, twin_that_does_not_count_moves_is_caught) {
  EXPECT_NE(unexplained<no_counted_moves>(100'000), "");
}
TEST_F(registry_history_test, twin_that_does_not_look_at_the_name_is_caught) {
  EXPECT_NE(unexplained<no_look_at_the_name>(100'000), "");
}
TEST_F(registry_history_test, twin_that_looks_and_then_inserts_is_caught) {
  EXPECT_NE(unexplained<look_outside_the_lock>(100'000), "");
}

// Two registries of one type of object, with the same names: memory goes from one to the other.

struct lodger;
std::uint64_t name_of_lodger(const lodger& l) noexcept;
using house =
    lastout::registry<std::uint64_t, lodger, &name_of_lodger, crowded, std::equal_to<>, tiny>;
struct lodger : kref<lodger>, in_slab<lodger> {
  lodger(house& in, std::uint64_t n) : home(&in), name(n), again(n) {}
  void release() noexcept {
    home->leave(*this);
    delete this;
  }
  void check(const house& in, std::uint64_t asked_for) const {
    alive.check();
    if (home != &in) ADD_FAILURE() << "an object of the other registry";
    if (name != asked_for || again != name) ADD_FAILURE() << "an object of another name";
  }
  house* const home;
  const std::uint64_t name;
  canary alive;
  std::uint64_t again;  // a plain field: ThreadSanitizer is the second judge
};
std::uint64_t name_of_lodger(const lodger& l) noexcept { return l.name; }

class registry_stress_test : public stress_test {};

TEST_F(registry_stress_test, no_registry_hands_out_an_object_of_the_other_one) {
  constexpr std::uint64_t names = 40;  // of which four are crowded
  std::array<house, 2> houses;
  std::array<std::atomic<long>, 2> found = {};
  const int steps = rounds(20'000);
  run_on_threads(threads(), 0, [&](int, chance& c) {
    std::vector<external<lodger>> held;
    for (int step = 0; step < steps; ++step) {
      const std::size_t which = c.below(2);
      house& in = houses[which];
      const std::uint64_t name = c.below(c.one_in(2) ? crowded_names : names);
      external<lodger> got;
      switch (c.below(6)) {
        case 0:
        case 1: got = in.find(name); break;
        case 2: got = in.insert(make<lodger>(in, name)); break;
        case 3: got = in.get_or_create(name, [&] { return make<lodger>(in, name); }); break;
        case 4: got = in.erase(name); break;
        default:
          if (c.one_in(50)) {
            in.for_each([&](external<lodger> each) { each->check(in, each->name); });
          } else if (!held.empty()) {
            std::swap(held[c.below(held.size())], held.back());
            held.pop_back();
          }
      }
      if (!got) continue;
      ++found[which];
      got->check(in, name);
      held.push_back(std::move(got));
      if (held.size() > 8) held.erase(held.begin(), held.begin() + 4);
    }
  });
  for (std::size_t i = 0; i < houses.size(); ++i) {
    EXPECT_GT(found[i], 0);
    EXPECT_EQ(houses[i].size(), 0u);
  }
}

// Where it grows in no other way, it grows when a segment is full: whoever finds that, while others
// come, go and count.
struct grows_when_full {
  static constexpr std::uint32_t slots = 16;
  static constexpr std::uint32_t segments_max = 1u << 10;
  static constexpr std::uint32_t grow_at = 15;
  static constexpr std::uint32_t shrink_at = 1;
};
struct tenant;
std::uint64_t name_of_tenant(const tenant& t) noexcept;
using block = lastout::registry<std::uint64_t, tenant, &name_of_tenant,
                                lastout::key_hash<std::uint64_t>, std::equal_to<>, grows_when_full>;
struct tenant : kref<tenant>, in_slab<tenant> {
  tenant(block& in, std::uint64_t n) : home(&in), name(n) {}
  void release() noexcept {
    home->leave(*this);
    delete this;
  }
  block* const home;
  const std::uint64_t name;
  canary alive;
};
std::uint64_t name_of_tenant(const tenant& t) noexcept { return t.name; }

TEST_F(registry_stress_test, a_table_that_grows_when_it_is_full_loses_no_name) {
  constexpr std::uint64_t each_one_s = 100;
  const int n = threads();
  for (int round = 0; round < rounds(100) / 4; ++round) {
    block all;
    std::vector<std::vector<external<tenant>>> held(static_cast<std::size_t>(n));
    run_on_threads(n, static_cast<std::uint64_t>(round), [&](int i, chance& c) {
      auto& mine = held[static_cast<std::size_t>(i)];
      for (std::uint64_t k = 0; k < each_one_s; ++k) {
        mine.push_back(all.insert(make<tenant>(all, static_cast<std::uint64_t>(i) * 1000 + k)));
        EXPECT_TRUE(mine.back()) << "there is room";
        if (c.one_in(4)) mine.pop_back();
        if (!c.one_in(16)) continue;
        EXPECT_LE(all.size(), static_cast<std::size_t>(n) * each_one_s);
      }
    });
    std::size_t left = 0;
    for (const auto& mine : held) {
      left += mine.size();
      for (const external<tenant>& each : mine) ASSERT_EQ(all.find(each->name), each);
    }
    EXPECT_EQ(all.size(), left);
  }
}

}  // namespace
