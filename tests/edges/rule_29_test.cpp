// rule_29 - locking the object is not enough: between look-up and lock it may have become a
// different object.
//
// Scenario: a slot whose memory is used again under another name. One thread looks for name 1, the
// other kills what is idle there and makes name 2 of it. Right: one critical section of the table's
// lock, or the object's lock and then the name again. Twin: the object's lock only.

#include <memory>
#include <mutex>
#include <tuple>

#include <lastout/kcref.hpp>

#include "rules/explored.hpp"

namespace {

using lastout::external;
using guard = std::unique_lock<interleave::mutex>;

enum class guarded_by { table, itself };

template <guarded_by By>
struct slot : lastout::kcref<slot<By>, interleave::mutex> {
  using proof = typename lastout::kcref<slot<By>, interleave::mutex>::idle_proof;

  explicit slot(interleave::mutex& t) : table(t) {}
  interleave::mutex& lock() noexcept { return By == guarded_by::table ? table : own; }
  std::tuple<interleave::mutex&> locks() noexcept { return {lock()}; }
  void unlink(const proof&) noexcept {}
  lastout::fate idle(const proof&) noexcept { return lastout::fate::keep; }
  void release() noexcept {}  // the memory stays a slot

  interleave::mutex& table;
  interleave::mutex own;
  interleave::plain<int> name{1};
};

struct in_one_section {
  static constexpr guarded_by by = guarded_by::table;
  template <class T>
  static external<T> find(T& in, int name) {
    const guard held(in.table);
    return in.name.read() == name ? in.resurrect(held) : external<T>();
  }
};

struct looks_at_the_name_again {
  static constexpr guarded_by by = guarded_by::itself;
  template <class T>
  static external<T> find(T& in, int name) {
    guard held(in.table);
    const bool listed = in.name.read() == name;
    held.unlock();
    if (!listed) return {};
    const guard locked(in.own);
    return in.name.read() == name ? in.resurrect(locked) : external<T>();
  }
};

// Broken: the object that it locked is another one now.
struct locks_what_it_found {
  static constexpr guarded_by by = guarded_by::itself;
  template <class T>
  static external<T> find(T& in, int name) {
    guard held(in.table);
    const bool listed = in.name.read() == name;
    held.unlock();
    if (!listed) return {};
    const guard locked(in.own);
    return in.resurrect(locked);
  }
};

template <class Reader>
interleave::result look_up_while_the_name_changes() {
  const rules::violations_fail strict;
  return interleave::explore({}, [](interleave::world& w) {
    using object = slot<Reader::by>;
    struct state {
      interleave::mutex table;
      object place{table};
    };
    auto s = std::make_shared<state>();
    lastout::reference_access::birth(s->place);
    (void)external<object>::adopt(&s->place);  // idle, named 1
    w.thread([=] {
      if (const external<object> found = Reader::find(s->place, 1)) {
        interleave::check(found->name.read() == 1, "found by its name");
      }
    });
    w.thread([=] {
      std::unique_lock renaming(s->table);
      guard locked(s->place.own);
      auto gone = s->place.kill_idle(Reader::by == guarded_by::table ? renaming : locked);
      if (!gone) return;
      {
        const auto released = std::move(gone);
      }
      s->place.name = 2;
      lastout::reference_access::birth(s->place);
      locked.unlock();
      renaming.unlock();
      (void)external<object>::adopt(&s->place);
    });
    w.finally([=] {
      const guard held(s->place.lock());
      (void)s->place.kill_idle(held);
    });
  });
}

TEST(rule_29, a_name_is_found_in_one_section_or_looked_at_again) {
  EXPECT_HOLDS(look_up_while_the_name_changes<in_one_section>());
  EXPECT_HOLDS(look_up_while_the_name_changes<looks_at_the_name_again>());
}
TEST(rule_29, twin_that_locks_what_it_found_is_caught) {
  EXPECT_BREAKS("wrong: found by its name", look_up_while_the_name_changes<locks_what_it_found>());
}

}  // namespace
