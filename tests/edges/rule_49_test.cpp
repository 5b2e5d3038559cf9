// rule_49_test.cpp - after a put that was not the last nothing of the object is touched, its
// embedded lock included: in every interleaving.

#include <memory>
#include <mutex>
#include <tuple>
#include <utility>

#include <lastout/dual.hpp>
#include <lastout/external.hpp>
#include <lastout/kcref.hpp>
#include <lastout/kref.hpp>
#include <lastout/locked_word.hpp>

#include "rules/explored.hpp"

namespace {

namespace order = lastout::order;
using interleave::check;
using interleave::plain;
using interleave::result;
using interleave::world;
using lastout::external;

// kref: two holders let go.

template <class Word>
struct by_kref : lastout::kref<by_kref<Word>, Word>, rules::watched_memory {
  using handle = external<by_kref>;
  static handle make() { return lastout::make<by_kref>(); }
  static handle share(const handle& of) { return of; }
};

struct by_dual : lastout::dual<by_dual, lastout::unnamed_holders>, rules::watched_memory {
  using handle = lastout::active<by_dual>;
  static handle make() { return lastout::make_active<by_dual>(); }
  static handle share(const handle& of) { return of.share(); }
};

struct by_passive : lastout::dual<by_passive, lastout::unnamed_holders>, rules::watched_memory {
  using handle = lastout::passive<by_passive>;
  static handle make() { return lastout::make_active<by_passive>().get_passive(); }
  static handle share(const handle& of) { return of; }
};

/// The twins: a count by hand that looks once more.
enum class flaw { none, counts_its_puts, reads_again };

template <flaw Flaw>
struct by_hand : rules::watched_memory {
  class handle {
   public:
    explicit handle(by_hand* of = nullptr) : object_(of) {}
    handle(handle&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    ~handle() { put(); }
    void put() {
      if (object_ != nullptr) std::exchange(object_, nullptr)->put();
    }
    by_hand* object_;
  };
  static handle make() { return handle(new by_hand); }
  static handle share(const handle& of) {
    of.object_->count.fetch_add(1, order::relaxed);
    return handle(of.object_);
  }
  void put() {
    if (count.fetch_sub(1, order::acq_rel) == 1) {
      delete this;
    } else if (Flaw == flaw::counts_its_puts) {
      puts.fetch_add(1, order::relaxed);  // broken: a statistic of an object that may be gone
    } else if (Flaw == flaw::reads_again && count.load(order::relaxed) == 0) {
      check(false, "zero, and not by this put");  // broken: the same, by a read
    }
  }
  lastout::atomic<int> count{1}, puts{0};
};

template <class Object>
result two_let_go() {
  const rules::violations_fail strict;
  return interleave::explore({}, [](world& w) {
    const auto one = std::make_shared<typename Object::handle>(Object::make());
    const auto other = std::make_shared<typename Object::handle>(Object::share(*one));
    w.thread([one] { one->put(); });
    w.thread([other] { other->put(); });
  });
}

TEST(rule_49, a_put_that_was_not_the_last_is_over_with_its_one_access) {
  EXPECT_HOLDS(two_let_go<by_kref<lastout::refcount>>());
  EXPECT_HOLDS(two_let_go<by_dual>());
  EXPECT_HOLDS(two_let_go<by_passive>());
}

TEST(rule_49, twin_is_caught) {
  EXPECT_HOLDS(two_let_go<by_hand<flaw::none>>());
  EXPECT_BREAKS("data race", two_let_go<by_hand<flaw::counts_its_puts>>());
  EXPECT_BREAKS("data race", two_let_go<by_hand<flaw::reads_again>>());
}

// kcref with its lock inside the object, besides the table's: a put that reached zero is overtaken
// by somebody who resurrects the object, drops it, and so kills it.

struct table {
  interleave::mutex lock;
  struct inode* found = nullptr;
};

struct inode : lastout::kcref<inode, interleave::mutex, interleave::mutex>, rules::watched_memory {
  explicit inode(table& t) : in(t) { t.found = this; }
  std::tuple<interleave::mutex&, interleave::mutex&> locks() noexcept { return {in.lock, own}; }
  lastout::fate idle(const idle_proof&) noexcept { return lastout::fate::kill; }
  void unlink(const idle_proof&) noexcept { in.found = nullptr; }
  table& in;
  interleave::mutex own;
};

TEST(rule_49, a_last_put_that_was_overtaken_leaves_the_lock_inside_before_the_object_goes) {
  const rules::violations_fail strict;
  EXPECT_HOLDS(interleave::explore({}, [](world& w) {
    struct state {
      table names;
      external<inode> user = lastout::make<inode>(names);
    };
    const auto s = std::make_shared<state>();
    w.thread([s] { s->user.put(); });
    w.thread([s] {
      external<inode> again;
      {
        std::unique_lock<interleave::mutex> guard(s->names.lock);
        if (s->names.found != nullptr) again = s->names.found->resurrect(guard);
      }
      again.put();
    });
    w.finally([s] { check(s->names.found == nullptr, "killed and unlinked"); });
  }));
}

// What users have to do with a lock inside of what they put (CVE-2025-38349): unlock first.

struct session : lastout::kref<session>, rules::watched_memory {
  interleave::mutex lock;
  plain<int> uses{0};
};

struct unlocks_then_puts {
  static void done(external<session>& mine) {
    mine->lock.unlock();
    mine.put();
  }
};

/// The twin: puts under the lock of what it puts.
struct puts_then_unlocks {
  static void done(external<session>& mine) {
    session& object = *mine;
    mine.put();
    object.lock.unlock();  // broken: the object may be gone, and its lock
  }
};

template <class User>
result two_use_and_let_go() {
  const rules::violations_fail strict;
  return interleave::explore({}, [](world& w) {
    const auto one = std::make_shared<external<session>>(lastout::make<session>());
    const auto other = std::make_shared<external<session>>(*one);
    for (const auto& each : {one, other}) {
      w.thread([each] {
        session& object = **each;
        object.lock.lock();
        object.uses = object.uses.read() + 1;
        User::done(*each);
      });
    }
  });
}

TEST(rule_49, a_lock_inside_is_left_before_the_put) {
  EXPECT_HOLDS(two_use_and_let_go<unlocks_then_puts>());
}

TEST(rule_49, twin_that_unlocks_after_the_put_is_caught) {
  EXPECT_BREAKS("use after free", two_use_and_let_go<puts_then_unlocks>());
}

}  // namespace
