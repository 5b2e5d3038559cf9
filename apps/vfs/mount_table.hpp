// mount_table.hpp - which mount is at which place, and the way across both ways.
//
// Lock order     the table's lock, after the locks of directories. Nothing is put with it held.
// Who holds references
//                internal ones, which count as the mounts' own: remove() succeeds when there is no
//                other. To the top also one by slot and generation, for those who take no lock.
// Source: LWN 336224, exercise 2 (mnt_count and mnt_pinned); rules 12, 39, 40.

#pragma once

#include <cstdint>
#include <shared_mutex>
#include <vector>

#include <lastout/internal.hpp>
#include <vfs/mount.hpp>
#include <vfs/place.hpp>

namespace lastout::vfs {

class mount_table {
 public:
  /// Mounts. EBUSY something is mounted there, or it is the top and there is one.
  [[nodiscard]] int add(active<superblock> super, external<dentry> root, place on);
  /// The top of the tree; empty when nothing is mounted. Takes no lock.
  [[nodiscard]] external<mount> top() const;
  /// Goes down into what is mounted at a place, as often as something is.
  void cross_down(place& here) const;
  /// Goes from the root of a mount to its place. Returns  false at the top.
  bool cross_up(place& here) const;

  /// EBUSY when it is in use. EINVAL not in the table.
  [[nodiscard]] int remove(std::uint64_t number);
  /// Takes it and all on top of it off the table; the last users free them.
  [[nodiscard]] int detach(std::uint64_t number);
  /// All of them, those on top first.
  [[nodiscard]] std::vector<external<mount>> all() const;

 private:
  struct slot {
    mount* address;  // for looking up and taking off, under the lock
    internal<mount, std::shared_mutex> listed;
  };
  [[nodiscard]] const slot* find(const mount* at, const dentry* name) const noexcept;
  void note_top() noexcept;

  mutable std::shared_mutex lock_;  // guards slots_ and every mount's place
  std::uint64_t next_ = 1;
  std::vector<slot> slots_;       // a mount comes after the one below it
  atomic<std::uint64_t> top_{0};  // the first one, internally, as a number
};

}  // namespace lastout::vfs
