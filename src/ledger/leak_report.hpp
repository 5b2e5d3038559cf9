// leak_report.hpp - what is still held and by whom: first what the program holds, then what that
// holds in turn, then what holds itself (a cycle). What an existence reference keeps alive, and what
// that holds, is no leak.

#pragma once

#include <string>

namespace lastout::ledger {

/// Empty when nothing is held.
std::string leak_report();

}  // namespace lastout::ledger
