// debug_file.hpp - one file's functions and lines, by the addresses at which it was loaded.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <symbols/module.hpp>

namespace lastout::symbols {

struct frame;

class debug_file {
 public:
  /// Opens the file that `loaded` names; `open_as` is where it is found, if that is elsewhere.
  explicit debug_file(const module& loaded, const std::string& open_as);
  debug_file(const debug_file&) = delete;
  debug_file& operator=(const debug_file&) = delete;
  ~debug_file();

  /// Why nothing can be looked up in it; empty when it can.
  [[nodiscard]] const std::string& wrong() const noexcept { return wrong_; }

  /// The functions that the code at this address belongs to, innermost first; none when that is not
  /// known.
  [[nodiscard]] std::vector<frame> frames(std::uint64_t address) const;

 private:
  struct session;
  std::unique_ptr<session> session_;
  std::string wrong_;
};

}  // namespace lastout::symbols
