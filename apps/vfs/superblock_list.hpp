// superblock_list.hpp - every superblock that is in memory, by internal reference.
//
// A device has one superblock at a time. Who mounts it while the previous one is being dismantled
// waits for its end.
//
// Lock order     its lock, then nothing. Nothing is put with it held.
// Who holds references
//                it holds internal ones; a superblock takes itself off in its release.

#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include <lastout/internal.hpp>
#include <vfs/result.hpp>
#include <vfs/superblock.hpp>
#include <lastout/turnstile.hpp>

namespace lastout::vfs {

class superblock_list {
 public:
  /// The superblock of a device: the one that is in use, else a new one. EIO the device has no
  /// root; ENOMEM.
  result<active<superblock>> get(const superblock::caches& shared, store& disk, const char* holder);
  /// From its release.
  void remove(const superblock& dead) noexcept;
  /// After its release.
  void gone() { removed_.advance(); }

  /// Those that are in use.
  [[nodiscard]] std::vector<active<superblock>> active_ones(const char* holder);
  /// Stops new active references to all.
  void close_all();
  /// Waits until none is left. Returns  one line for each holder, at the deadline.
  [[nodiscard]] std::vector<std::string> wait_until_empty(
      std::chrono::steady_clock::time_point deadline);

 private:
  struct slot {
    superblock* address;  // for looking up and taking off, under the lock
    internal<superblock> listed;
  };

  std::mutex lock_;  // guards slots_
  std::vector<slot> slots_;
  turnstile removed_;
};

}  // namespace lastout::vfs
