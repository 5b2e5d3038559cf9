// mount.hpp - a superblock's tree at a place in another tree.
//
// May it go? Nobody asks for the count: reclaim() freezes the table's own reference, and fails
// (EBUSY) when anybody has another one: an open file, a process's directory, a mount further up,
// somebody on the way through. A lazy unmount takes it off the table and dooms it: its last user
// dismantles it.
//
// Lock order     none of its own: the table's lock guards its place.
// Who holds references
//                the table (the structure's own); external: open files, directories of processes,
//                path walks, mounts on top of it. It holds: its superblock active, its root, its
//                place, the mount below.
// Source: LWN 336224, exercise 2 (mnt_count and mnt_pinned); rules 12, 39, 40.

#pragma once

#include <cstdint>
#include <string>

#include <lastout/kcref.hpp>
#include <vfs/censused.hpp>
#include <vfs/dentry.hpp>
#include <vfs/place.hpp>
#include <vfs/superblock.hpp>

namespace lastout::vfs {

class mount : public kcref<mount>, public stable_censused<mount, kind::mount> {
 public:
  mount(std::uint64_t number, active<superblock> super, external<dentry> root, place on);
  ~mount();

  /// What it is known by: an address may be another mount's by now.
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
  [[nodiscard]] superblock& super() const noexcept { return *super_; }
  [[nodiscard]] active<superblock> share_super(const char* holder) const noexcept {
    return super_.share(holder);
  }
  [[nodiscard]] dentry& root() const noexcept { return *root_; }
  [[nodiscard]] std::string describe() const;

 private:
  friend reference_access;
  friend class mount_table;

  fate idle(const idle_proof&) noexcept { return fate::kill; }

  const std::uint64_t number_;
  const active<superblock> super_;
  const external<dentry> root_;
  place on_;  // guarded by the table's lock; empty at the top, and once detached
};

}  // namespace lastout::vfs
