// dentry.hpp - a name in a directory, as last looked up: of an inode, or (negative) of nothing.
//
// Kept idle when nobody uses it, and revived by the next look-up of that name. A child keeps its
// parent: so the way to the root is always there. A dentry that has lost its name (unlink, rmdir)
// dies with its last user; its inode never changes again, so whoever has the dentry has the inode.
//
// Lock order     the lock of its list of children is a leaf, and so is its name's.
// Who holds references
//                external: its children, files, mounts, directories of processes, path walks; a
//                superblock its root. The dentry cache one of its own, but of roots. It holds one
//                of its inode and one of its parent. Internal: the parent's list of children.
// Source: Linux fs/dcache.c, dput and d_move; Akaros's kref document, "Resurrecting"; rules 32-34,
// 37.

#pragma once

#include <string>
#include <string_view>

#include <lastout/spin_lock.hpp>
#include <vfs/censused.hpp>
#include <vfs/entry_name.hpp>
#include <vfs/inode.hpp>

namespace lastout::vfs {

class dentry : public cached_censused<dentry, kind::dentry> {
 public:
  /// Without a parent: the root of the superblock.
  dentry(superblock& super, external<dentry> parent, std::string_view name, external<inode> of);
  ~dentry();

  /// Borrowed from this dentry; nullptr when negative. Becomes an inode at most once, never
  /// anything else.
  [[nodiscard]] inode* of() const noexcept {
    // (2) pairs with (1) in bind
    return inode_.load(order::acquire);
  }
  [[nodiscard]] superblock& super() const noexcept { return super_; }
  /// Empty at the root of a superblock.
  [[nodiscard]] external<dentry> parent() const noexcept { return name_.directory(); }
  [[nodiscard]] std::string name() const { return name_.text(); }
  /// From the root of its superblock.
  [[nodiscard]] std::string path() const;
  [[nodiscard]] std::string describe() const;

  /// Makes a negative dentry positive. Requires  the directory's lock whole.
  void bind(external<inode> now) noexcept;

  // How many mounts have it as their place. Changed under the inode's lock, or the mount table's.
  [[nodiscard]] bool mounted_on() const noexcept {
    // (4) pairs with (3)
    return mounts_.load(order::acquire) != 0;
  }
  void count_mount(int n) noexcept {
    // (3) pairs with (4)
    mounts_.fetch_add(n, order::release);
  }

  // For the dentry cache.

  [[nodiscard]] const entry_name& entry() const noexcept { return name_; }
  /// Puts it on its parent's list of children. Once, after birth.
  void join_parent() noexcept;
  /// Takes on another name, and perhaps another parent; the old one is in `now` afterwards.
  /// Requires  both directories' locks whole, and that it is not in the cache.
  void move(entry_name::change& now) noexcept;
  /// Takes a child off the list, and gives it out unless it is dying. Empty when there is none.
  [[nodiscard]] external<dentry> take_child() noexcept;

 private:
  void leave_parent() noexcept;

  // First what a look-up reads: behind the counted word's half of a cache line it fills one.
  atomic<inode*> inode_;  // an external reference, once not null
  atomic<int> mounts_{0};
  entry_name name_;
  superblock& super_;

  spin_lock children_lock_;  // guards first_child_, and of each child all that follows it
  dentry* first_child_ = nullptr;
  dentry* sibling_previous_ = nullptr;
  dentry* sibling_next_ = nullptr;
  bool listed_ = false;
};

}  // namespace lastout::vfs
