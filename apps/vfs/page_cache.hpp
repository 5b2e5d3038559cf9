// page_cache.hpp - the pages of one file: a cache of its blocks on the device.
//
// Lock order     the inode's lock; then the clock shard's; then this cache's; then the store's.
// Who holds references
//                the index holds internal references, and the structure's own one of each page.

#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include <lastout/internal.hpp>
#include <vfs/page.hpp>
#include <vfs/page_clock.hpp>
#include <vfs/store.hpp>

namespace lastout::vfs {

class page_cache {
 public:
  page_cache(store& disk, ino_number ino, page_clock& clock) noexcept
      : disk_(disk), ino_(ino), clock_(clock.shard_of(ino)) {}
  page_cache(const page_cache&) = delete;
  page_cache& operator=(const page_cache&) = delete;
  /// Requires  drop() has run.
  ~page_cache();

  /// Copies from the file. Requires  the inode's lock shared. Returns  false without memory.
  [[nodiscard]] bool read(std::uint64_t offset, std::span<std::byte> into);
  /// Copies to the file.
  /// Requires  the inode's lock whole.
  /// Returns   how much was copied, less without memory.
  [[nodiscard]] std::size_t write(std::uint64_t offset, std::span<const std::byte> from);
  /// Forgets what lies at or after `size`, on the device too.
  /// Requires  the inode's lock whole.
  /// Returns   false without memory: nothing has happened then.
  [[nodiscard]] bool truncate(std::uint64_t size);
  /// Requires  the inode's lock shared.
  void write_back();
  /// Kills all pages; with `discard` what is dirty is lost.
  /// Requires  nobody uses the file any more.
  void drop(bool discard);

  [[nodiscard]] ino_number ino() const noexcept { return ino_; }
  [[nodiscard]] page_clock::shard& clock() noexcept { return clock_; }

 private:
  friend class page;

  // For pages.
  void fill(buffer& into, std::uint64_t index) {
    disk_.read_block(ino_, offset_of(into, index), {into.bytes(), buffer_bytes});
  }
  void flush(buffer& from, std::uint64_t index) {
    disk_.write_block(ino_, offset_of(from, index), {from.bytes(), buffer_bytes});
  }
  void forget(const page& gone) noexcept;
  [[nodiscard]] bool discarding() const noexcept { return discard_; }

  struct slot {
    std::uint64_t index;
    page* address;  // for looking up and taking off; the reference is `listed`
    internal<page> listed;
  };

  static std::uint64_t offset_of(const buffer& part, std::uint64_t index) noexcept {
    return index * page_bytes + part.slot() * buffer_bytes;
  }
  external<page> get(std::uint64_t index);
  std::vector<slot>::iterator find(std::uint64_t index) noexcept;
  /// Kills the pages from `index` on. Requires  nobody but the clock uses them.
  void kill_from(std::uint64_t index);

  store& disk_;
  const ino_number ino_;
  page_clock::shard& clock_;
  std::mutex lock_;          // guards pages_
  std::vector<slot> pages_;  // by index
  bool discard_ = false;     // set by the last one, under the clock's lock
};

}  // namespace lastout::vfs
