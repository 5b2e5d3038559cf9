// place.hpp - where in the source an operation stands.
//
// std::source_location would do, but clang 14 with libstdc++ does not have it.

#pragma once

#include <string>
#include <string_view>

namespace interleave {

struct place {
  const char* file = nullptr;  // nullptr: unknown (a destructor, a conversion, operator delete)
  unsigned line = 0;
  bool after = false;  // the thread's last known place, somewhat before the operation itself

  /// The caller's place, as a default argument.
  static constexpr place here(const char* file = __builtin_FILE(),
                              unsigned line = __builtin_LINE()) noexcept {
    return {file, line, false};
  }

  /// True unless unknown or inside a system header (std::unique_lock calls lock() from there).
  bool known() const noexcept {
    if (file == nullptr) return false;
    const std::string_view path(file);
    return !path.starts_with("/usr/include/") && !path.starts_with("/usr/lib/") &&
           path.find("/include/c++/") == path.npos;
  }

  /// "kref.hpp:120", or "after kref.hpp:120".
  std::string text() const {
    if (file == nullptr) return "unknown place";
    const std::string_view path(file);
    return std::string(after ? "after " : "") + std::string(path.substr(path.rfind('/') + 1)) +
           ":" + std::to_string(line);
  }
};

}  // namespace interleave
