// why.hpp - why an object is alive: by which references of which objects, and how that leads back
// to what holds it from outside; and the cycles that nothing from outside holds.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "dump.hpp"
#include "keepers.hpp"

namespace lastout::ledger_reader {

/// What one object has of another one.
struct hold {
  std::uint32_t from = none;
  std::uint32_t to = none;
  std::vector<const reference*> by;  // empty when only the type of `from` declares it
  bool declared = false;             // an edge that the type of `from` declares
};

/// Cycles that are the same but for the addresses: types, stacks and tags all round.
struct cycle_shape {
  const cycle* first = nullptr;  // the first of them
  std::uint64_t times = 0;
};

/// The objects and references of one type, by what holds them.
struct type_share {
  std::uint32_t type = none;
  std::uint64_t objects = 0;
  std::uint64_t references = 0;
  std::uint64_t from_outside = 0;  // of the references: held by no tracked object
};

class why {
 public:
  /// `of` must stay where it is.
  explicit why(const dump& of);

  [[nodiscard]] const keepers& who() const noexcept { return who_; }

  /// The object that lies at this address, or around it; or none.
  [[nodiscard]] std::uint32_t object_at(std::uint64_t address) const {
    return who_.object_around(address);
  }

  /// The references to an object that no tracked object holds.
  [[nodiscard]] std::vector<const reference*> from_outside(std::uint32_t object) const;

  /// What each tracked object has of it, the one with most references first.
  [[nodiscard]] std::vector<hold> holds(std::uint32_t object) const;

  /// What `from` has of `to`.
  [[nodiscard]] hold between(std::uint32_t from, std::uint32_t to) const;

  /// The object, who keeps it, who keeps that one, and so on: a shortest way to one that is held from
  /// outside, or to where it goes no further.
  [[nodiscard]] std::vector<std::uint32_t> chain(std::uint32_t object) const;

  /// Those that nothing from outside holds first; then by how often they occur.
  [[nodiscard]] std::vector<cycle_shape> shapes() const;

  /// The type with most objects first.
  [[nodiscard]] std::vector<type_share> types() const;

 private:
  [[nodiscard]] std::string shape_of(const cycle& round) const;
  void find_kept_by();

  const dump& of_;
  keepers who_;
  std::vector<std::size_t> first_holder_;  // of each object, in holders_
  std::vector<std::uint32_t> holders_;     // objects
};

}  // namespace lastout::ledger_reader
