// actor.hpp - a process doing things: each operation of the filesystem, counted by kind and
// outcome.
//
// A worker acts as whatever process the run queue gave it. Somebody may destroy that process
// meanwhile; then operations fail as they must, and that is nobody's mistake: see excused().

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <vfs/filesystem.hpp>

#include <lastout/atomic.hpp>

namespace cli {

enum class operation : std::uint8_t {
  stat,
  open,
  read,
  write,
  close,
  create,
  truncate,
  unlink,
  rename,
  link,
  symlink,
  readlink,
  mkdir,
  rmdir,
  readdir,
  chdir,
  mount,
  unmount,
  spawn,
  destroy,
  wait,
};
inline constexpr std::size_t operations = 21;
const char* name(operation what) noexcept;

/// One thread's counts: written by that thread, read by anybody.
struct operation_tally {
  struct row {
    lastout::atomic<std::uint64_t> done{0};
    lastout::atomic<std::uint64_t> refused{0};  // ended with an errno value
  };
  std::array<row, operations> rows;
  lastout::atomic<std::uint64_t> bytes_read{0};
  lastout::atomic<std::uint64_t> bytes_written{0};
  lastout::atomic<std::uint64_t> files_compared{0};

  static void bump(lastout::atomic<std::uint64_t>& counter, std::uint64_t n = 1) noexcept {
    // relaxed, and no read-modify-write: one writer, and readers want a number of about now
    counter.store(counter.load(lastout::order::relaxed) + n, lastout::order::relaxed);
  }
};

class actor {
 public:
  using filesystem = lastout::vfs::filesystem;
  using process = lastout::vfs::process;
  template <class T>
  using result = lastout::vfs::result<T>;
  using bytes = std::span<std::byte>;
  using const_bytes = std::span<const std::byte>;

  actor(filesystem& fs, process& self, operation_tally& tally) noexcept
      : fs_(fs), self_(self), tally_(tally) {}

  /// True when the process is on its way out, so that whatever failed just now had a reason.
  [[nodiscard]] bool excused() const { return self_.dying(); }
  [[nodiscard]] process& self() const noexcept { return self_; }
  [[nodiscard]] filesystem& fs() const noexcept { return fs_; }
  [[nodiscard]] operation_tally& tally() const noexcept { return tally_; }

  auto stat(std::string_view path) { return counted(operation::stat, fs_.stat(self_, path)); }
  auto lstat(std::string_view path) { return counted(operation::stat, fs_.lstat(self_, path)); }
  auto fstat(int fd) { return counted(operation::stat, fs_.fstat(self_, fd)); }
  auto open(std::string_view path, int flags) {
    return counted((flags & O_CREAT) != 0 ? operation::create : operation::open,
                   fs_.open(self_, path, flags));
  }
  auto close(int fd) { return counted(operation::close, fs_.close(self_, fd)); }
  auto dup(int fd) { return counted(operation::open, fs_.dup(self_, fd)); }
  auto lseek(int fd, std::int64_t offset, int whence) {
    return fs_.lseek(self_, fd, offset, whence);
  }
  auto read(int fd, bytes into) { return counted_read(fs_.read(self_, fd, into)); }
  auto pread(int fd, bytes into, std::uint64_t at) {
    return counted_read(fs_.pread(self_, fd, into, at));
  }
  auto write(int fd, const_bytes from) { return counted_write(fs_.write(self_, fd, from)); }
  auto pwrite(int fd, const_bytes from, std::uint64_t at) {
    return counted_write(fs_.pwrite(self_, fd, from, at));
  }
  auto truncate(std::string_view path, std::uint64_t size) {
    return counted(operation::truncate, fs_.truncate(self_, path, size));
  }
  auto ftruncate(int fd, std::uint64_t size) {
    return counted(operation::truncate, fs_.ftruncate(self_, fd, size));
  }
  auto unlink(std::string_view path) { return counted(operation::unlink, fs_.unlink(self_, path)); }
  auto rename(std::string_view from, std::string_view to) {
    return counted(operation::rename, fs_.rename(self_, from, to));
  }
  auto link(std::string_view from, std::string_view to) {
    return counted(operation::link, fs_.link(self_, from, to));
  }
  auto symlink(std::string_view target, std::string_view path) {
    return counted(operation::symlink, fs_.symlink(self_, target, path));
  }
  auto readlink(std::string_view path) {
    return counted(operation::readlink, fs_.readlink(self_, path));
  }
  auto mkdir(std::string_view path) { return counted(operation::mkdir, fs_.mkdir(self_, path)); }
  auto rmdir(std::string_view path) { return counted(operation::rmdir, fs_.rmdir(self_, path)); }
  auto readdir(std::string_view path) {
    return counted(operation::readdir, fs_.readdir(self_, path));
  }
  auto chdir(std::string_view path) { return counted(operation::chdir, fs_.chdir(self_, path)); }
  auto getcwd() { return fs_.getcwd(self_); }
  auto mount(std::string_view device, std::string_view at) {
    return counted(operation::mount, fs_.mount(device, at));
  }
  auto unmount(std::string_view at, lastout::vfs::unmount_how how) {
    return counted(operation::unmount, fs_.unmount(at, how));
  }
  auto spawn() { return counted(operation::spawn, fs_.spawn(self_)); }
  bool destroy(process& gone, int status) {
    operation_tally::bump(tally_.rows[std::size_t(operation::destroy)].done);
    return fs_.destroy(gone, status);
  }
  auto wait(lastout::vfs::pid_number child, lastout::vfs::wait_how how) {
    return counted(operation::wait, fs_.wait(self_, child, how));
  }

 private:
  template <class T>
  result<T> counted(operation what, result<T> outcome) {
    operation_tally::row& row = tally_.rows[std::size_t(what)];
    operation_tally::bump(row.done);
    if (!outcome) operation_tally::bump(row.refused);
    return outcome;
  }
  result<std::size_t> counted_read(result<std::size_t> outcome) {
    if (outcome) operation_tally::bump(tally_.bytes_read, *outcome);
    return counted(operation::read, outcome);
  }
  result<std::size_t> counted_write(result<std::size_t> outcome) {
    if (outcome) operation_tally::bump(tally_.bytes_written, *outcome);
    return counted(operation::write, outcome);
  }

  filesystem& fs_;
  process& self_;
  operation_tally& tally_;
};

}  // namespace cli
