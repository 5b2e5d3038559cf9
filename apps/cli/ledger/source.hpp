// source.hpp - where an answer comes from: a process that runs, or a dump in a file.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ledger/dump.hpp>
#include <symbols/module.hpp>

namespace cli::ledger {

/// The process that the word names: digits only. A file of such a name is told as ./NAME.
std::optional<std::uint64_t> as_process(const std::string& said);

/// The same, when nothing but a process will do. Throws  bad_request.
std::uint64_t process_of(const std::string& said);

/// The dump of the process or in the file. Throws  bad_dump, no_answer.
lastout::ledger_reader::dump read(const std::string& said);

/// An address as it stands in reports: 0x and hexadecimal digits. Throws  bad_request.
std::uint64_t address_of(const char* option, const std::string& said);

/// What stack_names wants to know of a dump.
std::vector<lastout::symbols::module> modules_of(const lastout::ledger_reader::dump& of);

}  // namespace cli::ledger
