// text_option.hpp - an option of a command, as a person wrote it: its meaning is read when all are
// there.

#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace cli {

struct text_option {
  /// The last one counts when it is given twice.
  text_option(CLI::App& of, const std::string& words)
      : option_(of.add_option(words, text)->take_last()) {}
  text_option(const text_option&) = delete;
  text_option& operator=(const text_option&) = delete;

  [[nodiscard]] bool given() const { return option_->count() != 0; }

  std::string text;

 private:
  const CLI::Option* option_;
};

}  // namespace cli
