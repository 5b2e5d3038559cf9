// rule_36 - two who create one name get one object, and one of them creates.
//
// Twin: who finds nothing creates; the second one's object is the one too many.

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include "rules/two_caches.hpp"

namespace {

using namespace rules;

/// Broken: everybody who finds nothing creates.
class everybody_creates {
 public:
  explicit everybody_creates(std::size_t room) : all_(room) {}
  using handle = right_small_cache::handle;
  template <class Before>
  handle get_or_create(name_of_entry name, Before before) {
    {
      const std::lock_guard held(lock_);
      if (handle found = all_.get(name)) return found;
    }
    before();
    const std::lock_guard held(lock_);
    return all_.insert(name);
  }

 private:
  std::mutex lock_;
  right_small_cache all_;
};

template <class Cache>
verdict one_of_two_creates() {
  verdict v;
  Cache all(10);
  std::atomic<int> created = 0;
  typename Cache::handle first;
  typename Cache::handle second;
  std::thread late;
  first = all.get_or_create(7, [&] {
    ++created;
    late = std::thread([&] { second = all.get_or_create(7, [&] { ++created; }); });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // it comes as far as it can
  });
  late.join();
  v.require(created == 1, "both created");
  v.require(bool(first) && first == second, "they got two objects");
  return v;
}

TEST(rule_36, one_of_two_who_ask_the_cache_creates) {
  EXPECT_HELD(one_of_two_creates<real_cache>());
}
TEST(rule_36, twin_in_which_everybody_creates_is_caught) {
  EXPECT_BROKEN(one_of_two_creates<everybody_creates>());
}

}  // namespace
