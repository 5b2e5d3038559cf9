// holder_groups.hpp - outstanding references by who holds them: type, stack, tag and kind.
//
// A million references of one program come down to as many rows as there are places that take them.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "common_names.hpp"
#include "dump.hpp"

namespace lastout::ledger_reader {

/// In the common numbers of all dumps, so that groups of two dumps compare.
struct holder_key {
  std::uint32_t type = none;
  std::uint32_t stack = none;
  std::uint32_t tag = none;
  reference_kind kind = reference_kind::external;

  bool operator==(const holder_key&) const = default;
};

struct holder_group {
  holder_key key;
  std::uint64_t count = 0;    // references
  std::uint64_t objects = 0;  // different ones
  std::uint64_t oldest_ns = 0, newest_ns = 0;
  std::uint32_t oldest_object = none;              // by its number in the dump
  std::map<std::uint32_t, std::uint64_t> threads;  // how many of them each thread took
  std::uint64_t before = 0;                        // references in the first dump
};

/// How many references a holder had in the first dump and has in the last one.
struct holder_growth {
  holder_key key;
  std::uint64_t first = 0, last = 0;
};

class holder_groups {
 public:
  /// The groups of the last dump, by references: the largest first.
  holder_groups(const std::vector<const dump*>& dumps, const common_names& names);

  const std::vector<holder_group>& groups() const { return groups_; }

  /// What differs between the first dump and the last one: the largest growth first, then what
  /// shrank. Empty when there is one dump only.
  const std::vector<holder_growth>& growth() const { return growth_; }

 private:
  std::vector<holder_group> groups_;
  std::vector<holder_growth> growth_;
};

}  // namespace lastout::ledger_reader
