// whole_file.hpp - a file that is there whole, or as it was before.

#pragma once

#include <string>
#include <string_view>

namespace lastout::ledger {

// A regular file is written beside its place and renamed into it, where symbolic links lead.
// Anything else that is there (a pipe, a device, what this process has open as its output) is never
// replaced: it is written to as it is.
// Returns   empty; or what went wrong.
std::string write_whole_file(const std::string& path, std::string_view text);

}  // namespace lastout::ledger
