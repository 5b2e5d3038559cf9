// limit.cpp - the limit cannot evict: where others do, it is the same look-up of the same keys in a
// table that has all of them.

#include "contender.hpp"

namespace bench {
namespace {

any_table make(const cache_contender& of, const workload& under) {
  any_table all = of.table.make(under.wanted->objects);
  of.table.fill(all.get(), 0, under.wanted->objects);
  return all;
}

std::vector<subject> rows(const cache_contender& of, const any_table& table, const workload& under,
                          const some_tally&) {
  return {of.table.reading(of.table, table, under.wanted).front()};
}

}  // namespace

cache_contender limit() {
  return {.table = open_addressing(),
          .in_growth = true,
          .own_bytes = sizeof(thing),
          .make = &make,
          .rows = &rows,
          .time_each = nullptr,
          .bytes_for_entry = &resident_bytes};
}

}  // namespace bench
