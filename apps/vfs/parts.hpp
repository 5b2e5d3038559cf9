// parts.hpp - what a filesystem consists of, in the order in which it may be taken apart.

#pragma once

#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include <vfs/census.hpp>
#include <vfs/violation_watch.hpp>
#include <vfs/dentry_cache.hpp>
#include <vfs/inode_cache.hpp>
#include <vfs/mount_table.hpp>
#include <vfs/options.hpp>
#include <vfs/page_clock.hpp>
#include <vfs/process_table.hpp>
#include <vfs/run_queue.hpp>
#include <vfs/store.hpp>
#include <vfs/superblock_list.hpp>

namespace lastout::vfs {

struct parts {
  explicit parts(const options& how) : chosen(how), caches{superblocks, dentries, inodes, pages} {}

  /// Evicts idle objects when the cached ones take more than the budget. Call it before adding
  /// some.
  void balance() {
    if (census::cached_bytes() > chosen.budget_bytes) [[unlikely]]
      evict();
  }
  /// The same down to `target`. Returns  what is still taken.
  std::size_t shrink(std::size_t target);
  [[nodiscard]] store* device(std::string_view name);

  const options chosen;
  const census::violation_watch watch;
  const census::snapshot birth = census::take_snapshot();

  std::mutex devices_lock;
  std::vector<std::unique_ptr<store>> devices;  // only grows

  page_clock pages;
  inode_cache inodes;
  dentry_cache dentries;
  superblock_list superblocks;
  const superblock::caches caches;
  mount_table mounts;
  process_table processes;
  run_queue runnable;
  external<process> init;
  atomic<bool> shut_down{false};

 private:
  void evict();

  std::mutex shrinking_;
};

}  // namespace lastout::vfs
