// unmount_how.hpp - what unmount does about those who use the mount.

#pragma once

#include <cstdint>

namespace lastout::vfs {

enum class unmount_how : std::uint8_t {
  busy,   // EBUSY while anybody uses it
  lazy,   // off the tree now, dismantled when its last user goes
  force,  // lazy, and every open file on it answers EIO from now on
};

}  // namespace lastout::vfs
