// tbb_hash_map.cpp - TBB's concurrent_hash_map to shared_ptr.

#include <memory>

#include <tbb/concurrent_hash_map.h>

#include "../table/thing.hpp"
#include "contenders.hpp"

namespace bench {
namespace {

class tbb_map {
 public:
  using pointer = std::shared_ptr<thing>;
  using map = tbb::concurrent_hash_map<std::uint64_t, pointer>;

  explicit tbb_map(std::size_t expected) : map_(expected) {}

  bool look_up(std::uint64_t id) {
    pointer got;
    {
      map::const_accessor found;
      if (!map_.find(found, id)) return false;
      got = found->second;
    }
    use_as(*got, id);
    return true;
  }
  void insert(std::uint64_t id) { map_.emplace(id, std::make_shared<thing>(id)); }
  void erase(std::uint64_t id) { map_.erase(id); }

 private:
  map map_;
};

}  // namespace

contender tbb_hash_map() {
  return enter<tbb_map>("TBB concurrent_hash_map + shared_ptr", role::peer);
}

}  // namespace bench
