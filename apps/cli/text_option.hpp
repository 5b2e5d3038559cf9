// text_option.hpp - what a command can be told, as a person wrote it: options with a text, flags,
// words by their place. The meaning is read when all are there.
//
// CLI11 stays behind it, in text_option.cpp and command_line.cpp: a file that includes CLI11 takes
// seconds more to compile, also where it does not use it.

#pragma once

#include <string>
#include <vector>

// NOLINTBEGIN(readability-identifier-naming): CLI11's own
namespace CLI {
class App;
class Option;
}  // namespace CLI
// NOLINTEND(readability-identifier-naming)

namespace cli {

struct text_option {
  /// The last one counts when it is given twice.
  text_option(CLI::App& of, const char* words);
  text_option(const text_option&) = delete;
  text_option& operator=(const text_option&) = delete;

  [[nodiscard]] bool given() const;

  std::string text;

 private:
  const CLI::Option* option_;
};

/// What is written goes into the last parameter, which lives as long as the command.
void add_flag(CLI::App& to, const char* words, bool& given);
void add_word(CLI::App& to, const char* name, std::string& text);
void add_optional_word(CLI::App& to, const char* name, std::string& text);
/// One at least.
void add_words(CLI::App& to, const char* name, std::vector<std::string>& texts);

}  // namespace cli
