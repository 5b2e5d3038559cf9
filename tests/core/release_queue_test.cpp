// release_queue_test.cpp - releases later, elsewhere, in bounded space.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <lastout/external.hpp>
#include <lastout/kref.hpp>
#include <lastout/release_queue.hpp>

#include "core/violations_seen.hpp"

namespace {

using lastout::drained_by;
using lastout::external;
using lastout::make;
using lastout::when_full;

// A grace period that the test watches.
struct watched_grace {
  void operator()() const noexcept {
    ++asked;
    if (during) during();
  }
  static inline std::atomic<int> asked = 0;
  static inline std::function<void()> during;
};

template <class T>
using queue_of = lastout::release_queue<T, watched_grace>;

struct texture : lastout::kref<texture> {
  explicit texture(external<texture> base = {}) : parent(std::move(base)) { ++alive; }
  ~texture() {
    --alive;
    freed_by = std::this_thread::get_id();
    EXPECT_TRUE(!in_grace) << "freed before the grace period was over";
  }
  void release() noexcept { queue->push(*this); }
  external<texture> parent;
  static inline queue_of<texture>* queue = nullptr;
  static inline std::atomic<int> alive = 0;
  static inline std::atomic<bool> in_grace = false;
  static inline std::thread::id freed_by;
};

class release_queue_test : public testing::Test {
 protected:
  violations_seen seen;
  release_queue_test() {
    watched_grace::asked = 0;
    watched_grace::during = nullptr;
  }
  ~release_queue_test() override {
    watched_grace::during = nullptr;
    EXPECT_EQ(texture::alive, 0);
  }
  static queue_of<texture>& use(queue_of<texture>& q) {
    texture::queue = &q;
    return q;
  }
  static void drop(int n) {
    for (int i = 0; i < n; ++i) make<texture>().put();
  }
};

TEST_F(release_queue_test, a_dead_object_waits_for_drain) {
  queue_of<texture> q(8);
  use(q);
  drop(3);
  EXPECT_EQ(q.size(), 3u);
  EXPECT_EQ(texture::alive, 3);
  EXPECT_EQ(q.drain(), 3u);
  EXPECT_EQ(q.size(), 0u);
  EXPECT_EQ(texture::alive, 0);
  EXPECT_EQ(q.drain(), 0u);
}

TEST_F(release_queue_test, the_queue_goes_round) {
  queue_of<texture> q(3);
  use(q);
  for (int round = 0; round < 10; ++round) {
    drop(2);
    EXPECT_EQ(q.drain(), 2u);
  }
}

TEST_F(release_queue_test, a_queue_of_one_goes_round_too) {
  queue_of<texture> q(1);
  use(q);
  for (int round = 0; round < 3; ++round) {
    drop(1);
    EXPECT_EQ(q.size(), 1u);
    EXPECT_EQ(q.drain(), 1u);
  }
}

TEST_F(release_queue_test, what_is_left_is_released_with_the_queue) {
  {
    queue_of<texture> q(8);
    use(q);
    drop(5);
  }
  EXPECT_EQ(texture::alive, 0);
}

TEST_F(release_queue_test, what_the_last_releases_drop_is_released_with_the_queue_too) {
  {
    queue_of<texture> q(8);
    use(q);
    external<texture> t;
    for (int i = 0; i < 5; ++i) t = make<texture>(std::move(t));
    t.put();
    EXPECT_EQ(q.size(), 1u) << "each parent is queued by the release of its child";
  }
  EXPECT_EQ(texture::alive, 0);
}

TEST_F(release_queue_test, a_full_queue_can_release_here) {
  queue_of<texture> q(2, when_full::release_here);
  use(q);
  drop(5);
  EXPECT_EQ(q.size(), 2u);
  EXPECT_EQ(texture::alive, 2);
  q.drain();
}

TEST_F(release_queue_test, a_queue_without_room_releases_here) {
  queue_of<texture> q(0);
  use(q);
  drop(3);
  EXPECT_EQ(texture::alive, 0);
}

TEST_F(release_queue_test, who_finds_the_queue_full_waits_for_a_drain) {
  queue_of<texture> q(2);
  use(q);
  std::atomic<bool> done = false;
  std::thread pusher([&done] {
    drop(7);
    done = true;
  });
  std::size_t drained = 0;
  while (!done) {
    EXPECT_LE(q.size(), 2u) << "bounded";
    drained += q.drain();
    std::this_thread::yield();
  }
  pusher.join();
  drained += q.drain();
  EXPECT_EQ(drained, 7u);
}

TEST_F(release_queue_test, the_owner_drains_instead_of_waiting) {
  queue_of<texture> q(2, when_full::wait, drained_by::owner);
  use(q);
  drop(7);
  EXPECT_LE(q.size(), 2u);
}

TEST_F(release_queue_test, only_the_owners_thread_releases) {
  queue_of<texture> q(8, when_full::wait, drained_by::owner);
  use(q);
  std::thread([] { drop(3); }).join();
  EXPECT_EQ(texture::alive, 3);
  EXPECT_EQ(q.drain(), 3u);
  EXPECT_EQ(texture::freed_by, std::this_thread::get_id());
}

TEST_F(release_queue_test, misuse_a_drain_by_another_than_the_owner_is_reported) {
  queue_of<texture> q(8, when_full::wait, drained_by::owner);
  use(q);
  drop(1);
  std::thread([&q] { EXPECT_EQ(q.drain(), 0u); }).join();
  EXPECT_EQ(seen.take(), "wrong_thread");
  EXPECT_EQ(texture::alive, 1);
}

TEST_F(release_queue_test, a_release_inside_drain_may_push_more) {
  queue_of<texture> q(2);
  use(q);
  external<texture> t;
  for (int i = 0; i < 100; ++i) t = make<texture>(std::move(t));
  t.put();
  std::size_t batches = 0;
  while (q.drain() != 0) ++batches;
  EXPECT_EQ(batches, 100u) << "a batch is what was queued when it began";
}

struct leaf : lastout::kref<leaf> {
  static inline int alive = 0;
  static inline queue_of<leaf>* queue = nullptr;
  std::vector<external<leaf>> dropped;
  leaf() { ++alive; }
  ~leaf() {
    --alive;
    EXPECT_EQ(queue->drain(), 0u) << "a drain inside a drain does nothing";
    dropped.clear();
  }
  void release() noexcept { queue->push(*this); }
};

TEST_F(release_queue_test,
       a_release_inside_drain_that_finds_the_queue_full_does_not_wait_for_itself) {
  for (const when_full policy : {when_full::wait, when_full::release_here}) {
    queue_of<leaf> q(2, policy);
    leaf::queue = &q;
    external<leaf> root = make<leaf>();
    for (int i = 0; i < 10; ++i) root->dropped.push_back(make<leaf>());
    root.put();
    const int before = watched_grace::asked;
    while (q.drain() != 0) {
    }
    EXPECT_EQ(leaf::alive, 0);
    EXPECT_GE(watched_grace::asked, before + 2);
  }
}

// Inside a release those that are deleted put what they have; that is pushed while there is a queue.
TEST_F(release_queue_test, a_queue_that_goes_with_a_counted_object_releases_all_of_it_first) {
  struct owner : lastout::kref<owner> {
    queue_of<leaf> q{2};
  };
  external<owner> all = make<owner>();
  leaf::queue = &all->q;
  external<leaf> root = make<leaf>();
  for (int i = 0; i < 10; ++i) {
    root->dropped.push_back(make<leaf>());
    root->dropped.back()->dropped.push_back(make<leaf>());
  }
  root.put();
  EXPECT_EQ(leaf::alive, 21);
  all.put();
  EXPECT_EQ(leaf::alive, 0);
}

TEST_F(release_queue_test, grace_is_asked_for_once_per_batch_and_before_anything_is_freed) {
  queue_of<texture> q(8);
  use(q);
  drop(4);
  texture::in_grace = true;
  watched_grace::during = [] {
    EXPECT_EQ(texture::alive, 4);
    texture::in_grace = false;
  };
  EXPECT_EQ(q.drain(), 4u);
  EXPECT_EQ(watched_grace::asked, 1);
}

TEST_F(release_queue_test, grace_is_not_asked_for_when_there_is_nothing) {
  queue_of<texture> q(8);
  EXPECT_EQ(q.drain(), 0u);
  EXPECT_EQ(watched_grace::asked, 0);
}

TEST_F(release_queue_test, what_is_pushed_during_a_grace_period_waits_for_the_next) {
  queue_of<texture> q(8);
  use(q);
  drop(2);
  watched_grace::during = [] { drop(3); };
  EXPECT_EQ(q.drain(), 2u);
  watched_grace::during = nullptr;
  EXPECT_EQ(q.size(), 3u);
  EXPECT_EQ(q.drain(), 3u);
}

// A full queue is drained by its owner, and by a pusher that may, only after a grace period.
TEST_F(release_queue_test, a_full_queue_frees_nothing_before_its_grace_period) {
  for (const when_full policy : {when_full::wait, when_full::release_here}) {
    queue_of<texture> q(2, policy, drained_by::owner);
    use(q);
    texture::in_grace = true;
    watched_grace::during = [] { texture::in_grace = false; };
    drop(3);
    EXPECT_EQ(watched_grace::asked, 1);
    watched_grace::asked = 0;
    q.drain();
    watched_grace::asked = 0;
  }
}

}  // namespace
