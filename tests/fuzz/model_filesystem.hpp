// model_filesystem.hpp - what POSIX says a tree of files does, in the plainest way: nodes, maps,
// strings, one thread, no cache.
//
// Answers are errno values, 0 for done. Where path_resolution(7) leaves it open which of two errors
// is told, it is Linux's choice; and so it is that pwrite to a file which appends appends.

#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <vfs/attributes.hpp>
#include <vfs/limits.hpp>

namespace fuzz {

using lastout::vfs::file_type;

struct node {
  file_type type = file_type::regular;
  std::uint32_t mode = 0;
  std::uint32_t links = 1;
  std::map<std::string, std::shared_ptr<node>, std::less<>> entries;  // of a directory
  node* parent = nullptr;  // of a directory; kept when it is removed
  std::string target;      // of a symlink
  std::string content;     // what was written, and zeros behind it up to `size`
  std::uint64_t size = 0;

  [[nodiscard]] bool directory() const { return type == file_type::directory; }
  [[nodiscard]] std::uint64_t length() const {
    return type == file_type::symlink ? target.size() : size;
  }
  [[nodiscard]] std::string read(std::uint64_t offset, std::size_t n) const {
    if (offset >= size) return {};
    n = static_cast<std::size_t>(std::min<std::uint64_t>(n, size - offset));
    std::string out = offset < content.size() ? content.substr(offset, n) : std::string();
    out.resize(n, '\0');
    return out;
  }
  void write(std::uint64_t offset, std::string_view text) {
    const std::size_t end = static_cast<std::size_t>(offset) + text.size();
    if (content.size() < end) content.resize(end, '\0');
    std::copy(text.begin(), text.end(), content.begin() + static_cast<std::ptrdiff_t>(offset));
    size = std::max<std::uint64_t>(size, end);
  }
  void truncate(std::uint64_t to) {
    if (content.size() > to) content.resize(static_cast<std::size_t>(to));
    size = to;
  }
};

struct open_file {
  std::shared_ptr<node> of;
  int flags = 0;
  std::uint64_t position = 0;

  [[nodiscard]] bool readable() const { return (flags & O_ACCMODE) != O_WRONLY; }
  [[nodiscard]] bool writable() const { return (flags & O_ACCMODE) != O_RDONLY; }
};

struct actor {
  std::shared_ptr<node> directory;
  std::vector<std::shared_ptr<open_file>> files;

  [[nodiscard]] open_file* descriptor(int fd) {
    if (fd < 0 || static_cast<std::size_t>(fd) >= files.size()) return nullptr;
    return files[static_cast<std::size_t>(fd)].get();
  }
  int install(std::shared_ptr<open_file> opened) {
    const auto slot = std::find(files.begin(), files.end(), nullptr);
    const auto fd = static_cast<int>(slot - files.begin());
    if (slot == files.end()) {
      files.push_back(std::move(opened));
    } else {
      *slot = std::move(opened);
    }
    return fd;
  }
};

class model_filesystem {
 public:
  using pointer = std::shared_ptr<node>;

  model_filesystem() {
    root_ = std::make_shared<node>();
    root_->type = file_type::directory;
    root_->mode = 0755;
    root_->links = 2;
    root_->parent = root_.get();
    keep_.push_back(root_);
  }
  [[nodiscard]] const pointer& root() const { return root_; }

  int find(const actor& by, std::string_view path, bool follow, pointer& out) {
    walk at(*this, by);
    if (const int wrong = at.to_end(path, follow)) return wrong;
    out = at.here;
    return 0;
  }

