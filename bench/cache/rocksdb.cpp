// rocksdb.cpp - RocksDB's two caches: LRU in 64 shards, and HyperClockCache.
//
// An entry's charge is its object's 64 bytes and nothing else, so that the capacity is a number of
// entries, as for everybody; HyperClockCache is told that charge. Its keys have 16 bytes.

#include <rocksdb/cache.h>

#include <array>
#include <cstring>
#include <memory>
#include <vector>

#include "contender.hpp"

namespace bench {
namespace {

constexpr std::size_t charge = sizeof(stored);
constexpr auto only_objects = rocksdb::kDontChargeCacheMetadata;

class rocksdb_cache {
 public:
  explicit rocksdb_cache(std::shared_ptr<rocksdb::Cache> made) : cache_(std::move(made)) {}
  rocksdb_cache(const rocksdb_cache&) = delete;
  rocksdb_cache& operator=(const rocksdb_cache&) = delete;
  ~rocksdb_cache() {
    for (rocksdb::Cache::Handle* each : held_) cache_->Release(each);
  }

  bool look_up(std::uint64_t id) {
    const key of(id);
    rocksdb::Cache::Handle* const got = cache_->Lookup(of.slice());
    if (got == nullptr) return false;
    look_at(got, id);
    cache_->Release(got);
    return true;
  }
  void insert(std::uint64_t id) { cache_->Release(enter(id)); }
  void hold(std::uint64_t id) { held_.push_back(enter(id)); }

 private:
  struct key {
    explicit key(std::uint64_t id) noexcept : words{id, 0} {}
    [[nodiscard]] rocksdb::Slice slice() const noexcept {
      return {reinterpret_cast<const char*>(words.data()), sizeof words};
    }
    const std::array<std::uint64_t, 2> words;
  };

  void look_at(rocksdb::Cache::Handle* got, std::uint64_t id) {
    use_as(*static_cast<const stored*>(cache_->Value(got)), id);
  }

  rocksdb::Cache::Handle* enter(std::uint64_t id) {
    const key of(id);
    rocksdb::Cache::Handle* got = nullptr;
    const rocksdb::Status done = cache_->Insert(
        of.slice(), new stored(id), charge,
        [](const rocksdb::Slice&, void* value) { delete static_cast<stored*>(value); }, &got);
    if (!done.ok()) [[unlikely]]
      std::abort();
    look_at(got, id);
    return got;
  }

  std::shared_ptr<rocksdb::Cache> cache_;
  std::vector<rocksdb::Cache::Handle*> held_;
};

class lru : public rocksdb_cache {
 public:
  explicit lru(const room& of)
      : rocksdb_cache(rocksdb::NewLRUCache(rocksdb::LRUCacheOptions{
            of.evicts ? of.expected * charge : without_bound, lru_shard_bits, false,
            rocksdb::LRUCacheOptions().high_pri_pool_ratio, nullptr,
            rocksdb::kDefaultToAdaptiveMutex, only_objects})) {}

 private:
  static constexpr int lru_shard_bits = 6;
  static constexpr std::size_t without_bound = std::size_t{1} << 40;
};

class hyper_clock : public rocksdb_cache {
 public:
  static constexpr bool grows = false;

  explicit hyper_clock(const room& of)
      : rocksdb_cache(rocksdb::HyperClockCacheOptions(of.with_slack() * charge, charge, -1, false,
                                                      nullptr, only_objects)
                          .MakeSharedCache()) {}
};

}  // namespace

cache_contender rocksdb_lru() { return enter_cache<lru>("RocksDB LRUCache", role::peer); }
cache_contender rocksdb_hyper_clock() {
  return enter_cache<hyper_clock>("RocksDB HyperClockCache", role::peer);
}

}  // namespace bench
