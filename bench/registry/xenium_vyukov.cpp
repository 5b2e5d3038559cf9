// xenium_vyukov.cpp - xenium's vyukov_hash_map to shared_ptr, its memory kept by epochs.

#include <array>  // for xenium, which forgets it
#include <memory>

#include <xenium/reclamation/generic_epoch_based.hpp>
#include <xenium/vyukov_hash_map.hpp>

#include "../table/thing.hpp"
#include "contenders.hpp"

namespace bench {
namespace {

class vyukov {
 public:
  using pointer = std::shared_ptr<thing>;

  // Buckets of three, two of them in use.
  explicit vyukov(std::size_t expected) : map_(expected == 0 ? 128 : expected / 2) {}

  bool look_up(std::uint64_t id) {
    pointer got;
    {
      map::accessor found;
      if (!map_.try_get_value(id, found)) return false;
      got = *found;
    }
    use_as(*got, id);
    return true;
  }
  void insert(std::uint64_t id) { map_.emplace(id, std::make_shared<thing>(id)); }
  void erase(std::uint64_t id) { map_.erase(id); }

 private:
  using map = xenium::vyukov_hash_map<std::uint64_t, pointer,
                                      xenium::policy::reclaimer<xenium::reclamation::debra<>>>;
  map map_;
};

}  // namespace

contender xenium_vyukov() {
  return enter<vyukov>("xenium vyukov_hash_map + shared_ptr", role::peer);
}

}  // namespace bench
