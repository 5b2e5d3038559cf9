// get_not_zero.cpp Question: what does it cost to make a reference where one has none, from a
// table's entry say? Read: compare rows of one run only; the first row is the limit. Ours adds
// first and looks after; who looks first and then exchanges pays for each retry when the object is
// shared.

#include <memory>
#include <shared_mutex>

#include <lastout/dual.hpp>
#include <lastout/internal.hpp>
#include <lastout/kcref.hpp>
#include <lastout/kref.hpp>
#include <lastout/refcount.hpp>

#include "peers.hpp"

namespace bench {
namespace {

template <class Count>
struct count_pair {
  struct object {
    Count count{1};
  };
  struct hand {
    explicit hand(object& of) : mine(&of) {}
    void once() noexcept {
      if (!mine->count.get_not_zero()) [[unlikely]]
        std::abort();
      use(mine);
      if (mine->count.put()) [[unlikely]]
        std::abort();
    }
    object* mine;
  };
};

struct exchange_loop {
  struct object {
    exchanged_count count;
  };
  struct hand {
    explicit hand(object& of) : mine(&of) {}
    void once() noexcept {
      if (!mine->count.get_not_zero()) [[unlikely]]
        std::abort();
      use(mine);
      mine->count.put();
    }
    object* mine;
  };
};

using list_lock = std::shared_mutex;

struct alignas(apart) kref_thing : lastout::kref<kref_thing> {};

struct alignas(apart) kcref_thing : lastout::kcref<kcref_thing, std::mutex> {
  std::tuple<std::mutex&> locks() noexcept { return {lock}; }
  static void unlink(const idle_proof&) noexcept {}
  static lastout::fate idle(const idle_proof&) noexcept { return lastout::fate::kill; }
  std::mutex lock;
};

struct alignas(apart) dual_thing : lastout::dual<dual_thing> {};

// From an internal reference, under a lock that the thread has for reading all the time. An
// external reference exists besides.
template <class T, class First>
struct promoted {
  struct object {
    explicit object() : first(First{}()), in_list(*first, lock) {}
    list_lock lock;
    decltype(First{}()) first;
    lastout::internal<T, list_lock> in_list;
  };
  struct hand {
    explicit hand(object& of) : proof(of.lock), mine(of.in_list) {}
    void once() noexcept {
      const auto got = mine.get_not_zero(proof);
      if (!got) [[unlikely]]
        std::abort();
      use(got.address());
    }
    std::shared_lock<list_lock> proof;
    lastout::internal<T, list_lock> mine;
  };
};

template <class T>
struct make_external {
  lastout::external<T> operator()() const { return lastout::make<T>(); }
};
struct make_active {
  lastout::active<dual_thing> operator()() const { return lastout::make_active<dual_thing>(); }
};

struct std_weak {
  struct object {
    std::shared_ptr<shared_thing> first = std::make_shared<shared_thing>();
  };
  struct hand {
    explicit hand(object& of) : mine(of.first) {}
    void once() noexcept {
      const std::shared_ptr<shared_thing> got = mine.lock();
      if (!got) [[unlikely]]
        std::abort();
      use(got.get());
    }
    std::weak_ptr<shared_thing> mine;
  };
};

#if LASTOUT_BENCH_LIBRARIES
struct urcu_pair {
  using object = urcu_thing;
  struct hand {
    explicit hand(object& of) : mine(&of) {}
    void once() noexcept {
      if (!urcu_ref_get_unless_zero(&mine->count)) [[unlikely]]
        std::abort();
      use(mine);
      urcu_ref_put(&mine->count, &release_urcu);
    }
    object* mine;
  };
};

struct android_weak {
  struct object {
    android::sp<android_thing> first = new android_thing;
  };
  struct hand {
    explicit hand(object& of) : mine(of.first) {}
    void once() noexcept {
      const android::sp<android_thing> got = mine.promote();
      if (got == nullptr) [[unlikely]]
        std::abort();
      use(got.get());
    }
    android::wp<android_thing> mine;
  };
};
#endif

}  // namespace

contest get_not_zero() {
  contest all{.bench = "get_not_zero+put", .subjects = {}};
  auto& add = all.subjects;
  add.push_back(describe<bare_pair>("bare atomic add, subtract", role::limit));
  add.push_back(describe<count_pair<lastout::refcount>>("refcount", role::ours));
  add.push_back(
      describe<promoted<kref_thing, make_external<kref_thing>>>("kref, internal", role::ours));
  add.push_back(
      describe<promoted<kcref_thing, make_external<kcref_thing>>>("kcref, internal", role::ours));
  add.push_back(describe<promoted<dual_thing, make_active>>("dual, internal", role::ours));
  add.push_back(describe<exchange_loop>("compare-exchange loop", role::peer));
  add.push_back(describe<std_weak>("std::weak_ptr lock", role::peer));
#if LASTOUT_BENCH_LIBRARIES
  add.push_back(describe<urcu_pair>("liburcu urcu_ref_get_unless_zero", role::peer));
  add.push_back(describe<android_weak>("Android RefBase, wp promote", role::peer));
#endif
  return all;
}

}  // namespace bench
