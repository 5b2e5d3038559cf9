// source_line.hpp - the line from which something was called, as a default argument; also where
// std::source_location is not.

#pragma once

namespace lastout::vfs {

struct source_line {
  const char* file = "";
  unsigned line = 0;
  const char* function = "";

  static constexpr source_line here(const char* file = __builtin_FILE(),
                                    int line = __builtin_LINE(),
                                    const char* function = __builtin_FUNCTION()) noexcept {
    return {file, static_cast<unsigned>(line), function};
  }
};

}  // namespace lastout::vfs
