// imported_tree.hpp - the tree inside the filesystem: which names, and what the contents of each
// file must be.
//
// A file is `settled` while nobody renames it and `changed` for good before somebody writes to it
// or unlinks it. So a reader that finds the same settled version before and after may insist on
// every byte.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include <lastout/atomic.hpp>

namespace cli {

/// What is known about one file's contents, shared by all of its names.
class file_state {
 public:
  file_state(std::size_t entry, std::uint64_t size) noexcept : entry_(entry), size_(size) {}

  [[nodiscard]] std::size_t entry() const noexcept { return entry_; }  // in the host tree
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] std::uint64_t digest() const noexcept { return digest_; }
  void set_digest(std::uint64_t digest) noexcept { digest_ = digest; }

  /// Even: settled. Odd: in motion, or changed for good.
  /// Order  acquire: (2).
  [[nodiscard]] std::uint32_t version() const noexcept {
    // (2) pairs with (1)
    return version_.load(lastout::order::acquire);
  }
  [[nodiscard]] static bool settled(std::uint32_t version) noexcept { return (version & 1) == 0; }
  [[nodiscard]] bool changed() const noexcept { return version() == changed_for_good; }

  /// Makes the caller the only one who may rename it. Returns  false when somebody else is.
  [[nodiscard]] bool begin_motion(std::uint32_t settled_version) noexcept {
    if (!settled(settled_version)) return false;
    // (1) and (2): both sides of the pair; relaxed on failure, which reads nothing
    return version_.compare_exchange_strong(settled_version, settled_version + 1,
                                            lastout::order::acq_rel, lastout::order::relaxed);
  }
  /// It is back where it was, unchanged. Requires  begin_motion() by the caller.
  void end_motion() noexcept {
    // (1) pairs with (2)
    version_.fetch_add(1, lastout::order::release);
  }
  /// It will never again be what the host has. Requires  begin_motion() by the caller.
  void give_up() noexcept {
    // (1) pairs with (2)
    version_.store(changed_for_good, lastout::order::release);
  }

 private:
  static constexpr std::uint32_t changed_for_good = 0xffffffff;

  std::size_t entry_;
  std::uint64_t size_;
  std::uint64_t digest_ = 0;
  lastout::atomic<std::uint32_t> version_{0};
};

/// One name of a file.
struct file_name {
  std::string path;  // absolute, in the filesystem
  file_state* file;
};

struct symlink_name {
  std::string path;  // absolute, in the filesystem
  std::string target;
};

struct imported_tree {
  std::deque<file_state> files;
  std::vector<file_name> names;
  std::vector<std::string> directories;  // absolute; "/" is the first
  std::vector<symlink_name> symlinks;

  /// Every path that stat(2) and ours are asked for: names and directories, without the root.
  std::vector<const std::string*> paths;
};

}  // namespace cli
