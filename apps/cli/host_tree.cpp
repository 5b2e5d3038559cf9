// host_tree.cpp - see host_tree.hpp.

#include "host_tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <vfs/limits.hpp>

#include "interrupt.hpp"
#include "units.hpp"
#include "vfs_run_options.hpp"

namespace cli {
namespace {

std::int64_t nanoseconds(const timespec& when) noexcept {
  return static_cast<std::int64_t>(when.tv_sec) * 1'000'000'000 + when.tv_nsec;
}

skipped reason(int error) noexcept {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP: return skipped::vanished;  // or became something else
    case ENAMETOOLONG: return skipped::too_long;
    default: return skipped::unreadable;
  }
}

struct closes_directory {
  void operator()(DIR* open) const noexcept { closedir(open); }
};

}  // namespace

const char* name(skipped why) noexcept {
  switch (why) {
    case skipped::unreadable: return "unreadable";
    case skipped::vanished: return "vanished";
    case skipped::changed: return "changed while read";
    case skipped::socket: return "socket";
    case skipped::fifo: return "FIFO";
    case skipped::device: return "device";
    case skipped::too_long: return "name too long";
    case skipped::other: return "of no known kind";
  }
  return "?";
}

std::string told(const std::map<skipped, std::uint64_t>& counts) {
  std::string out;
  for (const auto& [why, n] : counts) {
    const bool noun = why == skipped::socket || why == skipped::fifo || why == skipped::device;
    out += out.empty() ? "" : ", ";
    out += noun ? count_of(n, name(why)) : fmt::format("{} {}", with_thousands(n), name(why));
  }
  return out.empty() ? "none" : out;
}

host_tree::host_tree(const std::string& root) : root_(root) {
  struct stat about{};
  if (root.empty() || ::stat(root.c_str(), &about) != 0) {
    const int error = root.empty() ? ENOENT : errno;
    throw bad_request(
        fmt::format("--tree '{}': {}; give a directory that exists and that you may read", root,
                    std::generic_category().message(error)));
  }
  if (!S_ISDIR(about.st_mode))
    throw bad_request(fmt::format("--tree '{}': not a directory; give a directory", root));
  fd_ = unique_fd(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd_) {
    throw bad_request(fmt::format("--tree '{}': {}; give a directory that you may read", root,
                                  std::generic_category().message(errno)));
  }
}

unique_fd host_tree::open_below(const std::string& path, int flags) const noexcept {
  flags |= O_CLOEXEC | O_NOFOLLOW | O_NOCTTY |
           O_NONBLOCK;  // a FIFO that came meanwhile must not stop us
  const char* const name = path.empty() ? "." : path.c_str();
  open_how how{};
  how.flags = static_cast<__u64>(static_cast<unsigned>(flags));
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const long opened = ::syscall(SYS_openat2, fd_.number(), name, &how, sizeof how);
  if (opened >= 0) return unique_fd(static_cast<int>(opened));
  if (errno == ENOSYS || errno == EPERM || errno == EAGAIN) {
    return unique_fd(::openat(fd_.number(), name,
                              flags));  // an old kernel, or a sandbox that does not know the call
  }
  return {};
}

void host_tree::walk() {
  std::vector<host_entry> later(1);  // the root, whose path is empty
  while (!later.empty() && interrupt::received() == 0) {
    host_entry directory = std::move(later.back());
    later.pop_back();
    look_into(std::move(directory), later);
  }
}

void host_tree::look_into(host_entry directory, std::vector<host_entry>& later) {
  unique_fd opened = open_below(directory.path, O_RDONLY | O_DIRECTORY);
  if (!opened) {
    ++skips_[reason(errno)];
    return;
  }
  const int number = opened.number();
  const std::unique_ptr<DIR, closes_directory> listing(fdopendir(number));
  if (listing == nullptr) {
    ++skips_[skipped::unreadable];
    return;
  }
  static_cast<void>(opened.leak());  // closedir closes it
  const std::string path = directory.path;
  if (!path.empty()) entries_.push_back(std::move(directory));  // only what can be read is taken

  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* const next = readdir(listing.get());
    if (next == nullptr) break;
    const std::string_view name = next->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) ++skips_[skipped::unreadable];
  std::sort(names.begin(), names.end());  // so that a seed means the same on any host filesystem
  for (const std::string& name : names) take(path, number, name.c_str(), later);
}

void host_tree::take(const std::string& directory, int directory_fd, const char* name,
                     std::vector<host_entry>& later) {
  struct stat about{};
  if (::fstatat(directory_fd, name, &about, AT_SYMLINK_NOFOLLOW) != 0) {
    ++skips_[reason(errno)];
    return;
  }
  host_entry entry{};
  entry.path = directory.empty() ? name : directory + "/" + name;
  entry.mode = about.st_mode & 07777;
  entry.device = about.st_dev;
  entry.ino = about.st_ino;
  entry.changed_ns = nanoseconds(about.st_mtim);
  if (entry.path.size() + 2 > lastout::vfs::path_length_max) {
    ++skips_[skipped::too_long];
    return;
  }
  switch (about.st_mode & S_IFMT) {
    case S_IFDIR:
      entry.kind = host_kind::directory;
      later.push_back(std::move(entry));
      return;
    case S_IFREG: {
      entry.kind = host_kind::file;
      entry.size = static_cast<std::uint64_t>(about.st_size);
      if (about.st_nlink > 1) {
        const auto self = static_cast<std::int64_t>(entries_.size());
        const auto [first, is_first] = linked_.try_emplace({entry.device, entry.ino}, self);
        if (!is_first) entry.same_as = first->second;
      }
      if (entry.same_as < 0) file_bytes_ += entry.size;
      break;
    }
    case S_IFLNK: {
      entry.kind = host_kind::symlink;
      std::array<char, PATH_MAX> target{};
      const ssize_t length = ::readlinkat(directory_fd, name, target.data(), target.size());
      if (length < 0) {
        ++skips_[reason(errno)];
        return;
      }
      entry.target.assign(target.data(), static_cast<std::size_t>(length));
      break;
    }
    case S_IFSOCK: ++skips_[skipped::socket]; return;
    case S_IFIFO: ++skips_[skipped::fifo]; return;
    case S_IFCHR:
    case S_IFBLK: ++skips_[skipped::device]; return;
    default: ++skips_[skipped::other]; return;
  }
  entries_.push_back(std::move(entry));
}

unique_fd host_tree::open_file(const host_entry& entry, host_read& outcome) const noexcept {
  unique_fd file = open_below(entry.path, O_RDONLY);
  if (!file) {
    outcome = reason(errno) == skipped::vanished ? host_read::skipped_vanished
                                                 : host_read::skipped_unreadable;
  } else if (!unchanged(entry, file)) {
    outcome = host_read::skipped_changed;
    file = {};
  }
  return file;
}

bool host_tree::unchanged(const host_entry& entry, const unique_fd& file) noexcept {
  struct stat now{};
  if (::fstat(file.number(), &now) != 0 || !S_ISREG(now.st_mode)) return false;
  return now.st_dev == entry.device && now.st_ino == entry.ino &&
         static_cast<std::uint64_t>(now.st_size) == entry.size &&
         nanoseconds(now.st_mtim) == entry.changed_ns;
}

const host_entry* host_tree::largest() const noexcept {
  const host_entry* out = nullptr;
  for (const host_entry& each : entries_) {
    if (each.kind == host_kind::file && (out == nullptr || each.size > out->size)) out = &each;
  }
  return out;
}

}  // namespace cli
