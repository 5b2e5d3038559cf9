// page_clock.hpp - which page goes next: a second chance for those that were used since the hand
// came by.
//
// In shards; all pages of one inode are in one, so that killing them needs one lock.
//
// Lock order     the shard's lock, then the page cache's lock, then the store's. Whoever kills a
//                page holds the shard's lock: so the pages that the hand looks at stay in memory.
// Who holds references
//                the lists hold internal references.

#pragma once

#include <array>
#include <cstddef>
#include <mutex>
#include <vector>

#include <lastout/killed.hpp>
#include <vfs/page.hpp>

namespace lastout::vfs {

class page_clock {
 public:
  class shard {
   public:
    [[nodiscard]] std::mutex& lock() noexcept { return lock_; }
    /// Takes the lock.
    void add(page& fresh);
    /// Requires  the lock.
    void remove(page& gone) noexcept;
    /// Evicts unused pages until about `bytes` are free. Returns  how many were freed.
    std::size_t shrink(std::size_t bytes);

   private:
    void push_back(page& last) noexcept;

    std::mutex lock_;
    page* first_ = nullptr;
    page* last_ = nullptr;
    std::size_t size_ = 0;
  };

  [[nodiscard]] shard& shard_of(std::uint64_t ino) noexcept {
    return shards_[ino % shards_.size()];
  }
  /// Evicts unused pages, until `bytes` are free or all are in use. Returns  how many were freed.
  std::size_t shrink(std::size_t bytes);

 private:
  std::array<shard, 16> shards_;
  atomic<unsigned> hand_{0};
};

}  // namespace lastout::vfs
