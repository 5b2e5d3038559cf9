// attributes.hpp - what stat says.

#pragma once

#include <cstdint>

#include <vfs/identity.hpp>

namespace lastout::vfs {

enum class file_type : std::uint8_t { regular, directory, symlink };

struct attributes {
  ino_number ino = 0;
  std::uint64_t device = 0;  // which superblock
  file_type type = file_type::regular;
  std::uint32_t mode = 0;  // permission bits only
  std::uint32_t links = 0;
  std::uint64_t size = 0;
};

}  // namespace lastout::vfs
