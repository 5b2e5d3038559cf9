// release_queue_stress_test.cpp - many die at once, in a queue with little room.

#include "stress/stress.hpp"

#include <utility>

#include <lastout/external.hpp>
#include <lastout/kref.hpp>
#include <lastout/release_queue.hpp>

namespace {

using namespace stress;
using lastout::external;
using lastout::make;
using lastout::when_full;

struct short_grace {
  void operator()() const noexcept { std::this_thread::yield(); }
};

struct texture : lastout::kref<texture> {
  explicit texture(external<texture> base) : parent(std::move(base)) { ++born; }
  ~texture() { ++freed; }
  void release() noexcept {
    if (queued++ != 0) ADD_FAILURE() << "released twice";
    queue->push(*this);
  }
  external<texture> parent;
  canary alive;
  std::atomic<int> queued = 0;
  static inline lastout::release_queue<texture, short_grace>* queue = nullptr;
  static inline std::atomic<long> born = 0;
  static inline std::atomic<long> freed = 0;
};

class release_queue_stress_test : public stress_test,
                                  public testing::WithParamInterface<when_full> {};

TEST_P(release_queue_stress_test, everything_that_dies_is_freed_once_in_bounded_space) {
  constexpr std::size_t room = 8;
  constexpr int drainers = 2;
  const int steps = rounds(8'000);
  const int n = threads();
  texture::born = texture::freed = 0;
  std::atomic<int> pushing = n - drainers;
  {
    lastout::release_queue<texture, short_grace> q(room, GetParam());
    texture::queue = &q;
    run_on_threads(n, 0, [&](int i, chance& c) {
      if (i < drainers) {
        while (pushing != 0 || q.size() != 0) {
          if (q.size() > room) ADD_FAILURE() << "out of bounds";
          q.drain();
          std::this_thread::yield();
        }
        return;
      }
      external<texture> last;
      for (int step = 0; step < steps; ++step) {
        external<texture> fresh = make<texture>(c.one_in(2) ? last : nullptr);
        const external<texture> copy = fresh;
        if (c.one_in(4)) last = std::move(fresh);
        copy->alive.check();
      }
      last.put();
      --pushing;
    });
  }
  EXPECT_EQ(texture::born, texture::freed);
  EXPECT_GT(texture::born, 0);
}

INSTANTIATE_TEST_SUITE_P(when_full, release_queue_stress_test,
                         testing::Values(when_full::wait, when_full::release_here),
                         [](const auto& policy) {
                           return policy.param == when_full::wait ? "wait" : "release_here";
                         });

}  // namespace
