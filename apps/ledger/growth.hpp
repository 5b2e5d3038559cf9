// growth.hpp - what grew between two dumps: types, and who holds.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common_names.hpp"
#include "dump.hpp"
#include "holder_groups.hpp"

namespace lastout::ledger_reader {

struct type_growth {
  std::string name;
  std::uint64_t objects_before = 0, objects = 0;
  std::uint64_t references_before = 0, references = 0;
};

class growth {
 public:
  /// Both must stay where they are.
  growth(const dump& before, const dump& after);

  /// Types of which something is there, before or after: what grew most first.
  [[nodiscard]] const std::vector<type_growth>& types() const noexcept { return types_; }

  /// Holders by type, stack, tag and kind that differ: what grew most first, what shrank last.
  [[nodiscard]] const std::vector<holder_growth>& holders() const noexcept { return holders_; }

  [[nodiscard]] const std::string& type_name(const holder_key& of) const {
    return names_.type_name(of.type);
  }
  /// The tag, or nullptr.
  [[nodiscard]] const std::string* tag(const holder_key& of) const {
    return of.tag == none ? nullptr : &names_.tag_text(of.tag);
  }
  /// Which dump's stack it is (0: before), and its return addresses; nullptr when there is none.
  struct stack_in {
    std::size_t dump = 0;
    const std::vector<std::uint64_t>* addresses = nullptr;
  };
  [[nodiscard]] stack_in stack(const holder_key& of) const;

  /// What makes the two hard to compare: one sentence each.
  [[nodiscard]] std::vector<std::string> remarks() const;

 private:
  const dump& before_;
  const dump& after_;
  common_names names_;
  std::vector<type_growth> types_;
  std::vector<holder_growth> holders_;
};

}  // namespace lastout::ledger_reader
