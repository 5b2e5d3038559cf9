// path_walk.hpp - from a path to where it leads, or to the directory of its last name.
//
// Knows `.`, `..`, mounts both ways, symlinks (40 of them at most), slashes at the end and all
// length limits. A name that the dentry cache knows costs one atomic add, its put another; else the
// directory is locked and asked. From the root to known names no lock is taken, but within a
// comparison with a name of more than 32 bytes (entry_name.hpp).
//
// Lock order     takes a directory's lock on a miss, with nothing held.
// Who holds references
//                it holds one of the mount and one of the dentry where it stands. While that is the
//                root of the mount, the dentry is borrowed from the mount until somebody asks for
//                here(): everybody comes by the root, and its count is everybody's cache line.
// Source: path_resolution(7); Linux fs/namei.c.

#pragma once

#include <string>
#include <string_view>

#include <vfs/mount.hpp>
#include <vfs/mount_table.hpp>
#include <vfs/place.hpp>
#include <vfs/parts.hpp>

namespace lastout::vfs {

enum class last_name : std::uint8_t { normal, dot, dot_dot, root };

class path_walk {
 public:
  path_walk(parts& all, process& self) noexcept : all_(all), self_(self) {}

  // Each returns an errno value, 0 when it got there.

  /// To the directory in which the last name is; last() and kind() say which name that is.
  [[nodiscard]] int to_parent(std::string_view path);
  /// To the end: here() is positive. Follows a symlink at the end if told to, or if a slash follows
  /// it.
  [[nodiscard]] int to_end(std::string_view path, bool follow);

  /// After to_parent(): goes on to what the last name is, if that is `.`, `..` or the root.
  void take_special();
  /// After to_parent(): goes on through a symlink that the last name turned out to be, to the next
  /// parent.
  [[nodiscard]] int follow_last(const inode& link);
  /// After to_parent(): goes on to a child that was found.
  void take(external<dentry> child);

  [[nodiscard]] place& here() noexcept;
  [[nodiscard]] inode& here_inode() const noexcept { return *standing().of(); }
  [[nodiscard]] std::string_view last() const noexcept { return last_; }
  [[nodiscard]] last_name kind() const noexcept { return kind_; }
  /// True when slashes follow the last name.
  [[nodiscard]] bool trailing() const noexcept { return trailing_; }

  /// Finds a name in the directory where we stand, perhaps negative.
  [[nodiscard]] int look_up(std::string_view name, external<dentry>& found);
  /// The same. Requires  the directory's lock whole.
  [[nodiscard]] int look_up_locked(std::string_view name, external<dentry>& found);

 private:
  int start(std::string_view path);
  int to_last();
  int follow(const inode& link, std::string_view rest);
  void up();
  void to_top() { here_ = {all_.mounts.top(), {}}; }
  [[nodiscard]] bool at_root() const noexcept {
    return !here_.name || here_.name == &here_.at->root();
  }
  [[nodiscard]] dentry& standing() const noexcept {
    return here_.name ? *here_.name : here_.at->root();
  }

  parts& all_;
  process& self_;
  place here_;          // without a name: the root of the mount
  std::string buffer_;  // what symlinks made of the path
  std::string_view rest_;
  std::string_view last_;
  last_name kind_ = last_name::root;
  bool trailing_ = false;
  int followed_ = 0;
};

}  // namespace lastout::vfs
