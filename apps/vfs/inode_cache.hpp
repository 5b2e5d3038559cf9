// inode_cache.hpp - number to inode: finds it, resurrects it, or reads it, and there is never
// a second one.
//
// Each bucket also lists what is in progress: numbers that somebody is reading from the device, and
// numbers whose previous inode is being written back or deleted. Who asks for such a number waits,
// and looks again.
//
// Lock order     a bucket's lock, then an idle list's lock. Evicting goes the other way round: it
//                only tries the bucket's lock, and lets go of the list's before it kills.
// Who holds references
//                chains hold internal references; idle lists hold addresses of inodes that nobody
//                uses.
// Source: Linux fs/inode.c, find_inode and __wait_on_freeing_inode; rules 32, 33, 35, 36.

#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include <lastout/external.hpp>
#include <lastout/killed.hpp>
#include <vfs/inode.hpp>
#include <lastout/turnstile.hpp>

namespace lastout::vfs {

class inode_cache;

struct inode_key {
  const superblock* super;
  ino_number ino;
  friend bool operator==(const inode_key&, const inode_key&) = default;
};

struct inode_bucket {
  explicit inode_bucket(inode_cache& of) noexcept : cache(of) {}
  inode_cache& cache;
  std::mutex lock;                     // guards what follows
  inode* first = nullptr;              // live and idle ones
  std::vector<inode_key> in_progress;  // being read, or on their way out
};

class inode_cache {
 public:
  explicit inode_cache(std::size_t buckets);
  ~inode_cache();

  /// The inode of that number. Returns  empty when the device has none, or there is no memory.
  [[nodiscard]] external<inode> get(superblock& super, ino_number ino);
  /// Evicts idle inodes until about `bytes` are free. Returns  how many were freed.
  std::size_t shrink(std::size_t bytes);
  /// Evicts all idle ones of a superblock.
  void evict(const superblock& super);
  /// All cached inodes of a superblock.
  [[nodiscard]] std::vector<external<inode>> all_of(const superblock& super);

  // For inodes.

  void became_idle(inode& unused) noexcept;  // requires the bucket's lock
  void take_off(inode& dying) noexcept;      // requires the bucket's lock
  void done(inode_bucket& home, const inode_key& key) noexcept;

 private:
  struct idle_list {
    std::mutex lock;
    inode* first = nullptr;
    inode* last = nullptr;
    std::size_t size = 0;
    void push_back(inode& in) noexcept;
    void remove(inode& out) noexcept;
  };

  [[nodiscard]] inode_bucket& bucket_of(const inode_key& key) noexcept;
  [[nodiscard]] turnstile& gate_of(const inode_key& key) noexcept {
    return gates_[key.ino % gates_.size()];
  }
  [[nodiscard]] idle_list& list_of(const inode& of) noexcept {
    return idle_[of.ino() % idle_.size()];
  }
  template <class Wanted>
  std::size_t evict_from(idle_list& list, std::size_t bytes, Wanted wanted, bool all);

  std::vector<std::unique_ptr<inode_bucket>> buckets_;
  std::array<turnstile, 64> gates_;
  std::array<idle_list, 16> idle_;
  atomic<unsigned> hand_{0};
};

}  // namespace lastout::vfs
