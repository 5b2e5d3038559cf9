// filesystem_files.cpp - open files, and their content.

#include <vfs/filesystem.hpp>

#include <algorithm>
#include <limits>
#include <shared_mutex>
#include <utility>

#include <vfs/file.hpp>
#include <vfs/new_inode.hpp>
#include <vfs/parts.hpp>
#include <vfs/path_walk.hpp>

namespace lastout::vfs {
namespace {

using whole_lock = std::unique_lock<std::shared_mutex>;
using shared_lock = std::shared_lock<std::shared_mutex>;

// So much is copied between two looks at the budget.
constexpr std::size_t stretch = std::size_t{64} * 1024;

result<external<file>> usable(process& self, int fd) {
  external<file> found = self.descriptor(fd);
  if (!found) return failure(EBADF);
  if (found->revoked()) return failure(EIO);
  return found;
}

result<std::size_t> read_at(parts& all, inode& from, std::span<std::byte> into,
                            std::uint64_t offset) {
  const shared_lock guard(from.lock());
  std::size_t total = 0;
  while (!into.empty()) {
    all.balance();
    std::size_t done = 0;
    if (const int wrong = from.read(offset, into.first(std::min(into.size(), stretch)), done)) {
      if (total == 0) return failure(wrong);
      break;
    }
    if (done == 0) break;
    total += done;
    offset += done;
    into = into.subspan(done);
  }
  return total;
}

// With `append` at the end. The offset is moved past what was written, if anything was.
result<std::size_t> write_at(parts& all, inode& to, std::span<const std::byte> from,
                             std::uint64_t& offset, bool append) {
  const whole_lock guard(to.lock());
  std::uint64_t at = append ? to.size() : offset;
  std::size_t total = 0;
  while (!from.empty()) {
    all.balance();
    std::size_t done = 0;
    if (const int wrong = to.write(at, from.first(std::min(from.size(), stretch)), done)) {
      if (total == 0) return failure(wrong);
      break;
    }
    total += done;
    at += done;
    from = from.subspan(done);
  }
  if (total != 0) offset = at;
  return total;
}

struct how_opened {
  process& self;
  int flags;
  std::uint32_t mode;
  source_line from;
};

// An open file, listed, and no descriptor yet. Returns  an errno value.
int make_file(const place& found, const how_opened& how, external<file>& opened) {
  active<superblock> super = found.at->share_super("open file");
  if (!super) return EIO;  // closed: shutting down
  superblock& list = *super;
  opened = make<file>(std::move(super), found, how.flags, how.self.pid(), how.from);
  if (!opened) return ENOMEM;
  list.add(*opened);
  return 0;
}

// To the file that open(O_CREAT) names, which is made if it is not there: then `opened` is not
// empty. Returns  an errno value.
int find_or_create(path_walk& walk, std::string_view path, const how_opened& how,
                   external<file>& opened) {
  if (const int wrong = walk.to_parent(path)) return wrong;
  for (;;) {
    if (walk.kind() != last_name::normal) {
      walk.take_special();
      return 0;
    }
    if (walk.trailing()) return EISDIR;
    external<dentry> name;
    if (const int wrong = walk.look_up(walk.last(), name)) return wrong;
    if (name->of() == nullptr) {
      inode& directory = walk.here_inode();
      const whole_lock guard(directory.lock());
      if (const int wrong = walk.look_up_locked(walk.last(), name)) return wrong;
      if (name->of() == nullptr) {
        // The open file first: what is on the device then is not to be taken back.
        if (const int wrong = make_file({walk.here().at, name}, how, opened)) return wrong;
        return give_new_inode(directory, *name, walk.last(),
                              {file_type::regular, how.mode & 07777, 1, 0});
      }
    }
    const inode& found = *name->of();
    if (found.type() == file_type::symlink && (how.flags & O_EXCL) == 0) {
      if ((how.flags & O_NOFOLLOW) != 0) return ELOOP;
      if (const int wrong = walk.follow_last(found)) return wrong;
      continue;
    }
    walk.take(std::move(name));
    return 0;
  }
}

}  // namespace

result<int> filesystem::open(process& self, std::string_view path, int flags, std::uint32_t mode,
                             source_line from) {
  parts_->balance();
  const bool create = (flags & O_CREAT) != 0;
  if (create && (flags & O_DIRECTORY) != 0) return failure(EINVAL);
  process::reserved reserved(self);
  if (!reserved.descriptor()) return reserved.descriptor();
  path_walk walk(*parts_, self);
  const how_opened how{self, flags, mode, from};
  external<file> opened;
  const int wrong = create ? find_or_create(walk, path, how, opened)
                           : walk.to_end(path, (flags & O_NOFOLLOW) == 0);
  if (wrong != 0) return failure(wrong);
  if (opened) return reserved.fill(std::move(opened));  // new

  inode& found = walk.here_inode();
  const bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0;
  if (create && (flags & O_EXCL) != 0) return failure(EEXIST);
  if (create && found.directory()) return failure(EISDIR);
  if ((flags & O_DIRECTORY) != 0 && !found.directory()) return failure(ENOTDIR);
  if (found.type() == file_type::symlink) return failure(ELOOP);
  if (found.directory() && writes) return failure(EISDIR);

  if (const int failed = make_file(walk.here(), how, opened)) return failure(failed);
  if ((flags & O_TRUNC) != 0) {
    const whole_lock guard(found.lock());
    if (const int failed = found.truncate(0)) return failure(failed);
  }
  return reserved.fill(std::move(opened));
}

result<int> filesystem::create(process& self, std::string_view path, std::uint32_t mode,
                               source_line from) {
  return open(self, path, O_CREAT | O_WRONLY | O_TRUNC, mode, from);
}

result<void> filesystem::close(process& self, int fd) {
  const external<file> gone = self.take(fd);  // the slot is empty before the file is put
  if (!gone) return failure(EBADF);
  return {};
}

result<int> filesystem::dup(process& self, int fd) {
  external<file> same = self.descriptor(fd);
  if (!same) return failure(EBADF);
  return self.install(std::move(same));
}

result<std::size_t> filesystem::read(process& self, int fd, std::span<std::byte> into) {
  const result<external<file>> open = usable(self, fd);
  if (!open) return open.why();
  if (!(*open)->readable()) return failure(EBADF);
  if ((*open)->of().directory()) return failure(EISDIR);
  return (*open)->at_position([&](std::uint64_t& position) {
    const result<std::size_t> done = read_at(*parts_, (*open)->of(), into, position);
    if (done) position += *done;
    return done;
  });
}

result<std::size_t> filesystem::pread(process& self, int fd, std::span<std::byte> into,
                                      std::uint64_t offset) {
  const result<external<file>> open = usable(self, fd);
  if (!open) return open.why();
  if (!(*open)->readable()) return failure(EBADF);
  if ((*open)->of().directory()) return failure(EISDIR);
  return read_at(*parts_, (*open)->of(), into, offset);
}

result<std::size_t> filesystem::write(process& self, int fd, std::span<const std::byte> from) {
  const result<external<file>> open = usable(self, fd);
  if (!open) return open.why();
  if (!(*open)->writable()) return failure(EBADF);
  return (*open)->at_position([&](std::uint64_t& position) {
    return write_at(*parts_, (*open)->of(), from, position, (*open)->appends());
  });
}

result<std::size_t> filesystem::pwrite(process& self, int fd, std::span<const std::byte> from,
                                       std::uint64_t offset) {
  const result<external<file>> open = usable(self, fd);
  if (!open) return open.why();
  if (!(*open)->writable()) return failure(EBADF);
  return write_at(*parts_, (*open)->of(), from, offset, (*open)->appends());
}

result<std::uint64_t> filesystem::lseek(process& self, int fd, std::int64_t offset, int whence) {
  const result<external<file>> open = usable(self, fd);
  if (!open) return open.why();
  return (*open)->at_position([&](std::uint64_t& position) -> result<std::uint64_t> {
    std::uint64_t base = 0;
    switch (whence) {
      case SEEK_SET: break;
      case SEEK_CUR: base = position; break;
      case SEEK_END: base = (*open)->of().size(); break;
      default: return failure(EINVAL);
    }
    std::int64_t to = 0;
    if (__builtin_add_overflow(static_cast<std::int64_t>(base), offset, &to))
      return failure(EOVERFLOW);
    if (to < 0) return failure(EINVAL);
    position = static_cast<std::uint64_t>(to);
    return position;
  });
}

result<attributes> filesystem::fstat(process& self, int fd) {
  const result<external<file>> open = usable(self, fd);
  if (!open) return open.why();
  return (*open)->of().stat();
}

result<void> filesystem::truncate(process& self, std::string_view path, std::uint64_t size) {
  parts_->balance();
  path_walk walk(*parts_, self);
  if (const int wrong = walk.to_end(path, true)) return failure(wrong);
  inode& found = walk.here_inode();
  if (found.directory()) return failure(EISDIR);
  const whole_lock guard(found.lock());
  const int wrong = found.truncate(size);
  return wrong == 0 ? result<void>() : failure(wrong);
}

result<void> filesystem::ftruncate(process& self, int fd, std::uint64_t size) {
  const result<external<file>> open = usable(self, fd);
  if (!open) return open.why();
  if (!(*open)->writable()) return failure(EINVAL);
  inode& found = (*open)->of();
  const whole_lock guard(found.lock());
  const int wrong = found.truncate(size);
  return wrong == 0 ? result<void>() : failure(wrong);
}

}  // namespace lastout::vfs
