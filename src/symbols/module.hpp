// module.hpp - a file whose code is in a process: where it lies, and which build of it that is.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lastout::symbols {

/// One executable mapping.
struct module {
  std::uint64_t begin = 0, end = 0;
  std::uint64_t offset = 0;  // of `begin`, in the file
  std::string build_id;      // hexadecimal digits; empty: it has none
  std::string path;
};

/// Those of this process now.
std::vector<module> modules_here();

}  // namespace lastout::symbols
