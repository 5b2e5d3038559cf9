// filesystem_names.cpp - what is done to names: look, make, remove, move.
//
// Each takes the lock of the directory (for a rename: both), looks the name up again under it,
// changes the device, then the dentry. Local references are declared before the lock, and so put
// after it.

#include <vfs/filesystem.hpp>

#include <shared_mutex>
#include <utility>

#include <vfs/file.hpp>
#include <vfs/new_inode.hpp>
#include <vfs/parts.hpp>
#include <vfs/path_walk.hpp>

namespace lastout::vfs {
namespace {

using whole_lock = std::unique_lock<std::shared_mutex>;

result<attributes> attributes_of(parts& all, process& self, std::string_view path, bool follow) {
  path_walk walk(all, self);
  if (const int wrong = walk.to_end(path, follow)) return failure(wrong);
  return walk.here_inode().stat();
}

// The common part of mkdir, symlink and link: make(walk, name) makes the inode that the new name
// shall have.
template <class Make>
result<void> make_name(parts& all, process& self, std::string_view path, bool directory,
                       Make make) {
  all.balance();
  path_walk walk(all, self);
  if (const int wrong = walk.to_parent(path)) return failure(wrong);
  if (walk.kind() != last_name::normal) return failure(EEXIST);
  external<dentry> name;
  const whole_lock guard(walk.here_inode().lock());
  if (const int wrong = walk.look_up_locked(walk.last(), name)) return failure(wrong);
  if (name->of() != nullptr) return failure(EEXIST);
  if (!directory && walk.trailing()) return failure(ENOENT);
  const int wrong = make(walk, *name);
  return wrong == 0 ? result<void>() : failure(wrong);
}

}  // namespace

result<attributes> filesystem::stat(process& self, std::string_view path) {
  return attributes_of(*parts_, self, path, true);
}

result<attributes> filesystem::lstat(process& self, std::string_view path) {
  return attributes_of(*parts_, self, path, false);
}

result<void> filesystem::mkdir(process& self, std::string_view path, std::uint32_t mode) {
  return make_name(*parts_, self, path, true, [&](path_walk& walk, dentry& name) {
    inode& parent = walk.here_inode();
    if (const int wrong = parent.add_link()) return wrong;  // its `..`
    const int wrong =
        give_new_inode(parent, name, walk.last(), {file_type::directory, mode & 07777, 2, 0});
    if (wrong != 0) parent.drop_links();
    return wrong;
  });
}

result<void> filesystem::symlink(process& self, std::string_view target, std::string_view path) {
  if (target.empty()) return failure(ENOENT);
  if (target.size() >= path_length_max) return failure(ENAMETOOLONG);
  return make_name(*parts_, self, path, false, [&](path_walk& walk, dentry& name) {
    return give_new_inode(walk.here_inode(), name, walk.last(), {file_type::symlink, 0777, 1, 0},
                          target);
  });
}

result<void> filesystem::link(process& self, std::string_view from, std::string_view to) {
  path_walk old(*parts_, self);
  if (const int wrong = old.to_end(from, false)) return failure(wrong);
  return make_name(*parts_, self, to, false, [&](path_walk& walk, dentry& name) {
    if (walk.here().at != old.here().at) return EXDEV;
    inode& shared = old.here_inode();
    if (shared.directory()) return EPERM;
    if (const int wrong = shared.add_link()) return wrong;
    shared.disk().enter(walk.here_inode().ino(), walk.last(), {shared.ino(), shared.type()});
    name.bind(external<inode>::get(shared));
    return 0;
  });
}

result<void> filesystem::unlink(process& self, std::string_view path) {
  path_walk walk(*parts_, self);
  if (const int wrong = walk.to_parent(path)) return failure(wrong);
  if (walk.kind() != last_name::normal) return failure(EISDIR);
  external<dentry> name;
  inode& directory = walk.here_inode();
  const whole_lock guard(directory.lock());
  if (const int wrong = walk.look_up_locked(walk.last(), name)) return failure(wrong);
  inode* const gone = name->of();
  if (gone == nullptr) return failure(ENOENT);
  if (gone->directory()) return failure(EISDIR);
  if (walk.trailing()) return failure(ENOTDIR);
  directory.disk().erase(directory.ino(), walk.last());
  parts_->dentries.take_name(*name);
  gone->drop_links();  // who has it open goes on; the last one out deletes it
  return {};
}

result<void> filesystem::rmdir(process& self, std::string_view path) {
  path_walk walk(*parts_, self);
  if (const int wrong = walk.to_parent(path)) return failure(wrong);
  switch (walk.kind()) {
    case last_name::dot: return failure(EINVAL);
    case last_name::dot_dot: return failure(ENOTEMPTY);
    case last_name::root: return failure(EBUSY);
    case last_name::normal: break;
  }
  external<dentry> name;
  inode& parent = walk.here_inode();
  for (;;
       relax()) {  // a directory within a directory is locked by trying: see filesystem_rename.cpp
    const whole_lock guard(parent.lock());
    if (const int wrong = walk.look_up_locked(walk.last(), name)) return failure(wrong);
    inode* const gone = name->of();
    if (gone == nullptr) return failure(ENOENT);
    if (!gone->directory()) return failure(ENOTDIR);
    const whole_lock victim(gone->lock(), std::try_to_lock);
    if (!victim.owns_lock()) continue;
    if (name->mounted_on()) return failure(EBUSY);
    if (!gone->disk().empty(gone->ino())) return failure(ENOTEMPTY);
    parent.disk().erase(parent.ino(), walk.last());
    parts_->dentries.take_name(*name);
    gone->drop_links(2);
    parent.drop_links();
    break;
  }
  parts_->dentries.prune(*name);  // negative children would pin it
  return {};
}

result<std::string> filesystem::readlink(process& self, std::string_view path) {
  path_walk walk(*parts_, self);
  if (const int wrong = walk.to_end(path, false)) return failure(wrong);
  if (walk.here_inode().type() != file_type::symlink) return failure(EINVAL);
  return walk.here_inode().target();
}

result<std::vector<directory_entry>> filesystem::readdir(process& self, std::string_view path) {
  path_walk walk(*parts_, self);
  if (const int wrong = walk.to_end(path, true)) return failure(wrong);
  inode& directory = walk.here_inode();
  if (!directory.directory()) return failure(ENOTDIR);
  const std::shared_lock<std::shared_mutex> guard(directory.lock());
  return directory.disk().list(directory.ino());
}

result<void> filesystem::chdir(process& self, std::string_view path) {
  path_walk walk(*parts_, self);
  if (const int wrong = walk.to_end(path, true)) return failure(wrong);
  if (!walk.here_inode().directory()) return failure(ENOTDIR);
  self.set_directory(std::move(walk.here()));
  return {};
}

result<std::string> filesystem::getcwd(process& self) {
  place here = self.directory();
  if (!here.at) return failure(ENOENT);
  std::string out;
  for (;;) {
    if (here.name == &here.at->root()) {
      if (parts_->mounts.cross_up(here)) continue;
      return out.empty() ? std::string("/") : out;
    }
    if (here.name->of()->links() == 0) return failure(ENOENT);
    out.insert(0, here.name->name()).insert(0, 1, '/');
    external<dentry> parent = here.name->parent();
    if (!parent) return failure(ENOENT);  // its mount is detached
    here.name = std::move(parent);
  }
}

}  // namespace lastout::vfs
