// inode.hpp - a file, a directory or a symlink, whatever its names: kept idle for the next one who
// asks for its number.
//
// Nobody uses it and it has no link: it dies, and the device forgets it. It has links: it stays in
// the cache, idle, until memory is wanted; then what is dirty is written back first, and who asks
// for the number meanwhile waits.
//
// Lock order     its content lock (files: content; directories: entries) is outside all locks of
//                the caches; a second one is only tried.
// Who holds references
//                external: dentries, operations; the inode cache one of its own. It holds its
//                superblock passive.
// Source: LWN 336224, iput; Linux fs/inode.c; rules 26, 35, 36.

#pragma once

#include <cstdint>
#include <mutex>
#include <shared_mutex>
#include <string>

#include <lastout/dual.hpp>
#include <vfs/censused.hpp>
#include <vfs/attributes.hpp>
#include <vfs/identity.hpp>
#include <vfs/limits.hpp>
#include <vfs/page_cache.hpp>
#include <vfs/store.hpp>
#include <vfs/superblock.hpp>

namespace lastout::vfs {

struct inode_key {
  const superblock* super;
  ino_number ino;
  friend bool operator==(const inode_key&, const inode_key&) = default;
};

class inode : public cached_censused<inode, kind::inode> {
 public:
  inode(passive<superblock> super, ino_number ino, const store::record& read, std::string target);
  ~inode();

  [[nodiscard]] inode_key key() const noexcept { return {super_.address(), ino_}; }
  [[nodiscard]] ino_number ino() const noexcept { return ino_; }
  [[nodiscard]] file_type type() const noexcept { return type_; }
  [[nodiscard]] bool directory() const noexcept { return type_ == file_type::directory; }
  [[nodiscard]] superblock& super() const noexcept { return *super_; }
  [[nodiscard]] store& disk() const noexcept { return super_->disk(); }
  [[nodiscard]] const std::string& target() const noexcept { return target_; }
  [[nodiscard]] attributes stat() const noexcept;
  [[nodiscard]] std::string describe() const;

  [[nodiscard]] std::shared_mutex& lock() noexcept { return content_; }

  // Links. Counted without the lock, because names in two directories may go at once.

  [[nodiscard]] std::uint32_t links() const noexcept {
    // relaxed: a moment's answer
    return links_.load(order::relaxed);
  }
  /// One more name. ENOENT when there is none left to share; EMLINK.
  int add_link() noexcept;
  /// With the last one gone it is not kept when its last user goes.
  /// Requires  a name, or two for a directory's last ones; a reference besides the cache's.
  void drop_links(std::uint32_t n = 1) noexcept;

  // Content of a regular file. Errors are errno values.
  // Requires  the lock, shared for read and write_back, else whole.

  [[nodiscard]] std::uint64_t size() const noexcept {
    // relaxed: the lock orders it
    return size_.load(order::relaxed);
  }
  int read(std::uint64_t offset, std::span<std::byte> into, std::size_t& done);
  int write(std::uint64_t offset, std::span<const std::byte> from, std::size_t& done);
  int truncate(std::uint64_t size);
  void write_back();

  /// From the cache, once it is dead: brings what is dirty to the device; without a link, off it.
  void settle_with_device() noexcept;

 private:
  friend struct planting;

  void make_dirty() noexcept {
    // relaxed: the count, or the lock, orders what it says
    dirty_.store(true, order::relaxed);
  }

  const passive<superblock> super_;
  const ino_number ino_;
  const file_type type_;
  atomic<bool> dirty_{false};
  const std::uint32_t mode_;
  atomic<std::uint32_t> links_;
  atomic<std::uint64_t> size_;
  const std::string target_;
  std::shared_mutex content_;
  page_cache pages_;
};

}  // namespace lastout::vfs
