// stack_names.hpp - turns return addresses into "function  file:line", inlined functions included.
//
// Of this process, or of another one, that may be over, by the files that it had loaded. A file is
// opened when the first of its addresses is asked for, and only believed when it is the build that
// was loaded. With elfutils (libdw) at build time; without it, or while memory is short, the names that
// this program exports, else file and offset.

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <symbols/module.hpp>

namespace lastout::symbols {

struct frame {
  std::string function;  // file+0xoffset when no name is known
  std::string place;     // file:line; may be empty

  [[nodiscard]] std::string text() const {
    return place.empty() ? function : function + "  " + place;
  }
};

class stack_names {
 public:
  /// Of this process.
  stack_names();
  /// Of whatever had these files in its memory.
  explicit stack_names(std::vector<module> loaded);
  stack_names(const stack_names&) = delete;
  stack_names& operator=(const stack_names&) = delete;
  ~stack_names();

  /// The functions at one return address, innermost first: more than one where calls were inlined.
  /// They stay where they are.
  const std::vector<frame>& frames_at(std::uint64_t return_address);

  /// A stack, innermost first, down to main; without the functions that say nothing.
  std::vector<frame> frames(std::span<const std::uint64_t> stack);

  /// The same as lines of text, up to the first nullptr.
  std::vector<std::string> lines(std::span<const void* const> stack);

  /// `text` with each "@0x..." in it replaced by the place that it is the address of.
  std::string with_places(std::string_view text);

  /// Why some frames have no names, so far: one sentence for each file.
  [[nodiscard]] const std::vector<std::string>& remarks() const noexcept { return remarks_; }

 private:
  struct open_module;

  open_module* module_around(std::uint64_t address);
  void load(std::vector<module> loaded);
  std::vector<frame> look_up(std::uint64_t return_address, bool by_debug_file);

  std::vector<std::unique_ptr<open_module>> modules_;  // by address
  std::unordered_map<std::uint64_t, std::vector<frame>> known_;
  std::unordered_map<std::uint64_t, std::vector<frame>> for_now_;  // asked where memory was short
  std::vector<std::string> remarks_;
  bool this_process_;
};

}  // namespace lastout::symbols
