// filesystem_rename.cpp - another name for what there is, over what may be there already.
//
// Between directories the superblock's rename lock is held, so that nobody's parent changes but by
// us. Two directories are locked by trying, in no order: which one is the ancestor may change from
// one rename to the next, and an order that changes is none. So is the directory that is replaced;
// if it is taken, all is let go and tried again.
//
// Source: rename(2); Linux Documentation/filesystems/directory-locking.rst for what has to be held.

#include <vfs/filesystem.hpp>

#include <shared_mutex>
#include <utility>

#include <vfs/parts.hpp>
#include <vfs/path_walk.hpp>

namespace lastout::vfs {
namespace {

using whole_lock = std::unique_lock<std::shared_mutex>;

// True when `above` is `below` or on its way to the root. Stable under the rename lock.
bool is_above(const dentry& above, dentry& below) {
  for (external<dentry> at = external<dentry>::get(below); at; at = at->parent()) {
    if (at == &above) return true;
  }
  return false;
}

struct two_directories {
  whole_lock first, second;

  two_directories(inode& a, inode& b) : first(a.lock(), std::defer_lock) {
    if (&a == &b) {
      first.lock();
      return;
    }
    second = whole_lock(b.lock(), std::defer_lock);
    std::lock(first, second);
  }
};

}  // namespace

result<void> filesystem::rename(process& self, std::string_view from, std::string_view to) {
  parts_->balance();
  path_walk old_walk(*parts_, self);
  path_walk new_walk(*parts_, self);
  if (const int wrong = old_walk.to_parent(from)) return failure(wrong);
  if (const int wrong = new_walk.to_parent(to)) return failure(wrong);
  if (old_walk.here().at != new_walk.here().at) return failure(EXDEV);
  if (old_walk.kind() != last_name::normal || new_walk.kind() != last_name::normal)
    return failure(EBUSY);

  dentry& from_name = *old_walk.here().name;
  dentry& to_name = *new_walk.here().name;
  inode& from_dir = old_walk.here_inode();
  inode& to_dir = new_walk.here_inode();
  external<dentry> moved;
  external<dentry> replaced;
  for (;; relax()) {
    std::unique_lock<std::mutex> topology;
    if (&from_name != &to_name)
      topology = std::unique_lock<std::mutex>(from_name.super().rename_lock());
    const two_directories locked(from_dir, to_dir);

    if (const int wrong = old_walk.look_up_locked(old_walk.last(), moved)) return failure(wrong);
    inode* const source = moved->of();
    if (source == nullptr) return failure(ENOENT);
    if (const int wrong = new_walk.look_up_locked(new_walk.last(), replaced)) return failure(wrong);
    inode* const target = replaced->of();
    const bool directory = source->directory();
    if (!directory && (old_walk.trailing() || new_walk.trailing())) return failure(ENOTDIR);
    if (is_above(*moved, to_name)) return failure(EINVAL);
    if (is_above(*replaced, from_name)) return failure(ENOTEMPTY);
    if (target == source) return {};
    if (target != nullptr && directory && !target->directory()) return failure(ENOTDIR);
    if (target != nullptr && !directory && target->directory()) return failure(EISDIR);
    if (moved->mounted_on()) return failure(EBUSY);
    const bool changes_parent = directory && &from_dir != &to_dir;

    whole_lock victim;
    if (target != nullptr && target->directory()) {
      victim = whole_lock(target->lock(), std::try_to_lock);
      if (!victim.owns_lock()) continue;
      if (replaced->mounted_on()) return failure(EBUSY);
      if (!target->disk().empty(target->ino())) return failure(ENOTEMPTY);
    } else if (changes_parent && to_dir.links() >= links_max) {
      return failure(EMLINK);
    }

    store& disk = from_dir.disk();
    disk.enter(to_dir.ino(), new_walk.last(), {source->ino(), source->type()});
    disk.erase(from_dir.ino(), old_walk.last());
    parts_->dentries.take_name(*replaced);
    if (target != nullptr) target->drop_links(target->directory() ? 2 : 1);
    if (target != nullptr && target->directory()) to_dir.drop_links();
    parts_->dentries.move(*moved, to_name, new_walk.last());
    if (changes_parent) {
      from_dir.drop_links();
      (void)to_dir.add_link();  // there is room: see above
    }
    break;
  }
  if (replaced->of() != nullptr && replaced->of()->directory()) parts_->dentries.prune(*replaced);
  return {};
}

}  // namespace lastout::vfs
