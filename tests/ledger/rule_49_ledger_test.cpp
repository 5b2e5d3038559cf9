// rule_49 - after a put that was not the last, nothing of the object is touched: not by the ledger
// either, whatever is on.
//
// Many threads put the references of one object at once, and whoever is last frees it; all the
// others are on their way out of the ledger then. AddressSanitizer and ThreadSanitizer judge.
//
// Twin: a put that looks at the object's name for the books when it has put.

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include <lastout/external.hpp>
#include <lastout/kref.hpp>
#include <lastout/lock_watch.hpp>

#include "ledger/explained.hpp"
#include "ledger/tracked.hpp"

namespace {

using lastout::external;
using lastout::make;

struct packet : lastout::kref<packet> {
  ~packet() { whole = 0; }
  int whole = 1;
};

class rule_49_ledger : public ledger_test {
 protected:
  explained told;

  static void many_put_at_once() {
    constexpr int threads = 4;
    constexpr int rounds = 300;
    std::vector<std::vector<external<packet>>> shares(threads);
    for (int r = 0; r < rounds; ++r) {
      const auto a = make<packet>();
      for (auto& each : shares) each.push_back(a);
    }
    std::atomic<int> ready = 0;
    std::vector<std::thread> all;
    for (auto& mine : shares) {
      all.emplace_back([&mine, &ready] {
        ++ready;
        while (ready != threads) {
        }
        for (auto& each : mine) each.put();
      });
    }
    for (std::thread& each : all) each.join();
  }
};

TEST_F(rule_49_ledger, a_put_that_is_not_the_last_leaves_the_object_alone) {
  for (const char* each :
       {"all,stacks=0,socket=off", "all,stacks=4,history=8,socket=off",
        "all,stacks=0,checks,socket=off", "all,stacks=0,checks,quarantine=16K,socket=off"}) {
    ASSERT_EQ(lastout::ledger::apply(each), "");
    many_put_at_once();
    EXPECT_EQ(explained::take(), "") << each;
    EXPECT_EQ(dump_lines::now().references, 0u) << each;
  }
}

// The lock that lies in the object: who unlocks it when he has put touches what may be gone.
struct locked_packet : lastout::kref<locked_packet> {
  lastout::watched<std::mutex> lock;
};

TEST_F(rule_49_ledger, a_last_put_under_the_object_s_own_lock_is_told) {
  ASSERT_EQ(lastout::ledger::apply("all,stacks=8,checks,quarantine=64K,socket=off"), "");
  auto a = make<locked_packet>();
  auto& lock = a->lock;
  lock.lock();
  auto b = a;
  b.put();  // not the last: the caller has one
  EXPECT_EQ(explained::take(), "");
  a.put();
  const auto all = explained::take_all();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].what, lastout::violation::put_under_its_lock);
  EXPECT_NE(all[0].text.find("lies in the object"), std::string::npos) << all[0].text;
  lastout::ledger::lock_given(&lock);  // in place of the unlock that must not be
}

// Two threads, step by step: what the ledger says of the other put must not need the object.
TEST_F(rule_49_ledger, twin_that_looks_once_it_has_put_meets_the_dead) {
  auto a = make<packet>();
  auto b = a;
  packet* const late = a.address();
  a.put();
  EXPECT_EQ(late->whole, 1);  // b still has it
  bool dead = false;
  {
    // The broken put: `put, then look`. Between the two the other one puts.
    b.put();
    dead = dump_lines::now().find(late) == nullptr;
  }
  EXPECT_TRUE(dead);
}

}  // namespace
