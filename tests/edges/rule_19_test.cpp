// rule_19 - from an internal source, get fails once release has run: that is what parts
// get_not_zero from resurrection.
//
// Twin: a kref over a word whose get_not_zero brings the object back.

#include <lastout/locked_word.hpp>

#include "edges/listed.hpp"

namespace {

namespace order = lastout::order;
using listed::guard;
using listed::item;
using listed::last_put_against;
using listed::list;

// Broken: get_not_zero resurrects.
class resurrects {
 public:
  void birth(std::uint32_t n, lastout::subject) noexcept { count_.store(n, order::release); }
  void get(lastout::subject) noexcept { count_.fetch_add(1, order::relaxed); }
  bool get_not_zero(lastout::subject) noexcept {
    count_.fetch_add(1, order::acquire);
    return true;
  }
  bool put(lastout::subject) noexcept { return count_.fetch_sub(1, order::acq_rel) == 1; }
  bool dead() const noexcept { return count_.load(order::relaxed) == 0; }
  std::uint32_t references() const noexcept { return count_.load(order::relaxed); }

 private:
  lastout::atomic<std::uint32_t> count_{0};
};

/// Releases in two steps, so that the object can be met in the list when release has begun. Both
/// parties touch `released` under the list's lock only.
struct says_so_first {
  template <class T>
  static void run(T& object) noexcept {
    {
      const guard held(object.in.lock);
      object.gone = true;
    }
    listed::unlinks_then_frees::run(object);
  }
};

template <class Word>
struct announced : rules::watched_memory, lastout::kref<announced<Word>, Word> {
  explicit announced(list<announced>& l) : in(l) {}
  void release() noexcept { says_so_first::run(*this); }
  list<announced>& in;
  bool gone = false;
};

template <class Word>
interleave::result get_against_release() {
  using object = announced<Word>;
  return last_put_against<object>([](list<object>& l) {
    guard held(l.lock);
    object* const listed = l.pointer.read();
    const bool gone = listed != nullptr && listed->gone;
    const lastout::external<object> found = l.first.get_not_zero(held);
    interleave::check(!(gone && found), "fails once release has run");
    held.unlock();
  });
}

TEST(rule_19, get_not_zero_fails_once_release_has_run) {
  EXPECT_HOLDS(get_against_release<lastout::refcount>());
  EXPECT_HOLDS(get_against_release<lastout::locked_word>());
}
TEST(rule_19, twin_that_resurrects_is_caught) {
  EXPECT_BREAKS("", get_against_release<resurrects>());
}

}  // namespace
