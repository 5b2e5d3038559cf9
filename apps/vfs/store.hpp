// store.hpp - the simulated device under one superblock: what is on the disk.
//
// Records of inodes, entries of directories, targets of symlinks and blocks of files, each reached
// by number. Inodes, dentries and pages are caches over it: they can be dropped at any time and
// read again. It knows nothing of them. Entries are written through; links, sizes and contents when
// the caches write back.
//
// Lock order     a shard's lock is a leaf; one at a time.
// Who holds references
//                nothing here is counted: devices live as long as the filesystem.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <lastout/atomic.hpp>
#include <vfs/attributes.hpp>
#include <vfs/directory_entry.hpp>
#include <vfs/identity.hpp>
#include <vfs/limits.hpp>

namespace lastout::vfs {

class store {
 public:
  /// What the disk says about an inode, its content aside.
  struct record {
    file_type type = file_type::regular;
    std::uint32_t mode = 0;
    std::uint32_t links = 0;
    std::uint64_t size = 0;
  };

  static constexpr ino_number root = 1;

  /// A device with an empty root directory.
  store(std::string name, std::uint64_t number);
  store(const store&) = delete;
  store& operator=(const store&) = delete;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

  // Inodes.

  /// A new inode, with a number that none ever had.
  ino_number add(const record& first, std::string_view target = {});
  [[nodiscard]] std::optional<record> read(ino_number ino) const;
  [[nodiscard]] std::string target(ino_number ino) const;
  void write(ino_number ino, const record& now);
  /// Frees the inode and all of its blocks.
  void remove(ino_number ino);

  // Directories.

  struct entry {
    ino_number ino = 0;
    file_type type = file_type::regular;
  };
  [[nodiscard]] std::optional<entry> find(ino_number directory, std::string_view name) const;
  /// Adds the entry, or replaces it.
  void enter(ino_number directory, std::string_view name, entry to);
  void erase(ino_number directory, std::string_view name);
  [[nodiscard]] bool empty(ino_number directory) const;
  [[nodiscard]] std::vector<directory_entry> list(ino_number directory) const;

  // Blocks of page_bytes.

  /// Fills `into` with what is at that offset; zeros where nothing was ever written. Within one
  /// block.
  void read_block(ino_number ino, std::uint64_t offset, std::span<std::byte> into) const;
  void write_block(ino_number ino, std::uint64_t offset, std::span<const std::byte> from);
  /// Frees the blocks that begin at or after `size`.
  void truncate(ino_number ino, std::uint64_t size);

  /// What the content and the names take.
  [[nodiscard]] std::size_t bytes() const noexcept {
    // relaxed: a statistic
    return bytes_.load(order::relaxed);
  }

 private:
  using block = std::array<std::byte, page_bytes>;
  struct name_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept {
      return std::hash<std::string_view>{}(name);
    }
  };
  struct node {
    record what;
    std::string target;
    std::unordered_map<std::string, entry, name_hash, std::equal_to<>> entries;
    std::unordered_map<std::uint64_t, std::unique_ptr<block>> blocks;
  };
  struct shard {
    mutable std::mutex lock;
    std::unordered_map<ino_number, node> nodes;
  };
  static constexpr std::size_t shards = 32;

  [[nodiscard]] shard& shard_of(ino_number ino) noexcept { return shards_[ino % shards]; }
  [[nodiscard]] const shard& shard_of(ino_number ino) const noexcept {
    return shards_[ino % shards];
  }

  const std::string name_;
  const std::uint64_t number_;
  atomic<ino_number> next_{root};
  atomic<std::size_t> bytes_{0};
  std::array<shard, shards> shards_;
};

}  // namespace lastout::vfs
