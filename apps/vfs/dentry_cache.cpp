// dentry_cache.cpp - names that come, change and go.

#include <vfs/dentry_cache.hpp>

#include <utility>

namespace lastout::vfs {
namespace {

void on_evict(dentry&, eviction why) noexcept {
  if (why == eviction::shrunk) dentry::count_evicted();
}

}  // namespace

dentry_cache::dentry_cache() : dentries_({.idle_charge_max = no_limit, .on_evict = &on_evict}) {}

external<dentry> dentry_cache::add(dentry& parent, std::string_view name, external<inode> of) {
  external<dentry> made =
      make<dentry>(parent.super(), external<dentry>::get(parent), name, std::move(of));
  if (!made) return made;
  made->join_parent();
  return dentries_.insert(std::move(made));
}

external<dentry> dentry_cache::make_root(superblock& super, external<inode> of) {
  return make<dentry>(super, external<dentry>(), "", std::move(of));
}

void dentry_cache::move(dentry& moved, dentry& to, std::string_view name) {
  // With what it needs at hand: a change does not fail half-way.
  entry_name::change now = entry_name::prepare(external<dentry>::get(to), name);
  dentries_.rename(moved, [&] { moved.move(now); });
}

void dentry_cache::prune(dentry& dead_parent) {
  while (const external<dentry> child = dead_parent.take_child()) dentries_.erase(*child);
}

void dentry_cache::evict(const superblock& super) {
  dentries_.for_each([&super](external<dentry> each) {
    if (&each->super() == &super) each.kill_on_put();
  });
}

}  // namespace lastout::vfs
