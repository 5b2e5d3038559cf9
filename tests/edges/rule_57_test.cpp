// rule_57_test.cpp - whatever any holder wrote before its put is visible to release: in every
// interleaving.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <tuple>

#include <lastout/external.hpp>
#include <lastout/kcref.hpp>
#include <lastout/kref.hpp>
#include <lastout/locked_word.hpp>
#include <lastout/refcount.hpp>

#include "rules/two_counts.hpp"

namespace {

namespace order = lastout::order;
using interleave::check;
using interleave::plain;
using interleave::result;
using interleave::world;
using lastout::external;
using two_counts::flaw;

/// The twins: a word by hand, an order missing at either end (FreeBSD's refcount_release_if_gt
/// lacked the first).
template <std::memory_order Put, std::memory_order Last>
class by_hand {
 public:
  constexpr by_hand() = default;
  void birth(std::uint32_t n, lastout::subject) { count_.store(n, order::relaxed); }
  void get(lastout::subject) { count_.fetch_add(1, order::relaxed); }
  bool put(lastout::subject) {
    if (count_.fetch_sub(1, Put) != 1) return false;
    (void)count_.load(Last);
    return true;
  }
  bool dead() const { return count_.load(order::relaxed) == 0; }
  std::uint32_t references() const { return count_.load(order::relaxed); }

 private:
  lastout::atomic<std::uint32_t> count_{0};
};

/// Each holder has a field of its own, so that nothing but the puts orders them.
template <class Word>
struct session : lastout::kref<session<Word>, Word>, rules::watched_memory {
  void release() noexcept {
    check(wrote[0].read() + wrote[1].read() + wrote[2].read() == 3, "release sees every write");
    delete this;
  }
  plain<int> wrote[3];
};

template <class Word>
result holders_write_and_let_go(std::size_t holders) {
  const rules::violations_fail strict;
  return interleave::explore({}, [holders](world& w) {
    external<session<Word>> first = lastout::make<session<Word>>();
    for (std::size_t i = holders; i < 3; ++i) first->wrote[i] = 1;
    for (std::size_t i = 0; i < holders; ++i) {
      const auto held = std::make_shared<external<session<Word>>>(first);
      w.thread([held, i] {
        (*held)->wrote[i] = 1;
        held->put();
      });
    }
  });
}

TEST(rule_57, release_sees_what_each_holder_wrote) {
  EXPECT_HOLDS(holders_write_and_let_go<lastout::refcount>(2));
  EXPECT_HOLDS(holders_write_and_let_go<lastout::refcount>(3));
  EXPECT_HOLDS(holders_write_and_let_go<lastout::locked_word>(2));
}

TEST(rule_57, twin_is_caught) {
  EXPECT_HOLDS((holders_write_and_let_go<by_hand<order::release, order::acquire>>(2)));
  EXPECT_BREAKS("data race", holders_write_and_let_go<by_hand<order::relaxed, order::acquire>>(2));
  EXPECT_BREAKS("data race", holders_write_and_let_go<by_hand<order::release, order::relaxed>>(2));
}

// put_not_last gives what was written before it to whoever is last.
template <class Word>
result one_leaves_by_put_not_last() {
  const rules::violations_fail strict;
  return interleave::explore({}, [](world& w) {
    struct state {
      Word word{2};
      plain<int> wrote[2];
    };
    const auto s = std::make_shared<state>();
    for (int i = 0; i < 2; ++i) {
      w.thread([s, i] {
        s->wrote[i] = 1;
        if (i == 0 && s->word.put_not_last()) return;
        if (s->word.put()) check(s->wrote[0].read() + s->wrote[1].read() == 2, "sees every write");
      });
    }
  });
}

TEST(rule_57, a_put_that_is_not_to_be_the_last_gives_what_was_written_too) {
  EXPECT_HOLDS(one_leaves_by_put_not_last<lastout::refcount>());
  EXPECT_HOLDS(one_leaves_by_put_not_last<lastout::locked_word>());
}

// dual: deactivate sees the users' writes, release those of who looked.
template <class Kit>
result users_and_a_looker_write_and_let_go() {
  const rules::violations_fail strict;
  return interleave::explore({}, [](world& w) {
    const auto user = two_counts::carried(Kit::make());
    const auto other = two_counts::carried(user->share());
    const auto looker = two_counts::carried(user->get_passive());
    w.thread([user] {
      (*user)->used = 1;
      user->put();
    });
    w.thread([other] { other->put(); });
    w.thread([looker] {
      (*looker)->looked = 1;
      looker->put();
    });
  });
}

TEST(rule_57, deactivate_and_release_of_a_dual_see_what_was_written) {
  EXPECT_HOLDS(users_and_a_looker_write_and_let_go<two_counts::real>());
}

TEST(rule_57, twin_of_dual_is_caught) {
  using two_counts::by_hand;
  EXPECT_HOLDS(users_and_a_looker_write_and_let_go<by_hand<flaw::none>>());
  EXPECT_BREAKS("data race", users_and_a_looker_write_and_let_go<by_hand<flaw::put_is_relaxed>>());
  EXPECT_BREAKS("data race", users_and_a_looker_write_and_let_go<by_hand<flaw::last_is_relaxed>>());
}

// kcref: the hook that decides sees the writes, whoever decides, with a lock and without.

struct page : lastout::kcref<page>, rules::watched_memory {
  lastout::fate idle(const idle_proof&) noexcept {
    asked_with = text.read();
    return lastout::fate::kill;
  }
  plain<int> text{0};
  int asked_with = -1;
};

TEST(rule_57, reclaim_sees_what_the_last_user_wrote) {
  const rules::violations_fail strict;
  EXPECT_HOLDS(interleave::explore({}, [](world& w) {
    const auto user = std::make_shared<external<page>>(lastout::make<page>());
    page* const cached = user->address();
    const auto reclaimed = std::make_shared<bool>(false);
    w.thread([user] {
      (*user)->text = 1;
      user->put();
    });
    w.thread([cached, reclaimed] {
      const lastout::killed<page> gone = cached->reclaim();
      *reclaimed = bool(gone);
      if (gone) check((*gone).asked_with == 1, "the hook sees the write");
    });
    w.finally([cached, reclaimed] {
      if (!*reclaimed) check(bool(cached->reclaim()), "reclaimed when nobody is left");
    });
  }));
}

struct inode : lastout::kcref<inode, interleave::mutex>, rules::watched_memory {
  explicit inode(interleave::mutex& l) : lock(l) {}
  std::tuple<interleave::mutex&> locks() noexcept { return {lock}; }
  void unlink(const idle_proof&) noexcept {}
  lastout::fate idle(const idle_proof&) noexcept {
    check(wrote[0].read() + wrote[1].read() == 2, "the hook sees every write");
    return lastout::fate::kill;
  }
  interleave::mutex& lock;
  plain<int> wrote[2];
};

TEST(rule_57, the_last_put_of_a_kcref_sees_what_each_holder_wrote) {
  const rules::violations_fail strict;
  EXPECT_HOLDS(interleave::explore({}, [](world& w) {
    struct state {
      interleave::mutex lock;
      external<inode> held[2];
    };
    const auto s = std::make_shared<state>();
    s->held[0] = lastout::make<inode>(s->lock);
    s->held[1] = s->held[0];
    for (int i = 0; i < 2; ++i) {
      w.thread([s, i] {
        s->held[i]->wrote[i] = 1;
        s->held[i].put();
      });
    }
  }));
}

}  // namespace
