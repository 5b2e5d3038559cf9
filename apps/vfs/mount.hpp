// mount.hpp - a superblock's tree at a place in another tree, and the table of them.
//
// May it go? Nobody asks for the count: reclaim() freezes the table's own reference, and fails
// (EBUSY) when anybody has another one: an open file, a process's directory, a mount further up,
// somebody on the way through. A lazy unmount takes it off the table and dooms it: its last user
// dismantles it.
//
// Lock order     the table's lock, after the locks of directories. Nothing is put with it held.
// Who holds references
//                the table (the structure's own); external: open files, directories of processes,
//                path walks, mounts on top of it. It holds: its superblock active, its root, its
//                place, the mount below.
// Source: LWN 336224, exercise 2 (mnt_count and mnt_pinned); rules 12, 39, 40.

#pragma once

#include <cstdint>
#include <shared_mutex>
#include <string>
#include <vector>

#include <lastout/internal.hpp>
#include <lastout/kcref.hpp>
#include <vfs/census.hpp>
#include <vfs/dentry.hpp>
#include <vfs/options.hpp>
#include <vfs/superblock.hpp>

namespace lastout::vfs {

class mount;

/// Where one stands: a directory (or file), and through which mount one came.
struct place {
  external<mount> at;
  external<dentry> name;
};

class mount : public kcref<mount>, public censused<mount, kind::mount> {
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

class mount_table {
 public:
  /// Mounts. EBUSY something is mounted there, or it is the top and there is one.
  [[nodiscard]] int add(active<superblock> super, external<dentry> root, place on);
  /// The top of the tree; empty when nothing is mounted.
  [[nodiscard]] place top() const;
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
    internal<mount, std::shared_mutex> held;
  };
  [[nodiscard]] const slot* find(const mount* at, const dentry* name) const noexcept;

  mutable std::shared_mutex lock_;  // guards slots_ and every mount's place
  std::uint64_t next_ = 1;
  std::vector<slot> slots_;  // a mount comes after the one below it
};

}  // namespace lastout::vfs
