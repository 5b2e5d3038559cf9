// path_walk.cpp - one name after the other.

#include <vfs/path_walk.hpp>

#include <utility>

namespace lastout::vfs {

place& path_walk::here() noexcept {
  if (!here_.name && here_.at) here_.name = external<dentry>::get(here_.at->root());
  return here_;
}

int path_walk::start(std::string_view path) {
  if (path.empty()) return ENOENT;
  if (path.size() >= path_length_max) return ENAMETOOLONG;
  rest_ = path;
  if (path.front() == '/') {
    to_top();
  } else {
    here_ = self_.directory();
  }
  return here_.at ? 0 : ENOENT;
}

int path_walk::to_parent(std::string_view path) {
  if (const int wrong = start(path)) return wrong;
  return to_last();
}

int path_walk::to_end(std::string_view path, bool follow) {
  if (const int wrong = start(path)) return wrong;
  for (;;) {
    if (const int wrong = to_last()) return wrong;
    if (kind_ != last_name::normal) {
      take_special();
      return 0;
    }
    external<dentry> child;
    if (const int wrong = look_up(last_, child)) return wrong;
    const inode* const found = child->of();
    if (found == nullptr) return ENOENT;
    if (found->type() == file_type::symlink && (follow || trailing_)) {
      if (const int wrong = this->follow(*found, trailing_ ? "/" : "")) return wrong;
      continue;
    }
    const bool wanted = trailing_;
    take(std::move(child));
    return wanted && !here_inode().directory() ? ENOTDIR : 0;
  }
}

int path_walk::to_last() {
  for (;;) {
    const std::size_t begin = rest_.find_first_not_of('/');
    if (begin == std::string_view::npos) {
      kind_ = last_name::root;
      trailing_ = false;
      return 0;
    }
    rest_.remove_prefix(begin);
    const std::size_t end = rest_.find('/');
    const std::string_view name = rest_.substr(0, end);
    const std::size_t next =
        end == std::string_view::npos ? end : rest_.find_first_not_of('/', end);
    if (next == std::string_view::npos) {
      last_ = name;
      trailing_ = end != std::string_view::npos;
      kind_ = name == "." ? last_name::dot : name == ".." ? last_name::dot_dot : last_name::normal;
      return 0;
    }
    rest_.remove_prefix(next);
    if (name == ".") continue;
    if (name == "..") {
      up();
      continue;
    }
    external<dentry> child;
    if (const int wrong = look_up(name, child)) return wrong;
    const inode* const found = child->of();
    if (found == nullptr) return ENOENT;
    if (found->type() == file_type::symlink) {
      if (const int wrong = follow(*found, rest_)) return wrong;
      continue;
    }
    if (!found->directory()) return ENOTDIR;
    take(std::move(child));
  }
}

int path_walk::follow(const inode& link, std::string_view rest) {
  if (++followed_ > symlinks_max) return ELOOP;
  std::string next = link.target();
  if (!rest.empty()) {
    if (rest.front() != '/') next += '/';
    next += rest;
  }
  buffer_.swap(next);  // `rest` may have been part of the old one
  rest_ = buffer_;
  if (rest_.front() == '/') to_top();
  return here_.at ? 0 : ENOENT;
}

int path_walk::follow_last(const inode& link) {
  if (const int wrong = follow(link, "")) return wrong;
  return to_last();
}

void path_walk::take(external<dentry> child) {
  here_.name = std::move(child);
  if (here_.name->mounted_on()) all_.mounts.cross_down(here_);
}

void path_walk::take_special() {
  if (kind_ == last_name::dot_dot) up();
}

void path_walk::up() {
  while (at_root()) {
    if (!all_.mounts.cross_up(here_)) return;
  }
  external<dentry> parent = here_.name->parent();
  if (parent) take(std::move(parent));
}

int path_walk::look_up(std::string_view name, external<dentry>& found) {
  if (name.size() > name_length_max) return ENAMETOOLONG;
  found = all_.dentries.find(standing(), name);
  if (found) return 0;
  all_.balance();
  const std::unique_lock<std::shared_mutex> directory(here_inode().lock());
  return look_up_locked(name, found);
}

int path_walk::look_up_locked(std::string_view name, external<dentry>& found) {
  if (name.size() > name_length_max) return ENAMETOOLONG;
  inode& directory = here_inode();
  if (directory.links() == 0) return ENOENT;  // removed: nothing is in it, nothing may come
  found = all_.dentries.find(standing(), name);
  if (found) return 0;
  external<inode> of;
  if (const auto entry = directory.disk().find(directory.ino(), name)) {
    of = all_.inodes.get(directory.super(), entry->ino);
    if (!of) return ENOMEM;
  }
  found = all_.dentries.add(standing(), name, std::move(of));
  return found ? 0 : ENOMEM;
}

}  // namespace lastout::vfs
