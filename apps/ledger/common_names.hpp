// common_names.hpp - types, tags and stacks of several dumps under the same numbers.
//
// A dump's numbers hold within it only. Types and tags are the same when their text is; stacks when
// their frames lie at the same places of the same modules, wherever those were loaded.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "dump.hpp"

namespace lastout::ledger_reader {

class common_names {
 public:
  /// A stack as one of the dumps has it: the latest that does.
  struct place {
    std::size_t dump;
    std::uint32_t stack;
  };

  /// `dumps` in the order of time; they must stay where they are.
  explicit common_names(std::vector<const dump*> dumps);

  std::uint32_t type(std::size_t of, std::uint32_t number) const { return at(types_[of], number); }
  std::uint32_t tag(std::size_t of, std::uint32_t number) const { return at(tags_[of], number); }
  std::uint32_t stack(std::size_t of, std::uint32_t number) const {
    return at(stacks_[of], number);
  }

  std::size_t type_count() const { return type_names_.size(); }
  const std::string& type_name(std::uint32_t type) const { return *type_names_[type]; }
  const std::string& tag_text(std::uint32_t tag) const { return *tag_texts_[tag]; }
  place stack_at(std::uint32_t stack) const { return stack_places_[stack]; }

 private:
  using numbers = std::vector<std::uint32_t>;  // a dump's number -> the common one

  static std::uint32_t at(const numbers& of, std::uint32_t number) {
    return number == none ? none : of[number];
  }

  std::vector<numbers> types_, tags_, stacks_;
  std::vector<const std::string*> type_names_, tag_texts_;
  std::vector<place> stack_places_;
};

}  // namespace lastout::ledger_reader
