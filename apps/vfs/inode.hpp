// inode.hpp - a file, a directory or a symlink, whatever its names: kept idle for the next one who
// asks for its number.
//
// Nobody uses it and it has no link: it dies, and the device forgets it. It has links: it stays in
// the cache, idle, until memory is wanted; then what is dirty is written back first, and who asks
// for the number meanwhile waits.
//
// Lock order     its content lock (files: content; directories: entries) is outside all locks of
//                the caches; a second one is only tried. The bucket's lock guards the internal
//                reference.
// Who holds references
//                external: dentries, operations. It holds its superblock passive. Internal: its
//                bucket's chain.
// Source: LWN 336224, iput; Linux fs/inode.c; rules 26, 35, 36.

#pragma once

#include <cstdint>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <tuple>

#include <lastout/dual.hpp>
#include <lastout/kcref.hpp>
#include <vfs/censused.hpp>
#include <vfs/attributes.hpp>
#include <vfs/identity.hpp>
#include <vfs/limits.hpp>
#include <vfs/page_cache.hpp>
#include <vfs/store.hpp>
#include <vfs/superblock.hpp>

namespace lastout::vfs {

struct inode_bucket;

class inode : public kcref<inode, std::mutex>, public censused<inode, kind::inode> {
 public:
  inode(inode_bucket& home, passive<superblock> super, ino_number ino, const store::record& read,
        std::string target);
  ~inode();

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
  /// Requires  a name, or two for a directory's last ones.
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

 private:
  friend reference_access;
  friend class inode_cache;
  friend struct inode_bucket;
  friend struct planting;

  std::tuple<std::mutex&> locks() noexcept;
  fate idle(const idle_proof&) noexcept;
  void unlink(const idle_proof&) noexcept;
  void release() noexcept;
  void make_dirty() noexcept {
    // relaxed: the count, or the lock, orders what it says
    dirty_.store(true, order::relaxed);
  }

  inode_bucket& home_;
  const passive<superblock> super_;
  const ino_number ino_;
  const file_type type_;
  const std::uint32_t mode_;
  const std::string target_;
  atomic<std::uint32_t> links_;
  atomic<std::uint64_t> size_;
  atomic<bool> dirty_{false};
  std::shared_mutex content_;
  page_cache pages_;

  inode* chain_next_ = nullptr;     // guarded by the bucket's lock
  inode* idle_previous_ = nullptr;  // guarded by the idle list's lock
  inode* idle_next_ = nullptr;
  bool idle_listed_ = false;
};

}  // namespace lastout::vfs
