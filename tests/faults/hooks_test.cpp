// hooks_test.cpp - hooks that may not throw: by signature (tests/compile has those), or because the
// program ends. What a release was to free is then not freed twice, nor half.

#include <unistd.h>

#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <new>
#include <type_traits>
#include <utility>

#include <lastout/cache.hpp>
#include <lastout/dual.hpp>
#include <lastout/kcref.hpp>
#include <lastout/kref.hpp>
#include <lastout/release_queue.hpp>

#include "faults/counted_objects.hpp"
#include "faults/failing_memory.hpp"
#include "ledger/children.hpp"

namespace {

using faults::refused_by_constructor;
using lastout::external;
using lastout::make;

/// Runs it in a child, where std::terminate says so.
template <class Body>
std::string terminated(Body body) {
  return in_a_child([&] {
    std::set_terminate([] { _exit(42); });
    body();
    return 0;
  });
}
constexpr const char* ended = "said 42";

struct weighed : lastout::cached<weighed> {
  explicit weighed(int n) : number(n) {}
  const int number;
};
using cache = lastout::cache<int, weighed, &weighed::number>;

// A new_handler is the place from which to shrink a cache: it must not run under that one's lock.
TEST(hooks_test, an_insert_that_finds_no_memory_runs_no_new_handler) {
  static int asked = 0;
  for (std::size_t nth = 1; nth <= 4; ++nth) {
    cache all({.idle_charge_max = 1 << 20});
    external<weighed> one = make<weighed>(1);
    const std::new_handler before = std::set_new_handler([] {
      ++asked;
      std::set_new_handler(nullptr);
    });
    {
      const faults::armed now(nth);
      (void)all.insert(std::move(one));
    }
    std::set_new_handler(before);
  }
  EXPECT_EQ(asked, 0);
}

TEST(hooks_test, on_evict_that_throws_ends_the_program) {
  const auto options = [] {
    return cache::options{.idle_charge_max = sizeof(weighed),
                          .on_evict = [](weighed&, auto) { throw refused_by_constructor(); }};
  };
  EXPECT_EQ(terminated([&] {
              cache all(options());
              (void)all.insert(make<weighed>(1));
              try {
                (void)all.insert(make<weighed>(2));
              } catch (const refused_by_constructor&) {
                _exit(1);  // it would be known to somebody who cannot put it right
              }
            }),
            ended);
  EXPECT_EQ(terminated([&] {
              cache all(options());
              external<weighed> it = all.insert(make<weighed>(1));
              all.erase(1);
              it.put();
            }),
            ended);
}

// When the table grows, half of a segment may have been moved.
struct hash_that_throws {
  static inline bool of_small_ones = false;
  std::size_t operator()(int n) const {
    if (of_small_ones && n < 4) throw refused_by_constructor();
    return static_cast<std::size_t>(n);
  }
};
struct small_shape {
  static constexpr std::uint32_t slots = 16;
  static constexpr std::uint32_t segments_max = 16;
  static constexpr std::uint32_t grow_at = 8;
  static constexpr std::uint32_t shrink_at = 4;
};

TEST(hooks_test, a_hash_that_throws_of_an_object_that_is_in_ends_the_program) {
  using small = lastout::cache<int, weighed, &weighed::number, hash_that_throws, std::equal_to<>,
                               small_shape>;
  EXPECT_EQ(terminated([] {
              small all(small::options{.idle_charge_max = 100 * sizeof(weighed)});
              for (int i = 0; i < 4; ++i) (void)all.insert(make<weighed>(i));
              hash_that_throws::of_small_ones = true;
              try {
                for (int i = 4; i < 30; ++i) (void)all.insert(make<weighed>(i));
              } catch (const refused_by_constructor&) {
                _exit(1);
              }
            }),
            ended);
}

struct throws_when_destroyed : lastout::kref<throws_when_destroyed> {
  ~throws_when_destroyed() noexcept(false) { throw refused_by_constructor(); }
};

TEST(hooks_test, a_destructor_that_throws_in_the_last_put_ends_the_program) {
  EXPECT_EQ(terminated([] {
              try {
                make<throws_when_destroyed>().put();
              } catch (const refused_by_constructor&) {
                _exit(1);
              }
            }),
            ended);
}

struct throws_from_wait : lastout::dual<throws_from_wait> {};

TEST(hooks_test, a_wait_of_drain_that_throws_ends_the_program) {
  EXPECT_EQ(terminated([] {
              const auto held = lastout::make_active<throws_from_wait>();
              held->close();
              held->drain(std::chrono::steady_clock::time_point::max(),
                          [] { throw refused_by_constructor(); });
            }),
            ended);
}

void throws_when_told(const lastout::violation_report&) { throw refused_by_constructor(); }

// A handler that may throw is none: its type says so, and so does each of a queue's callables.
template <class Handler>
constexpr bool is_handler = std::is_convertible_v<Handler, lastout::violation_handler>;
static_assert(!is_handler<decltype(&throws_when_told)>);
static_assert(is_handler<decltype(&lastout::report_and_leak)>);

// Twin: a hook's caller that lets the exception out. It has counted the object as gone, and the
// object is there.
struct careless {
  int references = 1;
  bool freed = false;
  template <class Hook>
  void put(Hook hook) {
    if (--references != 0) return;
    hook();
    freed = true;
  }
};

TEST(hooks_test, twin_that_lets_it_out_is_left_with_an_object_that_nobody_has) {
  careless twin;
  EXPECT_THROW(twin.put([] { throw refused_by_constructor(); }), refused_by_constructor);
  EXPECT_EQ(twin.references, 0);
  EXPECT_FALSE(twin.freed);
}

}  // namespace
