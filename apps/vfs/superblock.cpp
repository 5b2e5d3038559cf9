// superblock.cpp - dismantling, and the list of open files.

#include <vfs/superblock.hpp>

#include <algorithm>
#include <utility>

#include <vfs/dentry.hpp>
#include <vfs/dentry_cache.hpp>
#include <vfs/file.hpp>
#include <vfs/inode.hpp>
#include <vfs/inode_cache.hpp>
#include <vfs/store.hpp>
#include <vfs/superblock_list.hpp>

namespace lastout::vfs {

superblock::superblock(const caches& shared, store& disk) : shared_(shared), disk_(disk) {}
superblock::~superblock() { leaving(disk_.number(), disk_.name()); }

void superblock::set_root(external<dentry> root) {
  root_ = std::move(root);
  // (1) pairs with (2) in ready
  ready_.store(true, order::release);
}

void superblock::deactivate() noexcept {
  root_.put();
  shared_.dentries.evict(*this);
  shared_.inodes.evict(*this);
}

void superblock::release() noexcept {
  shared_.list.remove(*this);
  superblock_list& list = shared_.list;
  delete this;
  list.gone();
}

void superblock::add(file& opened) {
  const std::lock_guard<std::mutex> guard(files_lock_);
  opened.place_in_list_ = files_.size();
  files_.emplace_back(opened, files_lock_);
  file_addresses_.push_back(&opened);
}

void superblock::remove(file& closed) noexcept {
  const std::lock_guard<std::mutex> guard(files_lock_);
  const std::size_t at = closed.place_in_list_;
  files_[at] = files_.back();
  file_addresses_[at] = file_addresses_.back();
  file_addresses_[at]->place_in_list_ = at;
  files_.pop_back();
  file_addresses_.pop_back();
}

std::vector<external<file>> superblock::open_files() {
  std::vector<external<file>> out;
  std::unique_lock<std::mutex> guard(files_lock_);
  for (const internal<file>& each : files_) {
    external<file> open = each.get_not_zero(guard);
    if (open) out.push_back(std::move(open));
  }
  return out;
}

void superblock::revoke_open_files() {
  for (const external<file>& each : open_files()) each->revoke();
}

std::string superblock::describe() const {
  std::string out = "device \"" + disk_.name() + "\", held by";
  std::size_t named = 0;
  for_each_holder([&](const holder& each) {
    if (named++ < 8) out += std::string(named == 1 ? " " : ", ") + each.name;
  });
  return named == 0 ? out + " nobody active" : out;
}

}  // namespace lastout::vfs
