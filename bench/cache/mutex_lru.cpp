// mutex_lru.cpp - what people write by hand: a list in the order of use and an unordered_map into
// it, under a mutex or in 16 shards of that. Who has a shared_ptr has the object.

#include <array>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "../table/shard.hpp"
#include "contender.hpp"

namespace bench {
namespace {

class guarded_lru {
 public:
  using pointer = std::shared_ptr<stored>;

  void reserve(std::size_t expected) { places_.reserve(expected); }
  void hold_at_most(std::size_t capacity) { capacity_ = capacity; }

  pointer get(std::uint64_t id) {
    const std::lock_guard guard(lock_);
    const auto found = places_.find(id);
    if (found == places_.end()) return {};
    order_.splice(order_.begin(), order_, found->second);
    return found->second->object;
  }

  pointer insert(std::uint64_t id) {
    auto made = std::make_shared<stored>(id);
    std::list<entry> off;  // freed once the lock is released
    const std::lock_guard guard(lock_);
    const auto [at, entered] = places_.try_emplace(id);
    if (!entered) return at->second->object;
    order_.push_front({id, made});
    at->second = order_.begin();
    if (order_.size() > capacity_) evict_one(off);
    return made;
  }

 private:
  struct entry {
    std::uint64_t id;
    pointer object;
  };

  // The oldest that nobody has; who is met in use counts as just used.
  void evict_one(std::list<entry>& off) {
    for (std::size_t left = order_.size(); left != 0; --left) {
      const auto oldest = std::prev(order_.end());
      if (oldest->object.use_count() == 1) {
        places_.erase(oldest->id);
        off.splice(off.end(), order_, oldest);
        return;
      }
      order_.splice(order_.begin(), order_, oldest);
    }
  }

  std::mutex lock_;
  std::list<entry> order_;  // the newest first
  std::unordered_map<std::uint64_t, std::list<entry>::iterator> places_;
  std::size_t capacity_ = static_cast<std::size_t>(-1);
};

template <unsigned bits>
class mutex_cache {
 public:
  explicit mutex_cache(const room& of) {
    for (shard& each : shards_) {
      each.reserve(of.expected / shards_.size());
      if (of.evicts) each.hold_at_most(of.expected / shards_.size());
    }
  }

  bool look_up(std::uint64_t id) {
    const guarded_lru::pointer got = of(id).get(id);
    if (got == nullptr) return false;
    use_as(*got, id);
    return true;
  }
  void insert(std::uint64_t id) { use_as(*of(id).insert(id), id); }
  void hold(std::uint64_t id) { held_.push_back(of(id).insert(id)); }

 private:
  struct alignas(apart) shard : guarded_lru {};
  shard& of(std::uint64_t id) { return shards_[bits == 0 ? 0 : shard_of(id, bits)]; }
  std::array<shard, std::size_t{1} << bits> shards_;
  std::vector<guarded_lru::pointer> held_;
};

}  // namespace

cache_contender one_mutex_lru() {
  return enter_cache<mutex_cache<0>>("mutex + list + unordered_map", role::peer);
}
cache_contender sharded_mutex_lru() {
  return enter_cache<mutex_cache<4>>("16 x (mutex + list + unordered_map)", role::peer);
}

}  // namespace bench
