// libcuckoo_map.cpp - libcuckoo's cuckoohash_map to shared_ptr.

#include <memory>

#include <libcuckoo/cuckoohash_map.hh>

#include "../table/thing.hpp"
#include "contenders.hpp"

namespace bench {
namespace {

class cuckoo {
 public:
  using pointer = std::shared_ptr<thing>;

  explicit cuckoo(std::size_t expected)
      : map_(expected == 0 ? libcuckoo::DEFAULT_SIZE : expected) {}

  bool look_up(std::uint64_t id) {
    pointer got;
    if (!map_.find(id, got)) return false;
    use_as(*got, id);
    return true;
  }
  void insert(std::uint64_t id) { map_.insert(id, std::make_shared<thing>(id)); }
  void erase(std::uint64_t id) {
    pointer off;  // put once the bucket's locks are released
    map_.erase_fn(id, [&off](pointer& there) {
      off = std::move(there);
      return true;
    });
  }

 private:
  libcuckoo::cuckoohash_map<std::uint64_t, pointer> map_;
};

}  // namespace

contender libcuckoo_map() { return enter<cuckoo>("libcuckoo + shared_ptr", role::peer); }

}  // namespace bench
