// keepers.hpp - which object of a dump keeps which other one alive, and where that leads back.
//
// An object keeps another one when it is the owner that a reference was declared to have, when the
// reference's handle lies inside of it, or when its type declares the edge. Of objects that lie in
// each other the innermost is meant. References of every kind count: a passive one keeps the memory.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "dump.hpp"

namespace lastout::ledger_reader {

/// One object keeps another one, by their numbers in the dump.
struct keeping {
  static constexpr std::uint8_t handle_inside = 1, owner_declared = 2, edge_declared = 4;

  std::uint32_t from = none;
  std::uint32_t to = none;
  std::uint8_t how = 0;  // one bit or several of those above
};

/// Objects that keep each other: from each of them there is a way to each.
struct cycle {
  std::vector<std::uint32_t> path;  // a short way round; from its last object back to its first
  std::size_t size = 0;             // how many objects keep each other, on this path or not
  std::uint64_t outside = 0;        // references that something else has to them
};

class keepers {
 public:
  explicit keepers(const dump& of);

  /// The object that this address lies in, or none.
  std::uint32_t object_around(std::uint64_t address) const;

  /// The object that holds this reference, as declared or by where its handle lies; or none.
  std::uint32_t holder(const reference& held) const;

  /// Every pair once, in the order of `from`, then of `to`.
  std::span<const keeping> edges() const { return edges_; }
  std::span<const keeping> kept_by(std::uint32_t object) const {
    return {edges_.data() + first_edge_[object], edges_.data() + first_edge_[object + 1]};
  }

  /// How many references to the object no object holds.
  std::uint64_t outside(std::uint32_t object) const { return outside_[object]; }

  /// The next object on a shortest way to one that is held from outside, or from which nothing
  /// leads on; none when the object itself is such a one.
  std::uint32_t keeper(std::uint32_t object) const { return keeper_[object]; }

  /// Those that nothing outside holds come first, the larger ones before the smaller ones.
  const std::vector<cycle>& cycles() const { return cycles_; }

  /// The number of the cycle that the object is in, or none.
  std::uint32_t cycle_of(std::uint32_t object) const { return cycle_of_[object]; }

 private:
  struct extent {
    std::uint64_t begin, end;
    std::uint32_t object;
    std::uint32_t around;  // the next larger extent that holds this one
  };

  void sort_extents(const dump& of);
  void find_edges(const dump& of);
  std::vector<std::uint32_t> find_components() const;
  void find_cycles(const dump& of, const std::vector<std::uint32_t>& component);
  void find_keepers(const std::vector<std::uint32_t>& component);
  std::vector<std::uint32_t> way_round(std::uint32_t from,
                                       const std::vector<std::uint32_t>& component,
                                       std::vector<std::uint32_t>& came_from) const;

  std::vector<extent> extents_;  // by address; of two at one address the larger comes first
  std::vector<keeping> edges_;
  std::vector<std::size_t> first_edge_;
  std::vector<std::uint64_t> outside_;
  std::vector<std::uint32_t> keeper_, cycle_of_;
  std::vector<cycle> cycles_;
};

}  // namespace lastout::ledger_reader
