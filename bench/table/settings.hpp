// settings.hpp - how much is measured, and where it is written to.

#pragma once

#include <cstdint>
#include <optional>
#include <regex>
#include <string>

namespace bench {

struct settings {
  std::string json;
  std::string page;
  std::regex only;
  std::string only_text;  // empty: everything
  unsigned threads_max = 2;
  unsigned repeats = 20;
  double turn_ns = 20e6;
  std::uint64_t objects = 1'000'000;
  std::uint64_t growth_max = 10'000'000;
  unsigned tail_rounds = 5;
  bool check = false;

  [[nodiscard]] bool wants(const std::string& name) const {
    return only_text.empty() || std::regex_search(name, only);
  }
};

/// Reads the command line of a program that is `about` something.
/// Returns   nothing when the settings are read; else the status to end with.
std::optional<int> read(const char* about, int count, char** words, settings& out);

/// Before each turn a row warms up for this part of it: what the caches hold is the row's own.
inline constexpr unsigned warm_part = 2;

}  // namespace bench
