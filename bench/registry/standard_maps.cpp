// standard_maps.cpp - what the standard library gives: unordered_map to shared_ptr, under 64
// mutexes or under one shared_mutex.

#include <array>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include "../table/shard.hpp"
#include "../table/thing.hpp"
#include "contenders.hpp"

namespace bench {
namespace {

template <class Lock, template <class> class ReadLock>
struct guarded_map {
  using pointer = std::shared_ptr<thing>;

  bool look_up(std::uint64_t id) {
    pointer got;
    {
      const ReadLock<Lock> guard(lock);
      const auto found = map.find(id);
      if (found == map.end()) return false;
      got = found->second;
    }
    use_as(*got, id);
    return true;
  }

  void insert(std::uint64_t id) {
    auto made = std::make_shared<thing>(id);
    const std::lock_guard guard(lock);
    map.try_emplace(id, std::move(made));
  }

  void erase(std::uint64_t id) {
    typename decltype(map)::node_type off;  // freed once the lock is released
    const std::lock_guard guard(lock);
    off = map.extract(id);
  }

  Lock lock;
  std::unordered_map<std::uint64_t, pointer> map;
};

class mutex_shards {
 public:
  explicit mutex_shards(std::size_t expected) {
    for (shard& each : shards_) each.map.reserve(expected / shards);
  }
  bool look_up(std::uint64_t id) { return shards_[shard_of(id)].look_up(id); }
  void insert(std::uint64_t id) { shards_[shard_of(id)].insert(id); }
  void erase(std::uint64_t id) { shards_[shard_of(id)].erase(id); }

 private:
  struct alignas(apart) shard : guarded_map<std::mutex, std::lock_guard> {};
  std::array<shard, shards> shards_;
};

class shared_mutex_map : public guarded_map<std::shared_mutex, std::shared_lock> {
 public:
  explicit shared_mutex_map(std::size_t expected) { map.reserve(expected); }
};

}  // namespace

contender sharded_mutex() {
  return enter<mutex_shards>("64 x mutex + hash map + shared_ptr", role::peer);
}
contender one_shared_mutex() {
  return enter<shared_mutex_map>("shared_mutex + hash map + shared_ptr", role::peer);
}

}  // namespace bench
