// dentry_cache.hpp - (directory, name) to dentry, without asking the directory: one short lock and
// one atomic add.
//
// Lock order     see dentry.hpp. A bucket's lock and a list of children's are leaves, but for
//                trying a dentry's own.
// Who holds references
//                chains hold internal references, guarded by the bucket's lock; idle shards hold
//                addresses of dentries that nobody uses, or that were used again and will be
//                skipped.
// Source: Linux fs/dcache.c, __d_lookup, shrink_dentry_list; rules 32-34, 36.

#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string_view>

#include <lastout/external.hpp>
#include <vfs/dentry.hpp>

namespace lastout::vfs {

/// Idle dentries, in the order in which they became so.
struct dentry_shard {
  std::mutex lock;
  dentry* first = nullptr;
  dentry* last = nullptr;
  std::size_t size = 0;
  void push_back(dentry& in) noexcept;
  void remove(dentry& out) noexcept;
};

class dentry_cache {
 public:
  explicit dentry_cache(std::size_t buckets);

  /// Returns  the dentry, perhaps negative; empty when the cache knows nothing of that name.
  [[nodiscard]] external<dentry> find(dentry& parent, std::string_view name);
  /// Requires  the directory's lock whole, and that find() said no under it. Returns  empty without
  ///           memory.
  [[nodiscard]] external<dentry> add(dentry& parent, std::string_view name, external<inode> of);
  [[nodiscard]] external<dentry> make_root(superblock& super, external<inode> of);
  /// Takes the name away. Requires  the directory's lock whole.
  void take_name(dentry& unlinked);
  /// Gives another name.
  /// Requires  both directories' locks whole, the rename lock when they are two.
  void move(dentry& moved, dentry& to, std::string_view name);
  /// Kills the idle children of a directory that has lost its name.
  void prune(dentry& dead_parent);

  /// Evicts unused dentries until about `bytes` are free. Returns  how many were freed.
  std::size_t shrink(std::size_t bytes);
  /// Evicts all idle ones of a superblock that is being dismantled.
  void evict(const superblock& super);

  // For dentries.

  [[nodiscard]] dentry_shard& shard_of(const void* address) noexcept;
  void take_off_chain(dentry& gone) noexcept;   // requires its own lock
  void take_off_parent(dentry& gone) noexcept;  // requires its own lock

 private:
  struct bucket {
    std::mutex lock;
    dentry* first = nullptr;
  };

  static std::size_t hash_of(const dentry& parent, std::string_view name) noexcept;
  [[nodiscard]] bucket& bucket_of(std::size_t hash) noexcept { return buckets_[hash & mask_]; }
  void put_on_chain(dentry& in) noexcept;
  static void put_on_parent(dentry& in) noexcept;
  bool prune_one(dentry& parent, bool& again);

  const std::size_t mask_;
  const std::unique_ptr<bucket[]> buckets_;
  std::array<dentry_shard, 32> shards_;
  atomic<unsigned> hand_{0};
};

}  // namespace lastout::vfs
