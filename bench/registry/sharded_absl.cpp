// sharded_absl.cpp - the best that people write by hand: 64 shards, each a spinlock and
// absl::flat_hash_map to boost::intrusive_ptr.

#include <array>
#include <atomic>
#include <mutex>
#include <thread>

#include <absl/container/flat_hash_map.h>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include "../table/shard.hpp"
#include "../table/thing.hpp"
#include "contenders.hpp"

namespace bench {
namespace {

struct boost_thing : boost::intrusive_ref_counter<boost_thing>, thing {
  explicit boost_thing(std::uint64_t of) noexcept : thing(of) {}
};
static_assert(sizeof(boost_thing) == 64);

class spinlock {
 public:
  void lock() noexcept {
    while (locked_.exchange(true, std::memory_order_acquire)) {
      for (unsigned spins = 0; locked_.load(std::memory_order_relaxed); ++spins) {
        if (spins > spins_max) std::this_thread::yield();
      }
    }
  }
  void unlock() noexcept { locked_.store(false, std::memory_order_release); }

 private:
  static constexpr unsigned spins_max = 1000;  // then the holder has no processor, perhaps ours
  std::atomic<bool> locked_{false};
};

class absl_shards {
 public:
  explicit absl_shards(std::size_t expected) {
    for (shard& each : shards_) each.map.reserve(expected / shards);
  }

  bool look_up(std::uint64_t id) {
    shard& in = shards_[shard_of(id)];
    boost::intrusive_ptr<boost_thing> got;
    {
      const std::lock_guard lock(in.lock);
      const auto found = in.map.find(id);
      if (found == in.map.end()) return false;
      got = found->second;
    }
    use_as(*got, id);
    return true;
  }

  void insert(std::uint64_t id) {
    shard& in = shards_[shard_of(id)];
    boost::intrusive_ptr<boost_thing> made(new boost_thing(id));
    const std::lock_guard lock(in.lock);
    in.map.try_emplace(id, std::move(made));
  }

  void erase(std::uint64_t id) {
    shard& in = shards_[shard_of(id)];
    boost::intrusive_ptr<boost_thing> off;  // put once the lock is released
    const std::lock_guard lock(in.lock);
    const auto found = in.map.find(id);
    if (found == in.map.end()) return;
    off = std::move(found->second);
    in.map.erase(found);
  }

 private:
  struct alignas(apart) shard {
    spinlock lock;
    absl::flat_hash_map<std::uint64_t, boost::intrusive_ptr<boost_thing>> map;
  };
  std::array<shard, shards> shards_;
};

}  // namespace

contender sharded_absl() {
  return enter<absl_shards>("64 x spinlock + absl map + intrusive", role::peer);
}

}  // namespace bench
