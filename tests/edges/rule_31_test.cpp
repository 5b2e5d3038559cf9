// rule_31 - the stalled releaser: a thread that decremented to zero and slept frees nothing, and
// touches nothing, that another thread has since freed or revived.
//
// Twins: a word that looks again after it lost (rcuref_put's slow path; BIND9's isc_socket_detach);
// a kcref that tests, then locks, and kills what it thinks it has (nilfs_root).

#include <lastout/locked_word.hpp>

#include "edges/cached.hpp"
#include "edges/listed.hpp"

namespace {

namespace order = lastout::order;

// Broken: between the two halves of its put the object may have been revived, dropped and freed.
class looks_again {
 public:
  void birth(std::uint32_t n, lastout::subject) noexcept { count_.store(n, order::release); }
  void get(lastout::subject) noexcept { count_.fetch_add(1, order::relaxed); }
  bool get_not_zero(lastout::subject) noexcept {
    return (count_.fetch_add(1, order::acquire) & released) == 0;
  }
  bool put(lastout::subject) noexcept {
    if (count_.fetch_sub(1, order::acq_rel) != 1) return false;
    std::uint32_t zero = 0;
    return count_.compare_exchange_strong(zero, released, order::acquire, order::relaxed);
  }
  bool dead() const noexcept { return (count_.load(order::relaxed) & released) != 0; }
  std::uint32_t references() const noexcept { return count_.load(order::relaxed); }

 private:
  static constexpr std::uint32_t released = 1u << 31;
  lastout::atomic<std::uint32_t> count_{released};
};

/// A reader who revives the object, uses it and drops it while the first put has yet to settle.
template <class Word>
interleave::result revived_and_dropped() {
  using object = listed::item<Word>;
  return listed::last_put_against<object>([](listed::list<object>& l) {
    listed::guard held(l.lock);
    const lastout::external<object> found = l.first.get_not_zero(held);
    held.unlock();
    if (found) interleave::check(found->value.read() == 42, "the object is whole");
  });
}

// Broken: kills what was its own when it tested.
struct tests_then_locks {
  template <class T>
  static void run(T& object, lastout::atomic<int>&) noexcept {
    cached::guard held(std::get<0>(object.locks()));
    object.unlink({});
    held.unlock();
    delete &object;
  }
};

template <class T>
using nilfs_root = cached::by_hand<T, tests_then_locks>;

TEST(rule_31, a_stalled_put_of_a_kref_leaves_what_others_settled) {
  EXPECT_HOLDS(revived_and_dropped<lastout::refcount>());
  EXPECT_HOLDS(revived_and_dropped<lastout::locked_word>());
}
TEST(rule_31, a_stalled_put_of_a_kcref_leaves_what_others_settled) {
  using object = cached::item<cached::real>;
  EXPECT_HOLDS(cached::last_put_beside<object>({}, lastout::fate::kill, cached::look_up));
  EXPECT_HOLDS(
      cached::last_put_beside<object>({}, lastout::fate::keep, cached::look_up, cached::shrink));
  EXPECT_HOLDS(cached::last_put_beside<object>({.preemption_bound = 4}, lastout::fate::kill,
                                               cached::look_up, cached::look_up));
}
TEST(rule_31, twin_word_that_looks_again_is_caught) {
  EXPECT_BREAKS("use after|data race", revived_and_dropped<looks_again>());
}
TEST(rule_31, twin_that_tests_then_locks_is_caught) {
  EXPECT_BREAKS(
      "wrong: |use after|data race|freed twice",
      cached::last_put_beside<cached::item<nilfs_root>>({}, lastout::fate::kill, cached::look_up));
}

}  // namespace
