// rule_44_test.cpp - all children or none, whoever comes and goes meanwhile: in every interleaving.

#include <memory>
#include <mutex>
#include <utility>

#include <lastout/plain.hpp>

#include "rules/explored.hpp"

namespace {

namespace order = lastout::order;
using interleave::check;
using interleave::result;
using interleave::world;
template <class Value>
using field = interleave::plain<Value>;  // plain is a style here
using guard = std::lock_guard<interleave::mutex>;

struct page;
struct buffer : lastout::plain<buffer, page>, rules::watched_memory {
  ~buffer() { (void)text.read(); }
  field<int> text{0};
};
struct page : lastout::plain_parent<page, buffer> {};

/// Two buffers of a page; `held` is a reference to the first.
struct by_plain {
  page of;
  buffer* const first = of.add();
  buffer* const second = of.add();
  lastout::external<buffer> held = of.get(*first);

  void use_and_put() {
    held->text = 1;
    held.put();
  }
  bool use_second() {
    lastout::external<buffer> other = of.get(*second);
    if (!other) return false;
    other->text = 2;
    other.put();  // the page's lock is not needed for this
    return true;
  }
  bool purge() { return of.purge(); }
};

enum class flaw { none, relaxed_put, relaxed_look };

/// The same by hand: a purge that freezes, and one flaw.
template <flaw Flaw>
struct by_hand {
  struct child : rules::watched_memory {
    ~child() { (void)text.read(); }
    lastout::atomic<int> users{0};
    field<int> text{0};
  };
  child* children[2] = {new child, new child};
  child* first = children[0];
  by_hand() { first->users.fetch_add(1, order::relaxed); }
  ~by_hand() { check(purge(), "nobody is left"); }

  static void put(child* gone) {
    gone->users.fetch_sub(1, Flaw == flaw::relaxed_put ? order::relaxed : order::release);
  }
  void use_and_put() {
    first->text = 1;
    put(first);
  }
  bool use_second() {
    child* const second = children[1];
    if (second == nullptr) return false;
    second->users.fetch_add(1, order::relaxed);
    second->text = 2;
    put(second);
    return true;
  }
  bool purge() {
    constexpr std::memory_order look = Flaw == flaw::relaxed_look ? order::relaxed : order::acquire;
    for (child*& each : children) {
      if (each == nullptr) continue;
      if (each->users.load(look) != 0) return false;
    }
    for (child*& each : children) delete std::exchange(each, nullptr);
    return true;
  }
};

template <class Page>
result a_purge_against_users() {
  const rules::violations_fail strict;
  return interleave::explore({}, [](world& w) {
    struct state {
      interleave::mutex lock;  // the list of children's
      Page of;
      bool purged = false;
    };
    const auto s = std::make_shared<state>();
    w.thread([s] { s->of.use_and_put(); });
    w.thread([s] {
      const guard held(s->lock);
      check(s->purged || s->of.use_second(), "all children or none");
    });
    w.thread([s] {
      const guard held(s->lock);
      s->purged = s->of.purge();
    });
    w.finally([s] { check(s->of.purge(), "with nobody left the purge is done"); });
  });
}

TEST(rule_44, a_purge_takes_all_children_or_none) {
  EXPECT_HOLDS(a_purge_against_users<by_plain>());
}

TEST(rule_44, twin_is_caught) {
  EXPECT_HOLDS(a_purge_against_users<by_hand<flaw::none>>());
  EXPECT_BREAKS("data race", a_purge_against_users<by_hand<flaw::relaxed_put>>());
  EXPECT_BREAKS("data race", a_purge_against_users<by_hand<flaw::relaxed_look>>());
}

// A get that takes no lock, because something else keeps the memory: a reference is refused while a
// purge decides and after it, and a purge that freed had nobody inside.

struct kept_page;
struct kept_buffer : lastout::plain<kept_buffer, kept_page> {
  void release() noexcept { freed = true; }  // the memory stays
  field<bool> freed{false};
};
struct kept_page : lastout::plain_parent<kept_page, kept_buffer> {};

struct purge_freezes {
  kept_page of;
  std::unique_ptr<kept_buffer> child{of.add()};
  lastout::external<kept_buffer> get() { return of.get(*child); }
  bool purge() { return of.purge(); }
  const field<bool>& freed() { return child->freed; }
};

/// The twin: looks at the count, then frees.
struct purge_looks {
  struct user {
    purge_looks* of;
    ~user() { of->users.fetch_sub(1, order::release); }
    explicit operator bool() const { return true; }
  };
  lastout::atomic<int> users{0};
  field<bool> gone{false};
  user get() { return users.fetch_add(1, order::acquire), user{this}; }
  bool purge() {
    if (users.load(order::acquire) != 0) return false;
    gone = true;  // broken: somebody may have got the child since
    return true;
  }
  const field<bool>& freed() { return gone; }
};

template <class Page>
result a_purge_against_a_get_without_the_lock() {
  const rules::violations_fail strict;
  return interleave::explore({}, [](world& w) {
    const auto s = std::make_shared<Page>();
    w.thread([s] {
      if (const auto user = s->get()) check(!s->freed().read(), "who got the child has it");
    });
    w.thread([s] { (void)s->purge(); });
    w.finally([s] { (void)s->purge(); });
  });
}

TEST(rule_44, a_purge_excludes_gets_that_take_no_lock) {
  EXPECT_HOLDS(a_purge_against_a_get_without_the_lock<purge_freezes>());
}

TEST(rule_44, twin_that_looks_instead_of_freezing_is_caught) {
  EXPECT_BREAKS("data race", a_purge_against_a_get_without_the_lock<purge_looks>());
}

}  // namespace
