// call_stack.hpp - where we are, cheaply now and legibly later.
//
// Taking a stack follows the frame pointers (this library and who links it keep them); naming the
// addresses is for reports.

#pragma once

#include <cstddef>
#include <string>

namespace lastout::vfs {

struct call_stack {
  static constexpr std::size_t depth_max = 14;
  const void* frames[depth_max] = {};

  /// The callers of the calling function, innermost first; as many as can be found.
  static call_stack here() noexcept;
};

/// The frames as one line, from innermost to outermost; those inside the counting itself are left
/// out.
std::string to_text(const void* const* frames, std::size_t depth);

}  // namespace lastout::vfs
