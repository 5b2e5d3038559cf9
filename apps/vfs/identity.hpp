// identity.hpp - the numbers by which inodes and processes are known.

#pragma once

#include <cstdint>

namespace lastout::vfs {

using ino_number = std::uint64_t;
using pid_number = std::uint32_t;

}  // namespace lastout::vfs
