// libcds_michael.cpp - libcds's MichaelHashMap to shared_ptr, its memory kept by hazard pointers.
//
// It cannot grow: it must be told how many entries it is to have.

#include <memory>

#include <cds/container/michael_kvlist_hp.h>
#include <cds/container/michael_map.h>
#include <cds/gc/hp.h>
#include <cds/init.h>
#include <cds/threading/model.h>

#include "../table/thing.hpp"
#include "contenders.hpp"

namespace bench {
namespace {

class michael {
 public:
  static constexpr bool grows = false;
  using pointer = std::shared_ptr<thing>;

  explicit michael(std::size_t expected) : map_(expected, 1) {}

  static void prepare() {
    struct library {
      library() { cds::Initialize(); }
      library(const library&) = delete;
      library& operator=(const library&) = delete;
      ~library() { cds::Terminate(); }
    };
    static const library loaded;
    static cds::gc::HP collector(map::c_nHazardPtrCount + 1);
    static_cast<void>(loaded);
    static_cast<void>(collector);
    join();
  }

  static void join() {
    struct attachment {
      attachment() { cds::threading::Manager::attachThread(); }
      ~attachment() { cds::threading::Manager::detachThread(); }
    };
    static thread_local const attachment mine;
    static_cast<void>(mine);
  }

  bool look_up(std::uint64_t id) {
    pointer got;
    // The hazard pointer keeps the entry, and so the table's reference, during the copy.
    if (!map_.find(id, [&got](const auto& entry) { got = entry.second; })) return false;
    use_as(*got, id);
    return true;
  }
  void insert(std::uint64_t id) { map_.insert(id, std::make_shared<thing>(id)); }
  void erase(std::uint64_t id) { map_.erase(id); }

 private:
  struct list_traits : cds::container::michael_list::traits {
    using less = std::less<std::uint64_t>;
  };
  struct map_traits : cds::container::michael_map::traits {
    using hash = std::hash<std::uint64_t>;
  };
  using list = cds::container::MichaelKVList<cds::gc::HP, std::uint64_t, pointer, list_traits>;
  using map = cds::container::MichaelHashMap<cds::gc::HP, list, map_traits>;

  map map_;
};

}  // namespace

contender libcds_michael() {
  return enter<michael>("libcds MichaelHashMap + shared_ptr", role::peer);
}

}  // namespace bench
