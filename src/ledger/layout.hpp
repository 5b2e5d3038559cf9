// layout.hpp - where the ledger's tables are and how they are laid out, by name: for a debugger,
// which has the program's memory, perhaps as a core file, and perhaps no debug information.
//
// One exported object, `lastout_ledger_layout`, leads to it all. tools/gdb/lastout_gdb.py reads it
// and knows names only: numbers are the compiler's. A name that goes, or gets another meaning, makes
// another version.
//
// Constant data: no code runs for it, and nobody in the program looks at it.

#pragma once

#include <cstddef>
#include <cstdint>

#include "numbered.hpp"

namespace lastout::ledger {

/// Something that is there once, or an array.
struct layout_root {
  const char* name;  // "shards"
  const void* first;
  std::uint32_t bytes;  // of one
  std::uint32_t number;
};

/// A member of a struct, or some bits of a word in it.
struct layout_member {
  const char* name;  // "record.tag"
  std::uint32_t offset;
  std::uint32_t bytes;
  std::uint32_t first_bit = 0;
  std::uint32_t bits = 0;  // 0: the whole of it
  std::uint32_t unit = 1;  // what is counted in there is so many of what the name says
};

/// What one file knows.
struct layout_part {
  const layout_root* roots;
  const layout_member* members;
  std::uint32_t root_count;
  std::uint32_t member_count;
};

template <std::size_t Roots, std::size_t Members>
constexpr layout_part layout_of(const layout_root (&roots)[Roots],
                                const layout_member (&members)[Members]) noexcept {
  return {roots, members, Roots, Members};
}

/// Where a `numbered` is: rows of pointers, and how many things they lead to.
struct numbered_layout {
  template <class T, std::size_t Rows>
  static constexpr layout_root rows(const char* name, const numbered<T, Rows>& of) noexcept {
    return {name, of.rows_, sizeof(typename numbered<T, Rows>::row), Rows};
  }
  template <class T, std::size_t Rows>
  static constexpr layout_root size(const char* name, const numbered<T, Rows>& of) noexcept {
    return {name, &of.size_, sizeof of.size_, 1};
  }
};

extern const layout_part layout_of_objects;  // object_table.cpp
extern const layout_part layout_of_types;    // type_book.cpp
extern const layout_part layout_of_stacks;   // stack_book.cpp
extern const layout_part layout_of_threads;  // thread_book.cpp

struct layout {
  char magic[16];  // "lastout ledger"
  std::uint32_t version;
  std::uint32_t part_count;
  const layout_part* const* parts;
};

}  // namespace lastout::ledger

// Always the program's own, whatever its symbols' visibility is.
extern "C" [[gnu::visibility("default")]] const lastout::ledger::layout lastout_ledger_layout;

#define LASTOUT_MEMBER(of, member) {#of "." #member, offsetof(of, member), sizeof(of::member)}
