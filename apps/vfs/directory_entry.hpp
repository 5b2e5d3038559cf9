// directory_entry.hpp - one name in a directory.

#pragma once

#include <string>

#include <vfs/attributes.hpp>

namespace lastout::vfs {

struct directory_entry {
  std::string name;
  ino_number ino = 0;
  file_type type = file_type::regular;
};

}  // namespace lastout::vfs
