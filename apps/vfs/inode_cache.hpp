// inode_cache.hpp - number to inode: finds it, or reads it, and there is never a second one.
//
// It is a lastout::cache: who reads a number from the device is the only one, and who asks for a
// number whose previous inode is being written back or deleted waits, and looks again.
//
// How much is kept is not decided here: the memory budget is one for all kinds of objects
// (parts.hpp), and shrinks this cache when it is exceeded.
//
// Lock order     the cache's own, inside all others. Evicting writes back with none of them held.
// Who holds references
//                the cache one of each inode.
// Source: Linux fs/inode.c, find_inode and __wait_on_freeing_inode; rules 32, 33, 35, 36.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include <lastout/cache.hpp>
#include <vfs/cache_shape.hpp>
#include <vfs/inode.hpp>

namespace lastout::vfs {

class inode_cache {
 public:
  inode_cache();

  /// The inode of that number. Returns  empty when the device has none, or there is no memory.
  [[nodiscard]] external<inode> get(superblock& super, ino_number ino);
  /// Evicts idle inodes until about `bytes` are free. Returns  the bytes that were freed.
  std::size_t shrink(std::size_t bytes) { return inodes_.shrink(bytes); }
  /// Evicts all of a superblock that is being dismantled: the idle ones now, the others as soon as
  /// they are.
  void evict(const superblock& super);
  /// All cached inodes of a superblock.
  [[nodiscard]] std::vector<external<inode>> all_of(const superblock& super);

 private:
  struct hash {
    std::size_t operator()(const inode_key& of) const noexcept {
      return of.ino * 0x9e3779b97f4a7c15 ^ reinterpret_cast<std::uintptr_t>(of.super) / 64;
    }
  };

  cache<inode_key, inode, &inode::key, hash, std::equal_to<>, cache_shape> inodes_;
};

}  // namespace lastout::vfs
