// memory_test.cpp - a deferred deletion asks for no memory: it cannot fail, once liburcu's thread
// runs. A queue without memory waits for a grace period at each push.

#include <lastout/grace.hpp>
#include <lastout/kref.hpp>
#include <lastout/release_queue.hpp>

#include "faults/counted_objects.hpp"
#include "faults/failing_memory.hpp"

namespace {

using faults::each_allocation_fails;
using faults::fault;
using faults::named;
using lastout::external;
using lastout::grace;
using lastout::grace_guard;
using lastout::make;

struct session final : lastout::kref<session>, lastout::after_grace<session>, named {
  using named::named;
};

class grace_faults_test : public faults::faults_test {
 protected:
  grace_faults_test() {
    make<session>().put();  // liburcu's thread is started
    grace::drain();
  }
};

TEST_F(grace_faults_test, guards_waits_and_deferred_deletions_ask_for_nothing) {
  const std::size_t n = each_allocation_fails([](fault& now) {
    external<session> one = make<session>();
    external<session> two = make<session>();
    EXPECT_TRUE(now.run([&] {
      {
        const grace_guard guard;
        one.put();
        EXPECT_GE(named::alive, 1) << "somebody may be looking";
      }
      two.put();
      grace::wait();
      grace::drain();
    }));
    EXPECT_EQ(named::alive, 0);
  });
  EXPECT_EQ(n, 0u);
}

struct buried;
lastout::release_queue<buried, lastout::grace_period>* graveyard = nullptr;
struct buried : lastout::kref<buried>, named {
  void release() noexcept { graveyard->push(*this); }
};

TEST_F(grace_faults_test, a_queue_without_memory_waits_and_frees_at_each_push) {
  const std::size_t n = each_allocation_fails([](fault& now) {
    external<buried> dead = make<buried>();
    std::size_t waits = 2;
    EXPECT_TRUE(now.run([&] {
      lastout::release_queue<buried, lastout::grace_period> queue(8);
      graveyard = &queue;
      dead.put();
      waits = queue.size();
    }));
    EXPECT_EQ(waits, now.happened() ? 0u : 1u);
    EXPECT_EQ(named::alive, 0);
  });
  EXPECT_EQ(n, 1u);
}

}  // namespace
