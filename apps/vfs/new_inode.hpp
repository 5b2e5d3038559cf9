// new_inode.hpp - an inode for a name that has none, on the device and in the caches, or nothing at
// all.

#pragma once

#include <string_view>

#include <vfs/inode_cache.hpp>
#include <vfs/dentry.hpp>

namespace lastout::vfs {

/// Makes the inode, enters the name, binds the dentry.
/// Requires  the directory's lock whole; `name` is negative.
/// Returns   an errno value; nothing has changed then.
inline int give_new_inode(inode& directory, dentry& name, std::string_view text,
                          const store::record& first, std::string_view target = {}) {
  store& disk = directory.disk();
  superblock& super = directory.super();
  const ino_number ino = disk.add(first, target);
  external<inode> made = super.shared().inodes.get(super, ino);
  if (!made) {
    disk.remove(ino);
    return ENOMEM;
  }
  disk.enter(directory.ino(), text, {ino, first.type});
  name.bind(std::move(made));
  return 0;
}

}  // namespace lastout::vfs
