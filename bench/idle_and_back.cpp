// idle_and_back.cpp Question: what does a cache pay when an object that nobody uses is found, used
// and given back? Read: compare rows of one run only; the first row is the limit, two atomic
// instructions. This is the worst case of the variants with a lock: every get is the first and
// every put the last one.

#include <mutex>

#include <lastout/internal.hpp>
#include <lastout/kcref.hpp>

#include "peers.hpp"

namespace bench {
namespace {

// Readers of a structure whose memory stays: their guard costs nothing.
struct structure {};
struct read_side {
  structure* of;
};

}  // namespace
}  // namespace bench

template <>
struct lastout::proof_of<bench::read_side> {
  using domain_type = bench::structure;
  static const bench::structure* held(const bench::read_side& guard) noexcept { return guard.of; }
};

namespace bench {
namespace {

struct alignas(apart) frozen_thing : lastout::kcref<frozen_thing> {
  static lastout::fate idle(const idle_proof&) noexcept { return lastout::fate::kill; }
};

// The structure's own reference keeps the object; nobody else has one.
struct kcref_without_lock {
  struct object {
    object() : kept(lastout::make<frozen_thing>().address()) {}
    ~object() {
      if (!kept->reclaim()) std::abort();
    }
    object(const object&) = delete;
    object& operator=(const object&) = delete;
    frozen_thing* kept;
    structure domain;
  };
  struct hand {
    explicit hand(object& of) : proof{&of.domain}, mine(*of.kept, of.domain) {}
    void once() noexcept {
      const lastout::external<frozen_thing> got = mine.get_not_zero(proof);
      if (!got) [[unlikely]]
        std::abort();
      use(got.address());
    }
    read_side proof;
    lastout::internal<frozen_thing, structure> mine;
  };
};

struct alignas(apart) kcref_thing : lastout::kcref<kcref_thing, std::mutex> {
  std::tuple<std::mutex&> locks() noexcept { return {lock}; }
  static void unlink(const idle_proof&) noexcept {}
  static lastout::fate idle(const idle_proof&) noexcept { return lastout::fate::keep; }
  std::mutex lock;
};

struct kcref_with_lock {
  struct object {
    object() : kept(lastout::make<kcref_thing>().address()) {}
    ~object() {
      lastout::killed<kcref_thing> gone;
      const std::unique_lock guard(kept->lock);
      gone = kept->kill_idle(guard);
      if (!gone) std::abort();
    }
    object(const object&) = delete;
    object& operator=(const object&) = delete;
    kcref_thing* kept;
  };
  struct hand {
    explicit hand(object& of) : mine(of.kept) {}
    lastout::external<kcref_thing> found() noexcept {
      const std::unique_lock guard(mine->lock);
      return mine->resurrect(guard);
    }
    void once() noexcept {
      const lastout::external<kcref_thing> got = found();
      use(got.address());
    }
    kcref_thing* mine;
  };
};

// What people write: one mutex, and a number that it guards.
struct mutex_and_number {
  struct object {
    std::mutex lock;
    std::uint32_t users = 0;
    std::uint32_t idled = 0;  // for the idle list
  };
  struct hand {
    explicit hand(object& of) : mine(&of) {}
    void once() noexcept {
      {
        const std::lock_guard guard(mine->lock);
        ++mine->users;
      }
      use(mine);
      const std::lock_guard guard(mine->lock);
      if (--mine->users == 0) ++mine->idled;
    }
    object* mine;
  };
};

// Linux's atomic_dec_and_lock: only a last put takes the lock, and only under it does the count
// reach zero.
struct decrement_and_lock {
  struct object {
    std::mutex lock;
    std::atomic<std::uint32_t> users{0};
    std::uint32_t idled = 0;
  };
  struct hand {
    explicit hand(object& of) : mine(&of) {}
    bool put_not_last() noexcept {
      std::uint32_t seen = mine->users.load(std::memory_order_relaxed);
      while (seen != 1) {
        if (mine->users.compare_exchange_weak(seen, seen - 1, std::memory_order_release,
                                              std::memory_order_relaxed)) {
          return true;
        }
      }
      return false;
    }
    void once() noexcept {
      {
        const std::lock_guard guard(mine->lock);
        mine->users.fetch_add(1, std::memory_order_relaxed);
      }
      use(mine);
      if (put_not_last()) return;
      const std::lock_guard guard(mine->lock);
      if (mine->users.fetch_sub(1, std::memory_order_acq_rel) == 1) ++mine->idled;
    }
    object* mine;
  };
};

}  // namespace

contest idle_and_back() {
  contest all{.bench = "idle and back", .subjects = {}};
  auto& add = all.subjects;
  add.push_back(describe<bare_pair>("bare atomic add, subtract", role::limit));
  add.push_back(describe<kcref_without_lock>("kcref without lock, internal", role::ours));
  add.push_back(describe<kcref_with_lock>("kcref with mutex, resurrect", role::ours));
  add.push_back(describe<mutex_and_number>("mutex and plain number", role::peer));
  add.push_back(describe<decrement_and_lock>("mutex, atomic_dec_and_lock", role::peer));
  return all;
}

}  // namespace bench
