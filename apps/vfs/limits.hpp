// limits.hpp - how long, how many, how large, at most; and the sizes that content comes in.

#pragma once

#include <cstddef>
#include <cstdint>

namespace lastout::vfs {

inline constexpr std::size_t name_length_max = 255;
// The terminating zero included, as PATH_MAX is.
inline constexpr std::size_t path_length_max = 4096;
inline constexpr int symlinks_max = 40;
inline constexpr int files_open_max = 1024;  // per process
inline constexpr std::uint32_t links_max = 65000;
inline constexpr std::uint64_t file_size_max = std::uint64_t{1} << 40;

inline constexpr std::size_t page_bytes = 4096;
inline constexpr std::size_t buffer_bytes = 1024;

}  // namespace lastout::vfs
