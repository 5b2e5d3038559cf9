// function_name.hpp - a function's name as a stack tells it: without parameters and what it returns.

#pragma once

#include <string>
#include <string_view>

namespace lastout::symbols {

/// "lastout::vfs::f" for _ZN7lastout3vfs1fEiPKc. What is no mangled name stays as it is.
std::string function_name(const char* linkage_name);

/// True for functions of the library itself, of the C++ runtime, and of what comes before main or a
/// thread's first function: of a holder they say nothing.
bool says_nothing(std::string_view function);

}  // namespace lastout::symbols
