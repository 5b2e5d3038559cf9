// counters.hpp - how many, of each type: for who looks again and again.

#pragma once

#include <string>

namespace lastout::ledger {

/// A line for each type: see README.md.
std::string counters_text();

}  // namespace lastout::ledger
