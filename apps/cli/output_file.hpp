// output_file.hpp - a file that an option names: checked before the work, then written whole or not
// at all.
//
// A new or a regular file is written beside its place and renamed into it. Anything else that
// exists (a pipe, a device, the file that standard output goes to) is written to as it is.

#pragma once

#include <string>

#include "unique_fd.hpp"

namespace cli {

class output_file {
 public:
  /// `option` is what names it on the command line.
  /// Throws  bad_request when nothing could be written there.
  explicit output_file(const std::string& path, const char* option = "--json");
  output_file(const output_file&) = delete;
  output_file& operator=(const output_file&) = delete;

  /// Writes it. Returns  0, or the errno value: then the file is as it was before.
  [[nodiscard]] int write(const std::string& text);
  /// The same; why it could not be is said on standard error. Returns  true when it has been written.
  [[nodiscard]] bool write_or_say(const std::string& text);

  [[nodiscard]] const std::string& path() const noexcept { return asked_; }

 private:
  [[nodiscard]] int write_beside(const std::string& text);

  std::string asked_;
  std::string place_;  // where symbolic links lead
  unique_fd direct_;   // open when it is no regular file
  unsigned mode_;
};

}  // namespace cli
