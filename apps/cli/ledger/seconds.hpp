// seconds.hpp - a length of time as a person writes it.

#pragma once

#include <charconv>
#include <cmath>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "../command.hpp"

namespace cli::ledger {

/// Throws  bad_request when it is none between the two.
inline double seconds_of(const char* option, const std::string& text, double least, double most) {
  double seconds = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, seconds);
  if (error != std::errc{} || rest != end || !std::isfinite(seconds) || seconds < least ||
      seconds > most)
    refuse(option, text, fmt::format("give a number of seconds from {} to {}", least, most));
  return seconds;
}

}  // namespace cli::ledger
