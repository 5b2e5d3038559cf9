// get_put.cpp Question: what does one more reference, and giving it back, cost over two bare atomic
// instructions? Read: compare rows of one run only; the first row is the limit. "Shared" is the
// price of one cache line that travels, the same for everybody who touches it twice; what a loop
// retries comes on top.

#include <memory>

#include <lastout/dual.hpp>
#include <lastout/external.hpp>
#include <lastout/external_word.hpp>
#include <lastout/kcref.hpp>
#include <lastout/kref.hpp>
#include <lastout/local_word.hpp>
#include <lastout/locked_word.hpp>
#include <lastout/plain.hpp>
#include <lastout/refcount.hpp>

#include "peers.hpp"

namespace bench {
namespace {

static_assert(!lastout::checked_build, "the bench measures what users ship");

template <class Word>
struct word_pair {
  struct object {
    Word count{1};
  };
  struct hand {
    explicit hand(object& of) : mine(&of) {}
    void once() noexcept {
      mine->count.get();
      use(mine);
      if (mine->count.put()) [[unlikely]]
        std::abort();
    }
    object* mine;
  };
};

// A handle that is copied and destroyed. Handle: external<T>, std::shared_ptr<T> ...
template <class Handle>
struct copying_hand {
  template <class Object>
  explicit copying_hand(Object& of) : mine(of.first) {}
  void once() noexcept {
    const Handle copy = mine;
    use(&*copy);
  }
  Handle mine;
};

template <class Handle, class Make>
struct copied {
  struct object {
    Handle first = Make{}();
  };
  using hand = copying_hand<Handle>;
};

struct alignas(apart) kref_thing : lastout::kref<kref_thing> {};

struct alignas(apart) handed_on : lastout::kref<handed_on, lastout::external_word> {};

struct alignas(apart) kcref_thing : lastout::kcref<kcref_thing, std::mutex> {
  std::tuple<std::mutex&> locks() noexcept { return {lock}; }
  static void unlink(const idle_proof&) noexcept {}
  static lastout::fate idle(const idle_proof&) noexcept { return lastout::fate::kill; }
  std::mutex lock;
};

struct alignas(apart) frozen_thing : lastout::kcref<frozen_thing> {
  static lastout::fate idle(const idle_proof&) noexcept { return lastout::fate::kill; }
};

template <class T>
struct make_external {
  lastout::external<T> operator()() const { return lastout::make<T>(); }
};
template <class T>
using external_copy = copied<lastout::external<T>, make_external<T>>;

// The variant without a lock is born with the structure's reference beside ours; reclaim() ends it.
struct kcref_without_lock {
  struct object {
    object() : first(lastout::make<frozen_thing>()) {}
    ~object() {
      frozen_thing& kept = *first;
      first.put();
      if (!kept.reclaim()) std::abort();
    }
    object(const object&) = delete;
    object& operator=(const object&) = delete;
    lastout::external<frozen_thing> first;
  };
  using hand = copying_hand<lastout::external<frozen_thing>>;
};

struct child;
struct parent : lastout::plain_parent<parent, child> {};
struct alignas(apart) child : lastout::plain<child, parent> {};

struct plain_copy {
  struct object {
    parent owner;
    child* only = owner.add();
  };
  struct hand {
    explicit hand(object& of) : mine(of.owner.get(*of.only)) {}
    void once() noexcept {
      const lastout::external<child> copy = mine;
      use(copy.address());
    }
    lastout::external<child> mine;
  };
};

struct alignas(apart) dual_thing : lastout::dual<dual_thing> {};

struct active_share {
  struct object {
    lastout::active<dual_thing> first = lastout::make_active<dual_thing>();
  };
  struct hand {
    explicit hand(object& of) : mine(of.first.share()) {}
    void once() noexcept {
      const lastout::active<dual_thing> copy = mine.share();
      use(copy.address());
    }
    lastout::active<dual_thing> mine;
  };
};

struct passive_copy {
  using object = active_share::object;
  struct hand {
    explicit hand(object& of) : mine(of.first.get_passive()) {}
    void once() noexcept {
      const lastout::passive<dual_thing> copy = mine;
      use(copy.address());
    }
    lastout::passive<dual_thing> mine;
  };
};

struct exchange_loop {
  struct object {
    exchanged_count count;
  };
  struct hand {
    explicit hand(object& of) : mine(&of) {}
    void once() noexcept {
      mine->count.get();
      use(mine);
      mine->count.put();
    }
    object* mine;
  };
};

struct make_std {
  std::shared_ptr<shared_thing> operator()() const { return std::make_shared<shared_thing>(); }
};

#if LASTOUT_BENCH_LIBRARIES
struct make_boost {
  boost::intrusive_ptr<boost_thing> operator()() const {
    return boost::intrusive_ptr<boost_thing>(new boost_thing);
  }
};

struct make_android {
  android::sp<android_thing> operator()() const { return new android_thing; }
};

struct urcu_pair {
  using object = urcu_thing;
  struct hand {
    explicit hand(object& of) : mine(&of) {}
    void once() noexcept {
      urcu_ref_get(&mine->count);
      use(mine);
      urcu_ref_put(&mine->count, &release_urcu);
    }
    object* mine;
  };
};

struct glib_pair {
  struct object {
    object() : box(g_atomic_rc_box_alloc(apart)) {}
    ~object() { g_atomic_rc_box_release(box); }
    object(const object&) = delete;
    object& operator=(const object&) = delete;
    void* box;
  };
  struct hand {
    explicit hand(object& of) : mine(of.box) {}
    void once() noexcept {
      void* const copy = g_atomic_rc_box_acquire(mine);
      use(copy);
      g_atomic_rc_box_release(copy);
    }
    void* mine;
  };
};
#endif

}  // namespace

contest get_put() {
  contest all{.bench = "get+put", .subjects = {}};
  auto& add = all.subjects;
  add.push_back(describe<bare_pair>("bare atomic add, subtract", role::limit));
  add.push_back(describe<word_pair<lastout::refcount>>("refcount", role::ours));
  add.push_back(describe<external_copy<kref_thing>>("kref, external copy", role::ours));
  add.push_back(describe<external_copy<handed_on>>(
      "kref without internal references, external copy", role::ours));
  add.push_back(describe<external_copy<kcref_thing>>("kcref, external copy", role::ours));
  add.push_back(describe<kcref_without_lock>("kcref without lock, external copy", role::ours));
  add.push_back(describe<active_share>("dual, active share", role::ours));
  add.push_back(describe<passive_copy>("dual, passive copy", role::ours));
  add.push_back(describe<plain_copy>("plain, external copy", role::ours));
  add.push_back(describe<word_pair<lastout::locked_word>>("locked_word", role::ours));
  add.push_back(describe<word_pair<lastout::local_word>>("local_word", role::ours, false));
  add.push_back(describe<exchange_loop>("compare-exchange loop", role::peer));
  add.push_back(describe<copied<std::shared_ptr<shared_thing>, make_std>>("std::shared_ptr copy",
                                                                          role::peer));
#if LASTOUT_BENCH_LIBRARIES
  add.push_back(describe<copied<boost::intrusive_ptr<boost_thing>, make_boost>>(
      "boost::intrusive_ptr copy", role::peer));
  add.push_back(describe<urcu_pair>("liburcu urcu_ref", role::peer));
  add.push_back(describe<glib_pair>("GLib g_atomic_rc_box", role::peer));
  add.push_back(describe<copied<android::sp<android_thing>, make_android>>(
      "Android RefBase, sp copy", role::peer));
#endif
  return all;
}

}  // namespace bench
