// report_sums.hpp - adds up what a report says.

#pragma once

#include <cstdio>
#include <sstream>
#include <string>
#include <utility>

/// What the headlines of a report say, and the sum of its groups.
inline std::pair<int, int> sums_of(const std::string& report) {
  int headline = 0;
  int groups = 0;
  std::istringstream lines(report);
  std::string line;
  while (std::getline(lines, line)) {
    int n = 0;
    if (std::sscanf(line.c_str(), "lastout: %d reference", &n) == 1) {
      headline += n;
    } else if (line.starts_with("  ") && !line.starts_with("   ") &&
               std::sscanf(line.c_str(), "  %d  ", &n) == 1) {
      groups += n;
    }
  }
  return {headline, groups};
}
