// options.hpp - what a filesystem is told when it is made, and the words its operations share.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace lastout::vfs {

struct options {
  /// What the cached objects (inodes, dentries, pages, buffers) may take before an operation that
  /// adds one first evicts idle ones. Objects in use are never evicted: with all in use it
  /// overshoots.
  std::size_t budget_bytes = std::size_t{256} << 20;
  /// Freed objects kept, poisoned, to find who writes to them; and what they may take.
  std::size_t quarantine_bytes = std::size_t{4} << 20;
  /// Hash buckets of the dentry cache and of the inode cache; a power of two.
  std::size_t buckets = std::size_t{1} << 14;
};

inline constexpr std::size_t name_length_max = 255;
inline constexpr std::size_t path_length_max =
    4096;  // the terminating zero included, as PATH_MAX is
inline constexpr int symlinks_max = 40;
inline constexpr int files_open_max = 1024;  // per process
inline constexpr std::uint32_t links_max = 65000;
inline constexpr std::uint64_t file_size_max = std::uint64_t{1} << 40;

inline constexpr std::size_t page_bytes = 4096;
inline constexpr std::size_t buffer_bytes = 1024;

enum class file_type : std::uint8_t { regular, directory, symlink };

using ino_number = std::uint64_t;
using pid_number = std::uint32_t;

/// What stat says.
struct attributes {
  ino_number ino = 0;
  std::uint64_t device = 0;  // which superblock
  file_type type = file_type::regular;
  std::uint32_t mode = 0;  // permission bits only
  std::uint32_t links = 0;
  std::uint64_t size = 0;
};

/// One name in a directory.
struct directory_entry {
  std::string name;
  ino_number ino = 0;
  file_type type = file_type::regular;
};

enum class unmount_how : std::uint8_t {
  busy,   // EBUSY while anybody uses it
  lazy,   // off the tree now, dismantled when its last user goes
  force,  // lazy, and every open file on it answers EIO from now on
};

enum class wait_how : std::uint8_t { block, no_hang };

}  // namespace lastout::vfs
