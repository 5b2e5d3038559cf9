// inode_cache.cpp - reading inodes, and letting go of them.

#include <vfs/inode_cache.hpp>

#include <optional>
#include <utility>

namespace lastout::vfs {
namespace {

void on_evict(inode& dead, eviction why) noexcept {
  if (why == eviction::shrunk) inode::count_evicted();
  dead.settle_with_device();
}

}  // namespace

inode_cache::inode_cache() : inodes_({.idle_charge_max = no_limit, .on_evict = &on_evict}) {}

external<inode> inode_cache::get(superblock& super, ino_number ino) {
  return inodes_.get_or_create(inode_key{&super, ino}, [&]() -> external<inode> {
    const std::optional<store::record> read = super.disk().read(ino);
    if (!read) return {};
    return make<inode>(passive<superblock>::get(super), ino, *read, super.disk().target(ino));
  });
}

void inode_cache::evict(const superblock& super) {
  inodes_.for_each([&super](external<inode> each) {
    if (&each->super() == &super) each.kill_on_put();
  });
}

std::vector<external<inode>> inode_cache::all_of(const superblock& super) {
  std::vector<external<inode>> out;
  inodes_.for_each([&](external<inode> each) {
    if (&each->super() == &super) out.push_back(std::move(each));
  });
  return out;
}

}  // namespace lastout::vfs
