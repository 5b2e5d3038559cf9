// text_option.cpp - see text_option.hpp.

#include "text_option.hpp"

#include <CLI/CLI.hpp>

namespace cli {

text_option::text_option(CLI::App& of, const char* words)
    : option_(of.add_option(words, text)->take_last()) {}

bool text_option::given() const { return option_->count() != 0; }

void add_flag(CLI::App& to, const char* words, bool& given) { to.add_flag(words, given); }

void add_word(CLI::App& to, const char* name, std::string& text) {
  to.add_option(name, text)->required();
}

void add_optional_word(CLI::App& to, const char* name, std::string& text) {
  to.add_option(name, text);
}

void add_words(CLI::App& to, const char* name, std::vector<std::string>& texts) {
  to.add_option(name, texts)->required();
}

}  // namespace cli