  int mkdir(const actor& by, std::string_view path, std::uint32_t mode) {
    return make_name(by, path, true, [&](walk& at) {
      pointer made = fresh(file_type::directory, mode & 07777);
      made->links = 2;
      made->parent = at.here.get();
      ++at.here->links;
      at.here->entries.emplace(at.last, std::move(made));
      return 0;
    });
  }
  int symlink(const actor& by, std::string_view target, std::string_view path) {
    if (target.empty()) return ENOENT;
    if (target.size() >= lastout::vfs::path_length_max) return ENAMETOOLONG;
    return make_name(by, path, false, [&](walk& at) {
      pointer made = fresh(file_type::symlink, 0777);
      made->target = target;
      at.here->entries.emplace(at.last, std::move(made));
      return 0;
    });
  }
  int link(const actor& by, std::string_view from, std::string_view to) {
    pointer shared;
    if (const int wrong = find(by, from, false, shared)) return wrong;
    return make_name(by, to, false, [&](walk& at) {
      if (shared->directory()) return EPERM;
      if (shared->links == 0) return ENOENT;
      ++shared->links;
      at.here->entries.emplace(at.last, shared);
      return 0;
    });
  }
  int unlink(const actor& by, std::string_view path) {
    walk at(*this, by);
    if (const int wrong = at.to_parent(path)) return wrong;
    if (at.kind != last::normal) return EISDIR;
    pointer gone;
    if (const int wrong = at.look_up(at.last, gone)) return wrong;
    if (gone == nullptr) return ENOENT;
    if (gone->directory()) return EISDIR;
    if (at.trailing) return ENOTDIR;
    at.here->entries.erase(at.here->entries.find(at.last));
    --gone->links;
    return 0;
  }
  int rmdir(const actor& by, std::string_view path) {
    walk at(*this, by);
    if (const int wrong = at.to_parent(path)) return wrong;
    if (at.kind == last::dot) return EINVAL;
    if (at.kind == last::dot_dot) return ENOTEMPTY;
    if (at.kind == last::root) return EBUSY;
    pointer gone;
    if (const int wrong = at.look_up(at.last, gone)) return wrong;
    if (gone == nullptr) return ENOENT;
    if (!gone->directory()) return ENOTDIR;
    if (!gone->entries.empty()) return ENOTEMPTY;
    at.here->entries.erase(at.here->entries.find(at.last));
    gone->links = 0;
    --at.here->links;
    return 0;
  }
  int rename(const actor& by, std::string_view from, std::string_view to) {
    walk a(*this, by);
    walk b(*this, by);
    if (const int wrong = a.to_parent(from)) return wrong;
    if (const int wrong = b.to_parent(to)) return wrong;
    if (a.kind != last::normal || b.kind != last::normal) return EBUSY;
    pointer source;
    pointer target;
    if (const int wrong = a.look_up(a.last, source)) return wrong;
    if (source == nullptr) return ENOENT;
    if (const int wrong = b.look_up(b.last, target)) return wrong;
    const bool directory = source->directory();
    if (!directory && (a.trailing || b.trailing)) return ENOTDIR;
    if (directory && is_above(*source, *b.here)) return EINVAL;
    if (target != nullptr && target->directory() && is_above(*target, *a.here)) return ENOTEMPTY;
    if (target == source) return 0;
    if (target != nullptr && directory && !target->directory()) return ENOTDIR;
    if (target != nullptr && !directory && target->directory()) return EISDIR;
    if (target != nullptr && target->directory() && !target->entries.empty()) return ENOTEMPTY;
    a.here->entries.erase(a.here->entries.find(a.last));
    if (target != nullptr) {
      b.here->entries.erase(b.here->entries.find(b.last));
      target->links -= target->directory() ? 2 : 1;
      if (target->directory()) --b.here->links;
    }
    if (directory) {
      --a.here->links;
      ++b.here->links;
      source->parent = b.here.get();
    }
    b.here->entries.emplace(b.last, std::move(source));
    return 0;
  }
  int chdir(actor& by, std::string_view path) {
    pointer to;
    if (const int wrong = find(by, path, true, to)) return wrong;
    if (!to->directory()) return ENOTDIR;
    by.directory = std::move(to);
    return 0;
  }
  int getcwd(const actor& by, std::string& out) {
    out.clear();
    for (const node* at = by.directory.get(); at != root_.get(); at = at->parent) {
      if (at->links == 0) return ENOENT;
      for (const auto& [name, child] : at->parent->entries)
        if (child.get() == at) out.insert(0, "/" + name);
    }
    if (out.empty()) out = "/";
    return 0;
  }
  int open(actor& by, std::string_view path, int flags, std::uint32_t mode, int& fd) {
    const bool create = (flags & O_CREAT) != 0;
    if (create && (flags & O_DIRECTORY) != 0) return EINVAL;
    walk at(*this, by);
    bool created = false;
    const int wrong = create ? find_or_create(at, path, flags, mode, created)
                             : at.to_end(path, (flags & O_NOFOLLOW) == 0);
    if (wrong != 0) return wrong;
    node& found = *at.here;
    const bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0;
    if (create && !created && (flags & O_EXCL) != 0) return EEXIST;
    if (create && found.directory()) return EISDIR;
    if ((flags & O_DIRECTORY) != 0 && !found.directory()) return ENOTDIR;
    if (found.type == file_type::symlink) return ELOOP;
    if (found.directory() && writes) return EISDIR;
    if ((flags & O_TRUNC) != 0) found.truncate(0);
    auto opened = std::make_shared<open_file>();
    opened->of = at.here;
    opened->flags = flags;
    fd = by.install(std::move(opened));
    return 0;
  }
  int truncate(const actor& by, std::string_view path, std::uint64_t size) {
    pointer of;
    if (const int wrong = find(by, path, true, of)) return wrong;
    if (of->directory()) return EISDIR;
    if (size > lastout::vfs::file_size_max) return EFBIG;
    of->truncate(size);
    return 0;
  }

 private:
  enum class last : std::uint8_t { normal, dot, dot_dot, root };

  // One name after the other.
  struct walk {
    walk(model_filesystem& of, const actor& by) : all(of), self(by) {}

