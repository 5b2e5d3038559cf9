// key_names.hpp - keys as traces name them, and as the study numbers them.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "workload.hpp"

namespace eviction {

/// One decimal key in a line; lines that begin with no digit are skipped.
std::vector<std::uint64_t> parse_lines(const std::string& text);
/// One key in four bytes, the highest first.
std::vector<std::uint64_t> parse_words(const std::string& bytes);
/// The same sequence with keys 0, 1, 2 ... in the order of their first use.
workload number_keys(const std::vector<std::uint64_t>& names);

}  // namespace eviction
