// dentry.hpp - a name in a directory, as last looked up: of an inode, or (negative) of nothing.
//
// Kept idle when nobody uses it, and resurrected by the next look-up of that name. A child keeps
// its parent: so the way to the root is always there. A dentry that has lost its name (unlink,
// rmdir) dies with its last user; its inode never changes again, so whoever has the dentry has the
// inode.
//
// Lock order     the lock of the idle shard, then the dentry's own, then one bucket's lock or the
//                lock of the parent's list of children. Look-up and pruning come from the other
//                side, and only try.
// Who holds references
//                external: its children, files, mounts, directories of processes, path walks; a
//                superblock its root. It holds one of its inode. Internal: bucket chains, the
//                parent's list of children.
// Source: Linux fs/dcache.c, dput and d_move; Akaros's kref document, "Resurrecting"; rules 32-34,
// 37.

#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <tuple>

#include <lastout/kcref.hpp>
#include <vfs/censused.hpp>
#include <vfs/inode.hpp>

namespace lastout::vfs {

class dentry_cache;
struct dentry_shard;

class dentry : public kcref<dentry, std::mutex, std::mutex>, public censused<dentry, kind::dentry> {
 public:
  dentry(dentry_cache& cache, superblock& super, external<dentry> parent, std::string_view name,
         external<inode> of);
  ~dentry();

  /// Borrowed from this dentry; nullptr when negative. Becomes an inode at most once, never
  /// anything else.
  [[nodiscard]] inode* of() const noexcept {
    // (2) pairs with (1) in bind
    return inode_.load(order::acquire);
  }
  [[nodiscard]] superblock& super() const noexcept { return super_; }
  /// Empty at the root of a superblock.
  [[nodiscard]] external<dentry> parent() const;
  [[nodiscard]] std::string name() const;
  /// False once unlinked; the root of a superblock never had one.
  [[nodiscard]] bool named() const noexcept {
    // relaxed: its own lock, or the directory's, orders it
    return hashed_.load(order::relaxed);
  }
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

 private:
  friend reference_access;
  friend class dentry_cache;
  friend struct dentry_shard;

  std::tuple<std::mutex&, std::mutex&> locks() noexcept;
  fate idle(const idle_proof&) noexcept;
  void unlink(const idle_proof&) noexcept;

  dentry_cache& cache_;
  dentry_shard& shard_;
  superblock& super_;
  const bool top_;  // the root of its superblock
  mutable std::mutex lock_;
  std::mutex children_lock_;    // guards first_child_ and the children's siblings
  atomic<inode*> inode_;        // an external reference, once not null
  atomic<bool> hashed_{false};  // written with own lock and bucket's lock
  atomic<bool> used_{false};
  bool idle_listed_ = false;  // guarded by the shard's lock
  atomic<int> mounts_{0};
  external<dentry> parent_;  // written with own lock, while not hashed; so are name_ and hash_
  std::string name_;
  std::size_t hash_ = 0;
  dentry* chain_next_ = nullptr;  // guarded by the bucket's lock
  dentry* first_child_ = nullptr;
  dentry* sibling_previous_ = nullptr;
  dentry* sibling_next_ = nullptr;
  dentry* idle_previous_ = nullptr;  // guarded by the shard's lock
  dentry* idle_next_ = nullptr;
};

}  // namespace lastout::vfs
