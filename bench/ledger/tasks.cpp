// tasks.cpp - the contenders of the other benches, as they are there.

#include <memory>
#include <utility>

#include "../cache/contender.hpp"
#include "../cache/goals.hpp"
#include "task.hpp"

namespace bench {

contender registry_ours();  // ../registry/ours.cpp, by another name: the cache's is ours too

namespace {

task find_by_name(std::uint64_t objects) {
  static const some_keys any = uniform(objects);  // one registry is in use at a time
  static const contender who = registry_ours();
  static const any_table table = [objects] {
    any_table all = who.make(objects);
    who.fill(all.get(), 0, objects);
    return all;
  }();
  return {"registry find, uniform", false, who.reading(who, table, any).front()};
}

}  // namespace

std::vector<task> tasks(std::uint64_t objects, unsigned copies) {
  const cache_contender cache = ours();
  const some_keys steep = zipf(objects, 0.99, finds_for(objects));
  // Long enough that no row comes round: a cache would learn the sequence.
  const some_keys steep_and_long = zipf(objects, 0.99, 8 * finds_for(objects));
  const workload all = {all_stay, steep};
  const workload tenth = {tenth_fits, steep_and_long, objects / 10};
  const any_table with_all = cache.make(cache, all);

  std::vector<task> out;
  for (unsigned i = 0; i < copies; ++i) {
    const auto counted = std::make_shared<tally>();
    const auto evicting = [&](std::size_t which) {
      return cache.rows(cache, cache.make(cache, tenth), tenth, counted).at(which);
    };
    out.push_back({"kref get + put", false, copy_a_reference()});
    out.push_back(find_by_name(objects));
    out.push_back({std::string("cache get, ") + all_stay, true,
                   cache.rows(cache, with_all, all, counted).front()});
    out.push_back({std::string("cache get, else insert, ") + tenth_fits, true, evicting(0)});
    out.push_back({std::string("cache get_or_create, ") + tenth_fits, true, evicting(1)});
  }
  return out;
}

}  // namespace bench
