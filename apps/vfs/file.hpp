// file.hpp - an open file: where it was found, how far it was read, and which source line opened
// it.
//
// Lock order     the position's lock, then the inode's lock. The superblock's list has a lock of
//                its own.
// Who holds references
//                external: descriptors of processes, operations in progress. It holds: its
//                superblock active, its mount, its dentry (and with that its inode). Internal: the
//                superblock's list of open files.
// Source: Akaros's kref document (fd table, list of open files); rules 17, 25, 47.

#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include <lastout/kref.hpp>
#include <vfs/censused.hpp>
#include <vfs/dentry.hpp>
#include <vfs/mount.hpp>
#include <vfs/place.hpp>
#include <vfs/identity.hpp>
#include <vfs/source_line.hpp>

namespace lastout::vfs {

class file : public kref<file>, public censused<file, kind::file> {
 public:
  /// Requires  the dentry is positive before anything but the list has the file.
  file(active<superblock> super, place found, int flags, pid_number by, source_line opened_at);
  ~file();

  [[nodiscard]] inode& of() const noexcept { return *found_.name->of(); }
  [[nodiscard]] mount& at() const noexcept { return *found_.at; }
  [[nodiscard]] bool readable() const noexcept;
  [[nodiscard]] bool writable() const noexcept;
  [[nodiscard]] bool appends() const noexcept;

  /// From now on every operation answers EIO.
  void revoke() noexcept {
    // relaxed, here and below: a flag that says no more than itself
    revoked_.store(true, order::relaxed);
  }
  [[nodiscard]] bool revoked() const noexcept { return revoked_.load(order::relaxed); }

  /// Calls act(position&) with the position locked.
  template <class Act>
  auto at_position(Act act) {
    const std::lock_guard<std::mutex> guard(position_lock_);
    return act(position_);
  }

  /// Path, process, source line.
  [[nodiscard]] std::string describe() const;

 private:
  friend reference_access;
  friend class superblock;

  void release() noexcept;

  const active<superblock> super_;
  const place found_;
  const int flags_;
  const pid_number opened_by_;
  const source_line opened_at_;
  atomic<bool> revoked_{false};
  std::mutex position_lock_;
  std::uint64_t position_ = 0;
  std::size_t place_in_list_ = 0;  // guarded by the superblock's list
};

}  // namespace lastout::vfs
