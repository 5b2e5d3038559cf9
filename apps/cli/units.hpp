// units.hpp - numbers as people read and write them: 1,234,567 and 129.6 MiB and 64M.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cli {

/// 1234567 as "1,234,567".
std::string with_thousands(std::uint64_t n);

/// 135895449 as "129.6 MiB"; below 1 KiB "812 bytes".
std::string in_bytes(std::uint64_t n);

/// A count of things: "1 file", "7,912 files". The plural is the singular and an s, or as given.
std::string count_of(std::uint64_t n, std::string_view one, std::string_view many = {});

/// A size as a person writes it: 1048576, 64M, 64MiB, 1G, 512k. The units are powers of 1024.
/// Returns   nothing when it is not a size, or does not fit in 64 bits.
std::optional<std::uint64_t> parse_bytes(std::string_view text);

/// A whole number, decimal or 0x. Returns  nothing when it is none, or does not fit.
std::optional<std::uint64_t> parse_number(std::string_view text);

}  // namespace cli
