// contender.hpp - a cache that takes part, and what is done with it.
//
// A cache is a table (../table/contender.hpp) in which everything stays, when it is made from a
// number, and evicts, when it is made from a capacity:
//
//   Cache(room)               room.hpp
//   bool look_up(id)          get, use_as, release; false when there is none
//   void insert(id)           makes an object, enters it, use_as, release
//   void hold(id)             the same, but releases it when the cache goes
//
// and, where it has them,
//
//   bool get_or_create(id)    in one call; true when the object was there
//   name_create               what a row of that is called
//   own_bytes                 what of the object is its user's, when it inherits something

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../table/contender.hpp"
#include "room.hpp"
#include "stored.hpp"

namespace bench {

/// Which keys, and how many entries there is room for; capacity 0: for all. A cache that evicts
/// must not meet the same keys again and again: it would learn them.
struct workload {
  std::string name;
  some_keys wanted;
  std::uint64_t capacity = 0;
  std::uint64_t held = 0;    // objects 0 .. held are in use all the time
  unsigned threads_max = 2;  // of its rows
};

/// How many of the keys a cache is asked for before it takes part; and from where on, far from
/// where threads begin (first_place).
inline std::size_t settling(std::size_t finds) noexcept { return finds / 8; }
inline std::size_t settling_from(std::size_t finds) noexcept { return finds / 20 * 9; }

/// How often something was asked for, and how often it was there.
struct tally {
  std::atomic<std::uint64_t> asked{0};
  std::atomic<std::uint64_t> hits{0};
  void add(std::uint64_t more_asked, std::uint64_t more_hits) noexcept {
    asked.fetch_add(more_asked, std::memory_order_relaxed);
    hits.fetch_add(more_hits, std::memory_order_relaxed);
  }
};
using some_tally = std::shared_ptr<tally>;

struct cache_contender {
  contender table;        // what it is when everything stays; name and role
  bool in_growth;         // its table can be grown and timed on its own
  std::size_t own_bytes;  // of the object's 64: what is not the library's
  /// A cache for a workload, filled with what is held, or all; settled, if it evicts.
  any_table (*make)(const cache_contender&, const workload&);
  std::vector<subject> (*rows)(const cache_contender&, const any_table&, const workload&,
                               const some_tally&);
  /// So many operations, each timed: look-ups, or what it does best when things are missing.
  void (*time_each)(const any_table&, const workload&, unsigned self, std::uint64_t times,
                    histogram&);
  /// Bytes for an entry of so many, found out in a process that has done nothing else.
  double (*bytes_for_entry)(const cache_contender&, std::uint64_t entries);
};

/// What the memory of this process has come to: bytes for each of the entries that a table is
/// filled with now.
double resident_bytes(const cache_contender& of, std::uint64_t entries);

namespace contender_detail {

struct by_get_and_insert {
  template <class Cache>
  static bool once(Cache& cache, std::uint64_t id) {
    if (cache.look_up(id)) return true;
    cache.insert(id);
    return false;
  }
};
struct by_get_or_create {
  template <class Cache>
  static bool once(Cache& cache, std::uint64_t id) {
    return cache.get_or_create(id);
  }
};

template <class Cache>
constexpr bool creates() noexcept {
  return requires(Cache cache) { cache.get_or_create(0); };
}
template <class Cache>
using by_the_best = std::conditional_t<creates<Cache>(), by_get_or_create, by_get_and_insert>;

template <class Cache, class By>
struct with_misses {
  struct object {
    object(const any_table& in, const some_keys& with, some_tally in_all)
        : at(in, with), all(std::move(in_all)) {}
    seat<Cache> at;
    some_tally all;
  };
  struct hand {
    explicit hand(object& of) : keys(of.at), all(*of.all) {}
    hand(const hand&) = delete;
    hand& operator=(const hand&) = delete;
    ~hand() { all.add(asked, hits); }
    void once() {
      ++asked;
      hits += By::once(keys.table, keys.next()) ? 1u : 0u;
    }
    reader<Cache> keys;
    tally& all;
    std::uint64_t asked = 0;
    std::uint64_t hits = 0;
  };
};

template <class Cache>
any_table make_cache(const cache_contender& of, const workload& under) {
  if (under.capacity == 0) {
    any_table all = of.table.make(under.wanted->objects);
    of.table.fill(all.get(), 0, under.wanted->objects);
    return all;
  }
  auto out = std::make_shared<filled<Cache>>(room(under.capacity, under.held));
  for (std::uint64_t i = 0; i < under.held; ++i) out->table.hold(id_of(i));
  const auto& finds = under.wanted->finds;
  const std::size_t from = settling_from(finds.size());
  for (std::size_t i = 0; i < settling(finds.size()); ++i) {
    by_the_best<Cache>::once(out->table, finds[(from + i) % finds.size()]);
  }
  return out;
}

template <class Cache>
std::vector<subject> cache_rows(const cache_contender& of, const any_table& cache,
                                const workload& under, const some_tally& all) {
  if (under.capacity == 0) return of.table.reading(of.table, cache, under.wanted);
  std::vector<subject> out;
  const auto add = [&]<class By>(By, const std::string& name) {
    out.push_back(
        describe<with_misses<Cache, By>>(name, of.table.who, true, cache, under.wanted, all));
  };
  add(by_get_and_insert{}, of.table.name);
  if constexpr (requires { Cache::name_create; }) add(by_get_or_create{}, Cache::name_create);
  return out;
}

template <class Cache>
void time_each(const any_table& in, const workload& under, unsigned self, std::uint64_t times,
               histogram& took) {
  seat<Cache> at(in, under.wanted);
  at.hands.store(self, std::memory_order_relaxed);
  reader<Cache> keys(at);
  for (; times != 0; --times) {
    const std::uint64_t id = keys.next();
    const std::uint64_t begin = ticks();
    if (under.capacity == 0) {
      if (!keys.table.look_up(id)) [[unlikely]]
        std::abort();
    } else {
      by_the_best<Cache>::once(keys.table, id);
    }
    took.add(ticks() - begin);
  }
}

}  // namespace contender_detail

template <class Cache>
cache_contender enter_cache(std::string name, role who) {
  namespace detail = contender_detail;
  cache_contender out{.table = enter<Cache>(std::move(name), who),
                      .in_growth = true,
                      .own_bytes = sizeof(stored),
                      .make = &detail::make_cache<Cache>,
                      .rows = &detail::cache_rows<Cache>,
                      .time_each = &detail::time_each<Cache>,
                      .bytes_for_entry = &resident_bytes};
  if constexpr (requires { Cache::own_bytes; }) out.own_bytes = Cache::own_bytes;
  return out;
}

cache_contender limit();
cache_contender ours();
cache_contender rocksdb_lru();
cache_contender rocksdb_hyper_clock();
cache_contender tbb_lru();
cache_contender one_mutex_lru();
cache_contender sharded_mutex_lru();
/// Throws    std::runtime_error, when it is made, if Java or Caffeine is missing or fails.
cache_contender caffeine();
cache_contender caffeine_in_caller();

}  // namespace bench
