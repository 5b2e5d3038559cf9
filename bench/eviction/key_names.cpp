// key_names.cpp - text, bytes, numbers.

#include "key_names.hpp"

#include <charconv>
#include <unordered_map>

namespace eviction {

std::vector<std::uint64_t> parse_lines(const std::string& text) {
  std::vector<std::uint64_t> out;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    std::uint64_t name = 0;
    const auto [stop, error] = std::from_chars(at, end, name);
    if (error == std::errc()) out.push_back(name);
    at = stop;
    while (at != end && *at != '\n') ++at;
    if (at != end) ++at;
  }
  return out;
}

std::vector<std::uint64_t> parse_words(const std::string& bytes) {
  std::vector<std::uint64_t> out;
  for (std::size_t i = 0; i + 4 <= bytes.size(); i += 4) {
    std::uint64_t name = 0;
    for (std::size_t b = 0; b < 4; ++b) {
      name = name << 8 | static_cast<unsigned char>(bytes[i + b]);
    }
    out.push_back(name);
  }
  return out;
}

workload number_keys(const std::vector<std::uint64_t>& names) {
  workload out;
  std::unordered_map<std::uint64_t, key> numbers;
  for (const std::uint64_t name : names) {
    out.accesses.push_back(
        numbers.try_emplace(name, static_cast<key>(numbers.size())).first->second);
  }
  out.keys = numbers.size();
  return out;
}

}  // namespace eviction
