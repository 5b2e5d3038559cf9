// units.cpp - see units.hpp.

#include "units.hpp"

#include <array>
#include <cctype>
#include <charconv>
#include <system_error>

#include <fmt/format.h>

namespace cli {

std::string with_thousands(std::uint64_t n) {
  std::string digits = fmt::format("{}", n);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
  return digits;
}

std::string in_bytes(std::uint64_t n) {
  if (n < 1024) return count_of(n, "byte");
  static constexpr std::array units{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double scaled = static_cast<double>(n) / 1024;
  std::size_t unit = 0;
  while (scaled >= 1023.95 && unit + 1 < units.size()) {
    scaled /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", scaled, units[unit]);
}

std::string count_of(std::uint64_t n, std::string_view one, std::string_view many) {
  if (n == 1) return fmt::format("1 {}", one);
  if (!many.empty()) return fmt::format("{} {}", with_thousands(n), many);
  return fmt::format("{} {}s", with_thousands(n), one);
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  std::uint64_t number = 0;
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto [rest, error] = std::from_chars(begin, end, number);
  if (error != std::errc{}) return std::nullopt;

  std::string unit;
  for (const char* at = rest; at != end; ++at) {
    unit += static_cast<char>(std::tolower(static_cast<unsigned char>(*at)));
  }
  if (unit.empty() || unit == "b") return number;
  static constexpr std::string_view prefixes = "kmgt";
  const std::size_t prefix = prefixes.find(unit.front());
  const std::string tail = unit.substr(1);
  if (prefix == std::string_view::npos || !(tail.empty() || tail == "b" || tail == "ib")) {
    return std::nullopt;
  }
  const auto shift = static_cast<unsigned>(10 * (prefix + 1));
  if (number > (UINT64_MAX >> shift)) return std::nullopt;
  return number << shift;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
    base = 16;
  }
  std::uint64_t number = 0;
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto [rest, error] = std::from_chars(begin, end, number, base);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return number;
}

}  // namespace cli
