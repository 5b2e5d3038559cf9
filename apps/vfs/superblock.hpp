// superblock.hpp - one mounted device: in use as long as somebody holds it active, in memory a
// little longer.
//
// The last active reference dismantles it: the root dentry goes, idle dentries and inodes are
// evicted, what is dirty is written back. Those in use are not kept when their use ends, and the last
// of them frees the superblock. Only then can the device be mounted anew (rule 43). Without an active
// reference nobody looks anything up there, so nothing new comes into the caches meanwhile.
//
// Lock order     the superblock list's lock, then the files' lock. Nothing is put with either held.
// Who holds references
//                active: mounts and open files, by name. Passive: inodes; who walks the list.
//                Internal: the superblock list. It holds: its root dentry; open files, internally.
// Source: LWN 336224, s_active and s_count; Akaros, "a list of all open files"; rules 25, 38, 41,
// 43.

#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include <lastout/dual.hpp>
#include <lastout/external.hpp>
#include <lastout/internal.hpp>
#include <vfs/censused.hpp>
#include <vfs/identity.hpp>

namespace lastout::vfs {

class dentry;
class dentry_cache;
class file;
class inode_cache;
class page_clock;
class store;
class superblock_list;

class superblock : public dual<superblock, named_holders>,
                   public censused<superblock, kind::superblock> {
 public:
  /// What superblocks share.
  struct caches {
    superblock_list& list;
    dentry_cache& dentries;
    inode_cache& inodes;
    page_clock& pages;
  };

  superblock(const caches& shared, store& disk);
  ~superblock();

  [[nodiscard]] store& disk() const noexcept { return disk_; }
  [[nodiscard]] const caches& shared() const noexcept { return shared_; }
  /// Borrowed. Requires  an active reference.
  [[nodiscard]] dentry& root() const noexcept { return *root_; }
  void set_root(external<dentry> root);
  /// False while the one who mounts it reads the root.
  [[nodiscard]] bool ready() const noexcept {
    // (2) pairs with (1) in set_root
    return ready_.load(order::acquire);
  }

  /// Held for a rename between directories: no directory has another parent meanwhile.
  [[nodiscard]] std::mutex& rename_lock() noexcept { return rename_lock_; }

  // Open files.

  void add(file& opened);
  void remove(file& closed) noexcept;
  /// Those that are not on their way out.
  [[nodiscard]] std::vector<external<file>> open_files();
  /// Makes all of them answer EIO.
  void revoke_open_files();

  [[nodiscard]] std::string describe() const;

 private:
  friend reference_access;
  template <class, class>
  friend class lastout::dual;

  void deactivate() noexcept;
  void release() noexcept;

  const caches shared_;
  store& disk_;
  external<dentry> root_;
  atomic<bool> ready_{false};
  std::mutex rename_lock_;
  std::mutex files_lock_;
  std::vector<internal<file>> files_;  // guarded by files_lock_
  std::vector<file*> file_addresses_;  // the same ones, for taking off in constant time
};

}  // namespace lastout::vfs
