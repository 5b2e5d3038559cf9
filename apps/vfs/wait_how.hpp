// wait_how.hpp - whether wait waits.

#pragma once

#include <cstdint>

namespace lastout::vfs {

enum class wait_how : std::uint8_t { block, no_hang };

}  // namespace lastout::vfs
