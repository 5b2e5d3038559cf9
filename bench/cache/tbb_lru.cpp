// tbb_lru.cpp - TBB's concurrent_lru_cache, which creates whatever is missing, and has a bound only
// for those that are not in use.

#define TBB_PREVIEW_CONCURRENT_LRU_CACHE 1
#include <tbb/concurrent_lru_cache.h>

#include <limits>
#include <vector>

#include "contender.hpp"

namespace bench {
namespace {

// It is assigned to an object that is there already.
struct assigned {
  std::uint64_t id = 0;
  std::byte payload[sizeof(stored) - sizeof(std::uint64_t)];
};
static_assert(sizeof(assigned) == sizeof(stored));

class tbb_cache {
 public:
  explicit tbb_cache(const room& of)
      : cache_(&make, of.evicts ? of.expected - of.held : std::numeric_limits<std::size_t>::max()) {
  }

  bool get_or_create(std::uint64_t id) {
    made = false;
    cache::handle got = cache_[id];
    use_as(got.value(), id);
    return !made;
  }
  bool look_up(std::uint64_t id) { return get_or_create(id); }
  void insert(std::uint64_t id) { get_or_create(id); }
  void hold(std::uint64_t id) { held_.push_back(cache_[id]); }

 private:
  using cache = tbb::concurrent_lru_cache<std::uint64_t, assigned, assigned (*)(std::uint64_t)>;

  static assigned make(std::uint64_t id) {
    made = true;
    assigned out;
    out.id = id;
    return out;
  }

  static inline thread_local bool made = false;
  cache cache_;
  std::vector<cache::handle> held_;  // gone before the cache is
};

}  // namespace

cache_contender tbb_lru() { return enter_cache<tbb_cache>("TBB concurrent_lru_cache", role::peer); }

}  // namespace bench