    int to_parent(std::string_view path) {
      if (path.empty()) return ENOENT;
      if (path.size() >= lastout::vfs::path_length_max) return ENAMETOOLONG;
      here = path.front() == '/' ? all.root_ : self.directory;
      return go(std::string(path));
    }
    int to_end(std::string_view path, bool follow) {
      int wrong = to_parent(path);
      for (;;) {
        if (wrong != 0) return wrong;
        if (kind != last::normal) {
          special();
          return 0;
        }
        pointer child;
        if ((wrong = look_up(last, child)) != 0) return wrong;
        if (child == nullptr) return ENOENT;
        if (child->type == file_type::symlink && (follow || trailing)) {
          wrong = this->follow(*child, trailing ? "/" : "");
          continue;
        }
        const bool wanted = trailing;
        here = std::move(child);
        return wanted && !here->directory() ? ENOTDIR : 0;
      }
    }
    void special() {
      if (kind == last::dot_dot) up();
    }
    // Goes on through a link, to the parent of what it leads to.
    int follow(const node& link, std::string_view rest) {
      if (++followed > lastout::vfs::symlinks_max) return ELOOP;
      std::string next = link.target;
      if (!rest.empty() && rest.front() != '/') next += '/';
      next += rest;
      if (next.front() == '/') here = all.root_;
      return go(next);
    }
    int look_up(std::string_view name, pointer& child) const {
      if (name.size() > lastout::vfs::name_length_max) return ENAMETOOLONG;
      if (here->links == 0) return ENOENT;
      const auto at = here->entries.find(name);
      if (at != here->entries.end()) child = at->second;
      return 0;
    }

    model_filesystem& all;
    const actor& self;
    pointer here;
    std::string last;
    enum last kind = last::root;
    bool trailing = false;
    int followed = 0;

   private:
    void up() { here = all.shared(here->parent); }

    int go(std::string path) {
      std::vector<std::string> parts;
      for (std::size_t at = 0; at < path.size();) {
        const std::size_t begin = path.find_first_not_of('/', at);
        if (begin == std::string::npos) break;
        const std::size_t end = std::min(path.find('/', begin), path.size());
        parts.push_back(path.substr(begin, end - begin));
        at = end;
      }
      if (parts.empty()) {
        kind = last::root;
        trailing = false;
        return 0;
      }
      trailing = path.back() == '/';
      for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
        if (parts[i] == ".") continue;
        if (parts[i] == "..") {
          up();
          continue;
        }
        pointer child;
        if (const int wrong = look_up(parts[i], child)) return wrong;
        if (child == nullptr) return ENOENT;
        if (child->type == file_type::symlink) {
          std::string rest;
          for (std::size_t j = i + 1; j < parts.size(); ++j)
            rest += (rest.empty() ? "" : "/") + parts[j];
          if (trailing) rest += '/';
          return follow(*child, rest);
        }
        if (!child->directory()) return ENOTDIR;
        here = std::move(child);
      }
      last = parts.back();
      kind = last == "." ? last::dot : last == ".." ? last::dot_dot : last::normal;
      return 0;
    }
  };

  pointer fresh(file_type type, std::uint32_t mode) {
    auto made = std::make_shared<node>();
    made->type = type;
    made->mode = mode;
    if (type == file_type::directory) keep_.push_back(made);
    return made;
  }
  // Directories stay as long as the model: a removed one's parent may be asked for.
  pointer shared(const node* of) const {
    for (const pointer& each : keep_)
      if (each.get() == of) return each;
    return nullptr;
  }
  static bool is_above(const node& above, const node& below) {
    for (const node* at = &below;; at = at->parent) {
      if (at == &above) return true;
      if (at == at->parent) return false;
    }
  }

  template <class Make>
  int make_name(const actor& by, std::string_view path, bool directory, Make make) {
    walk at(*this, by);
    if (const int wrong = at.to_parent(path)) return wrong;
    if (at.kind != last::normal) return EEXIST;
    pointer there;
    if (const int wrong = at.look_up(at.last, there)) return wrong;
    if (there != nullptr) return EEXIST;
    if (!directory && at.trailing) return ENOENT;
    return make(at);
  }
  int find_or_create(walk& at, std::string_view path, int flags, std::uint32_t mode,
                     bool& created) {
    int wrong = at.to_parent(path);
    for (;;) {
      if (wrong != 0) return wrong;
      if (at.kind != last::normal) {
        at.special();
        return 0;
      }
      if (at.trailing) return EISDIR;
      pointer child;
      if ((wrong = at.look_up(at.last, child)) != 0) return wrong;
      if (child == nullptr) {
        child = fresh(file_type::regular, mode & 07777);
        at.here->entries.emplace(at.last, child);
        created = true;
      }
      if (child->type == file_type::symlink && (flags & O_EXCL) == 0) {
        if ((flags & O_NOFOLLOW) != 0) return ELOOP;
        wrong = at.follow(*child, "");
        continue;
      }
      at.here = std::move(child);
      return 0;
    }
  }

  pointer root_;
  std::vector<pointer> keep_;
};

}  // namespace fuzz
