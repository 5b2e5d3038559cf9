// dump_reader.hpp - the text of a dump, checked line by line, as the facts that it states.
//
// A dump is read whole or not at all: half the references would be a wrong answer, not half of one.

#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "dump.hpp"

namespace lastout::ledger_reader {

/// What is wrong with a dump, on which line, and what to do about it.
class bad_dump : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Reads the text. `name` is what errors call it: a file, or a process.
/// Throws   bad_dump.
dump read_dump(std::string_view text, std::string_view name);

/// Reads a file. Throws  bad_dump, also when it cannot be read.
dump read_dump_file(const std::string& path);

/// Looks at the first line and the last one only: whether the text is a dump with an end.
/// Throws   bad_dump.
void check_ends(std::string_view text, std::string_view name);

}  // namespace lastout::ledger_reader
