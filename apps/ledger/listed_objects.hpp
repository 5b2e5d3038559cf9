// listed_objects.hpp - the objects of a dump that a page has room for: those that say most.
//
// In this order, up to the bound: the paths of cycles (of half the bound at most), objects with a
// history, the object of the oldest reference of each holder, then those with most references. Each
// brings along the objects on the way to what holds it from outside, so that the way can be told.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "dump.hpp"
#include "holder_groups.hpp"
#include "keepers.hpp"

namespace lastout::ledger_reader {

class listed_objects {
 public:
  listed_objects(const dump& of, const keepers& who, const std::vector<holder_group>& groups,
                 std::size_t objects_max, std::size_t path_max);

  /// Numbers in the dump, in the order in which they were chosen.
  const std::vector<std::uint32_t>& objects() const { return objects_; }

  /// Where an object stands in objects(), or none.
  std::uint32_t place(std::uint32_t object) const { return place_[object]; }

  /// How many of the first cycles have their path, its first `path_max` objects, listed whole.
  std::size_t cycles() const { return cycles_; }

 private:
  bool full() const { return objects_.size() >= objects_max_; }
  void add(std::uint32_t object);
  void add_with_keepers(std::uint32_t object, const keepers& who);

  std::size_t objects_max_;
  std::vector<std::uint32_t> objects_, place_;
  std::size_t cycles_ = 0;
};

}  // namespace lastout::ledger_reader
