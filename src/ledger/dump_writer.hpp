// dump_writer.hpp - everything that is known, as text: docs/dump-format.md.

#pragma once

#include <string>

namespace lastout::ledger {

std::string write_dump();

}  // namespace lastout::ledger
