// holders.hpp - who holds the references of one moment, type by type, and whether that is all of
// them.
//
// What is held is grouped by stack, tag and kind. Existence references, which nobody will put,
// stand apart: they are no leak. What an object's own count says and what is noted may differ; then
// it is said by how much, and why.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common_names.hpp"
#include "dump.hpp"
#include "holder_groups.hpp"

namespace lastout::ledger_reader {

struct type_holders {
  std::uint32_t type = none;  // in the dump
  std::uint64_t objects = 0;  // tracked ones that are there
  std::uint64_t held = 0;     // references that are noted, the existence references too
  std::uint64_t existence = 0;

  std::uint64_t late = 0;      // not noted: taken before the object was tracked
  std::uint64_t absent = 0;    // not noted, although the object was tracked from its birth
  std::uint64_t too_many = 0;  // noted, and not counted by the object
  std::uint64_t silent = 0;    // objects that have no count to ask

  std::vector<const holder_group*> groups;            // the largest first
  std::vector<const holder_group*> existence_groups;  // as well
};

class holders {
 public:
  /// `of` must stay where it is.
  explicit holders(const dump& of);
  holders(const holders&) = delete;
  holders& operator=(const holders&) = delete;

  /// Those of which something is there: the type with most references first.
  [[nodiscard]] const std::vector<type_holders>& types() const noexcept { return types_; }

  /// The return addresses of a group, innermost first; nullptr when no stack was noted.
  [[nodiscard]] const std::vector<std::uint64_t>* stack(const holder_key& of) const;
  /// The tag of a group, or nullptr.
  [[nodiscard]] const std::string* tag(const holder_key& of) const;

  /// What does not add up in a type, and why: one sentence each.
  [[nodiscard]] std::vector<std::string> remarks(const type_holders& of) const;

 private:
  const dump& of_;
  common_names names_;
  holder_groups grouped_;
  std::vector<type_holders> types_;
};

/// Leaves only the objects of the types that `said` means (type_match.hpp).
/// Returns   false when it means none, and then nothing has changed.
bool keep_only_type(dump& of, std::string_view said);

/// Leaves only the object that lies at `address`, or around it.
/// Returns   false when there is none, and then nothing has changed.
bool keep_only_object(dump& of, std::uint64_t address);

}  // namespace lastout::ledger_reader
