// dentry_cache.hpp - (directory, name) to dentry, without asking the directory: one atomic add and
// no lock.
//
// It is a lastout::cache. How much is kept is not decided here: see inode_cache.hpp.
//
// Lock order     the cache's own, inside all others.
// Who holds references
//                the cache one of each dentry that has a name.
// Source: Linux fs/dcache.c, __d_lookup, shrink_dentry_list; rules 32-34, 36.

#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include <lastout/cache.hpp>
#include <vfs/cache_shape.hpp>
#include <vfs/dentry.hpp>

namespace lastout::vfs {

struct dentry_key {
  const dentry* directory;
  std::string_view name;
  friend bool operator==(const dentry_key&, const dentry_key&) = default;
};

class dentry_cache {
 public:
  dentry_cache();

  /// Returns  the dentry, perhaps negative; empty when the cache knows nothing of that name.
  [[nodiscard]] external<dentry> find(const dentry& parent, std::string_view name) {
    return dentries_.get(dentry_key{&parent, name});
  }
  /// Requires  the directory's lock whole, and that find() said no under it. Returns  empty without
  ///           memory.
  [[nodiscard]] external<dentry> add(dentry& parent, std::string_view name, external<inode> of);
  [[nodiscard]] external<dentry> make_root(superblock& super, external<inode> of);
  /// Takes the name away. Requires  the directory's lock whole.
  void take_name(dentry& unlinked) { dentries_.erase(unlinked); }
  /// Gives another name, which no dentry has.
  /// Requires  both directories' locks whole, the rename lock when they are two.
  void move(dentry& moved, dentry& to, std::string_view name);
  /// Takes the names of a directory's children away, when it has lost its own: no more come.
  void prune(dentry& dead_parent);

  /// Evicts unused dentries until about `bytes` are free. Returns  the bytes that were freed.
  std::size_t shrink(std::size_t bytes) { return dentries_.shrink(bytes); }
  /// Evicts all of a superblock that is being dismantled: the idle ones now, the others as soon as
  /// they are.
  void evict(const superblock& super);

 private:
  struct hash {
    std::size_t operator()(const dentry_key& of) const noexcept {
      return entry_name::hash_of(of.directory, of.name);
    }
    std::size_t operator()(const dentry& of) const noexcept { return of.entry().hash(); }
  };
  struct equal {
    bool operator()(const dentry& a, const dentry_key& b) const noexcept {
      return a.entry().is(b.directory, b.name);
    }
    bool operator()(const dentry& a, const dentry& b) const noexcept {
      return a.entry().is(b.entry());
    }
    bool operator()(const dentry_key& a, const dentry_key& b) const noexcept { return a == b; }
  };

  // A dentry is its own key: its name may change while somebody compares it.
  cache<dentry_key, dentry, std::identity{}, hash, equal, cache_shape> dentries_;
};

}  // namespace lastout::vfs
