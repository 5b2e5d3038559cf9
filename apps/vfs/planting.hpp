// planting.hpp - bugs on purpose, for tests and demonstrations: each must turn the audit red.
//
// Nothing in the filesystem calls these. Each does what a careless caller would do, on a file of
// its own under `directory` (which exists), and returns where in this source it did it. Call it
// while the filesystem runs; the audit after shutdown names the type of the object, the object and
// the place.

#pragma once

#include <string_view>

#include <vfs/filesystem.hpp>

namespace lastout::vfs {

struct planting {
  /// Takes a reference to an open file and never puts it: the file, its inode and its superblock
  /// stay.
  static result<void> leak(filesystem& fs, process& self, std::string_view directory);
  /// Puts a reference to an inode twice.
  static result<void> double_put(filesystem& fs, process& self, std::string_view directory);
  /// Writes into an inode after its last put.
  static result<void> touch_after_put(filesystem& fs, process& self, std::string_view directory);
  /// Puts the reference of a descriptor that is still in the table: the file goes, the table does
  /// not know.
  static result<void> early_free(filesystem& fs, process& self, std::string_view directory);
};

}  // namespace lastout::vfs
