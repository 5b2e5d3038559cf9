// hits_of.hpp - a policy fed with letters; hits come back as a string, upper case for a hit.

#pragma once

#include <string>
#include <string_view>

#include "eviction/policy.hpp"

namespace eviction {

constexpr std::size_t letters = 26;

/// "abca" on a cache that keeps all: "abcA".
inline std::string hits_of(policy& on, std::string_view keys) {
  std::string out;
  for (const char each : keys) {
    const bool hit = on.access(static_cast<key>(each - 'a'));
    out.push_back(hit ? static_cast<char>(each - 'a' + 'A') : each);
  }
  return out;
}

}  // namespace eviction
