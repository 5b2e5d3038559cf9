// cache_shape.hpp - the measures of the inode cache's table and of the dentry cache's.

#pragma once

#include <cstdint>

#include <lastout/name_table.hpp>

namespace lastout::vfs {

/// Room for some ten million names, in a hundred megabytes of address space.
struct cache_shape : table_shape {
  static constexpr std::uint32_t segments_max = 1u << 16;
};

}  // namespace lastout::vfs
