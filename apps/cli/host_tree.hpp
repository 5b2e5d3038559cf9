// host_tree.hpp - the real tree as it was found: what is in it, what cannot be taken, and how to
// read it.
//
// Nothing outside the tree is ever opened: symbolic links are read as links and never followed,
// not even when one takes the place of a directory while we look (openat2 where the kernel has
// it).

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unique_fd.hpp"

namespace cli {

enum class host_kind : std::uint8_t { file, directory, symlink };

/// Why something in the tree is not in the filesystem.
enum class skipped : std::uint8_t {
  unreadable,
  vanished,
  changed,
  socket,
  fifo,
  device,
  too_long,
  other
};

const char* name(skipped why) noexcept;
/// "1 socket, 2 unreadable"; "none".
std::string told(const std::map<skipped, std::uint64_t>& counts);

struct host_entry {
  std::string path;  // from the tree's root, without a leading slash
  host_kind kind;
  std::uint32_t mode;  // permission bits
  std::uint64_t size;  // of a file
  std::uint64_t device;
  std::uint64_t ino;
  std::int64_t changed_ns;    // when the contents changed last
  std::string target;         // of a symlink
  std::int64_t same_as = -1;  // the entry that is the same file by another name: a hard link
};

/// What became of reading a file.
enum class host_read : std::uint8_t {
  whole,
  skipped_vanished,
  skipped_unreadable,
  skipped_changed
};

class host_tree {
 public:
  /// Opens the directory. Throws  bad_request when it is none, or cannot be read.
  explicit host_tree(const std::string& root);

  /// Finds everything below the root; parents come before what is in them. Stops early when told
  /// to stop.
  void walk();

  /// Reads a whole file, `piece(std::span<const std::byte>)` by piece. Whatever changes while it
  /// is read is `changed`.
  template <class Piece>
  host_read read(const host_entry& entry, std::span<std::byte> buffer, Piece piece) const;

  [[nodiscard]] const std::vector<host_entry>& entries() const noexcept { return entries_; }
  [[nodiscard]] std::map<skipped, std::uint64_t>& skips() noexcept { return skips_; }
  [[nodiscard]] const std::string& root() const noexcept { return root_; }
  [[nodiscard]] int root_fd() const noexcept { return fd_.number(); }

  [[nodiscard]] std::uint64_t file_bytes() const noexcept { return file_bytes_; }
  /// The largest file; nullptr when there is none.
  [[nodiscard]] const host_entry* largest() const noexcept;

 private:
  struct found;

  unique_fd open_below(const std::string& path, int flags) const noexcept;
  void look_into(host_entry directory, std::vector<host_entry>& later);
  void take(const std::string& directory, int directory_fd, const char* name,
            std::vector<host_entry>& later);
  unique_fd open_file(const host_entry& entry, host_read& outcome) const noexcept;
  static bool unchanged(const host_entry& entry, const unique_fd& file) noexcept;

  std::string root_;
  unique_fd fd_;
  std::vector<host_entry> entries_;
  std::map<skipped, std::uint64_t> skips_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::int64_t>
      linked_;  // (device, ino) of files with several names
  std::uint64_t file_bytes_ = 0;
};

template <class Piece>
host_read host_tree::read(const host_entry& entry, std::span<std::byte> buffer, Piece piece) const {
  host_read outcome = host_read::whole;
  const unique_fd file = open_file(entry, outcome);
  if (!file) return outcome;
  std::uint64_t left = entry.size;
  while (left > 0) {
    const std::ptrdiff_t got =
        file.read(buffer.first(std::min<std::uint64_t>(buffer.size(), left)));
    if (got < 0) return host_read::skipped_unreadable;
    if (got == 0) return host_read::skipped_changed;  // shorter than it was
    piece(std::span<const std::byte>(buffer.first(static_cast<std::size_t>(got))));
    left -= static_cast<std::uint64_t>(got);
  }
  return unchanged(entry, file) ? host_read::whole : host_read::skipped_changed;
}

}  // namespace cli
