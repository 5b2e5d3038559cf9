// peers.hpp - the objects that the peers count, and the counts that people write themselves.
//
// Each peer is used as its users use it; each object stands apart from every other.

#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>

#include "subject.hpp"

#if LASTOUT_BENCH_LIBRARIES
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <glib.h>
#include <urcu/ref.h>
#include <utils/RefBase.h>
#endif

namespace bench {

/// The cheapest thing that could be called correct: two atomic instructions, nobody looks at them.
struct bare_pair {
  struct object {
    std::atomic<std::uint32_t> count{1};
  };
  struct hand {
    explicit hand(object& of) : mine(&of) {}
    void once() noexcept {
      mine->count.fetch_add(1, std::memory_order_relaxed);
      use(mine);
      mine->count.fetch_sub(1, std::memory_order_release);
    }
    object* mine;
  };
};

/// The loop that looks before it adds: Linux's refcount_inc_not_zero, and many a home-made count.
struct exchanged_count {
  bool get_not_zero() noexcept {
    std::uint32_t seen = count.load(std::memory_order_relaxed);
    do {
      if (seen == 0 || seen == UINT32_MAX) [[unlikely]]
        return false;
    } while (!count.compare_exchange_weak(seen, seen + 1, std::memory_order_acquire,
                                          std::memory_order_relaxed));
    return true;
  }
  void get() noexcept {
    if (!get_not_zero()) [[unlikely]]
      std::abort();
  }
  void put() noexcept {
    if (count.fetch_sub(1, std::memory_order_release) == 1) [[unlikely]]
      std::abort();
  }
  std::atomic<std::uint32_t> count{1};
};

/// What std::shared_ptr points to.
struct alignas(apart) shared_thing {
  std::int64_t value = 0;
};

#if LASTOUT_BENCH_LIBRARIES
struct alignas(apart) boost_thing : boost::intrusive_ref_counter<boost_thing> {};

struct alignas(apart) urcu_thing {
  urcu_thing() noexcept { urcu_ref_init(&count); }
  urcu_ref count;
};
inline void release_urcu(urcu_ref*) noexcept { std::abort(); }  // nobody puts the last one

struct alignas(apart) android_thing : android::RefBase {};
#endif

}  // namespace bench
