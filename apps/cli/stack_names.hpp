// stack_names.hpp - turns return addresses into "function  file:line", inlined functions included.
//
// With elfutils (libdw) at build time, from the debug information that this program carries;
// without it, function names only.

#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

class stack_names {
 public:
  stack_names();
  stack_names(const stack_names&) = delete;
  stack_names& operator=(const stack_names&) = delete;
  ~stack_names();

  /// The functions at one return address, innermost first: more than one where calls were inlined.
  std::vector<std::string> functions_at(const void* return_address);

  /// A stack as lines of text, innermost first, from where the library's own frames end down to
  /// main.
  std::vector<std::string> lines(std::span<const void* const> stack);

  /// `text` with each "@0x..." in it replaced by the place that it is the address of.
  std::string with_places(std::string_view text);

 private:
  struct debug_information;
  std::unique_ptr<debug_information> about_;
};

}  // namespace cli
