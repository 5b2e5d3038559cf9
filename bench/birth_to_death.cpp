// birth_to_death.cpp
// Question: what does a counted object cost over new and delete when it has one user all its life?
// Read: compare rows of one run only; the first row is the limit, a bare new and delete of as many
// bytes. Each thread makes objects of its own.

#include <memory>
#include <mutex>

#include <lastout/external.hpp>
#include <lastout/external_word.hpp>
#include <lastout/kcref.hpp>
#include <lastout/kref.hpp>

#include "peers.hpp"

namespace bench {
namespace {

struct payload {
  std::int64_t value[4] = {};
};

struct bare_new {
  struct born : payload {
    std::int64_t count = 1;
  };
  using object = nothing;
  struct hand {
    explicit hand(object&) {}
    void once() noexcept {
      born* const made = new born;
      use(made);
      delete made;
    }
  };
};

template <class T>
struct counted_by {
  using object = nothing;
  struct hand {
    explicit hand(object&) {}
    void once() noexcept {
      const lastout::external<T> made = lastout::make<T>();
      use(made.address());
    }
  };
};

struct kref_born : lastout::kref<kref_born>, payload {};

struct handed_on_born : lastout::kref<handed_on_born, lastout::external_word>, payload {};

struct frozen_born : lastout::kcref<frozen_born>, payload {
  static lastout::fate idle(const idle_proof&) noexcept { return lastout::fate::kill; }
};

// The last user says kill: the structure's reference goes with it.
struct kcref_without_lock {
  using object = nothing;
  struct hand {
    explicit hand(object&) {}
    void once() noexcept {
      lastout::external<frozen_born> made = lastout::make<frozen_born>();
      use(made.address());
      made.kill_on_put();
    }
  };
};

struct kcref_born : lastout::kcref<kcref_born, std::mutex>, payload {
  explicit kcref_born(std::mutex& by) : lock(&by) {}
  std::tuple<std::mutex&> locks() const noexcept { return {*lock}; }
  static void unlink(const idle_proof&) noexcept {}
  static lastout::fate idle(const idle_proof&) noexcept { return lastout::fate::kill; }
  std::mutex* lock;
};

struct kcref_with_lock {
  using object = nothing;
  struct hand {
    explicit hand(object&) {}
    void once() noexcept {
      const lastout::external<kcref_born> made = lastout::make<kcref_born>(lock);
      use(made.address());
    }
    std::mutex lock;
  };
};

struct std_shared {
  using object = nothing;
  struct hand {
    explicit hand(object&) {}
    void once() noexcept {
      const std::shared_ptr<payload> made = std::make_shared<payload>();
      use(made.get());
    }
  };
};

#if LASTOUT_BENCH_LIBRARIES
struct boost_born : boost::intrusive_ref_counter<boost_born>, payload {};

struct boost_intrusive {
  using object = nothing;
  struct hand {
    explicit hand(object&) {}
    void once() noexcept {
      const boost::intrusive_ptr<boost_born> made(new boost_born);
      use(made.get());
    }
  };
};

struct glib_box {
  using object = nothing;
  struct hand {
    explicit hand(object&) {}
    void once() noexcept {
      auto* const made = new (g_atomic_rc_box_alloc(sizeof(payload))) payload;
      use(made);
      g_atomic_rc_box_release(made);
    }
  };
};

struct android_born : android::RefBase, payload {};

struct android_refbase {
  using object = nothing;
  struct hand {
    explicit hand(object&) {}
    void once() noexcept {
      const android::sp<android_born> made = new android_born;
      use(made.get());
    }
  };
};
#endif

}  // namespace

contest birth_to_death() {
  contest all{.bench = "birth to death", .subjects = {}};
  auto& add = all.subjects;
  add.push_back(describe<bare_new>("new, delete", role::limit, false));
  add.push_back(describe<counted_by<kref_born>>("kref, make", role::ours, false));
  add.push_back(describe<counted_by<handed_on_born>>("kref without internal references, make",
                                                     role::ours, false));
  add.push_back(describe<kcref_with_lock>("kcref with mutex, make, idle: kill", role::ours, false));
  add.push_back(describe<kcref_without_lock>("kcref without lock, kill_on_put", role::ours, false));
  add.push_back(describe<std_shared>("std::make_shared", role::peer, false));
#if LASTOUT_BENCH_LIBRARIES
  add.push_back(describe<boost_intrusive>("boost::intrusive_ptr", role::peer, false));
  add.push_back(describe<glib_box>("GLib g_atomic_rc_box", role::peer, false));
  add.push_back(describe<android_refbase>("Android RefBase, sp", role::peer, false));
#endif
  return all;
}

}  // namespace bench
