// filesystem.hpp - a memory filesystem in which every style of reference counting is at work.
//
// Paths, files and processes behave as POSIX says; errors are errno values. Every operation may be
// called from any thread, also on one process; the process is the one that acts: its directory, its
// files.
//
//   filesystem fs;
//   fs.mkfs("disk"); fs.mount("disk", "/");
//   external<process> self = *fs.spawn(fs.init());
//   int fd = *fs.open(*self, "/hello", O_CREAT | O_WRONLY, 0644);
//
// Lock order     the whole of it, outermost first: rename_lock, one directory's lock (a second one
//                only by trying), a file's lock, a page's lock; then the caches' locks, each at the
//                top of its file.
// Who holds references
//                the filesystem holds an external reference to init, and the tables hold internal
//                ones.

#pragma once

#include <fcntl.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <vfs/census.hpp>
#include <vfs/attributes.hpp>
#include <vfs/directory_entry.hpp>
#include <vfs/limits.hpp>
#include <vfs/memory_use.hpp>
#include <vfs/options.hpp>
#include <vfs/type_statistics.hpp>
#include <vfs/unmount_how.hpp>
#include <vfs/wait_how.hpp>
#include <vfs/process.hpp>
#include <vfs/result.hpp>
#include <vfs/source_line.hpp>

namespace lastout::vfs {

struct parts;

class filesystem {
 public:
  explicit filesystem(const options& chosen = {});
  filesystem(const filesystem&) = delete;
  filesystem& operator=(const filesystem&) = delete;
  /// Shuts down, if nobody has, with a deadline of one second.
  ~filesystem();

  // Devices and mounts. Paths are absolute.

  /// Makes an empty device. EEXIST.
  result<void> mkfs(std::string_view device);
  /// Mounts a device on a directory; the first one on "/". One device may be mounted in many
  /// places. ENODEV no such device; EBUSY, ENOENT, ENOTDIR about the place.
  result<void> mount(std::string_view device, std::string_view at);
  /// EINVAL not a place where something is mounted; EBUSY.
  result<void> unmount(std::string_view at, unmount_how how = unmount_how::busy);
  /// Why the mount at that place cannot be unmounted: one line for each open file, with path, pid
  /// and source line.
  std::vector<std::string> users(std::string_view at);
  /// Writes back all that is dirty.
  void sync();

  // Processes.

  /// The first process: always there, never destroyed before shutdown. Borrowed.
  process& init() noexcept;
  /// A child of `parent`, with its directory and its open files. Runnable.
  /// EAGAIN when the parent is being destroyed.
  result<external<process>> spawn(process& parent);
  /// pid2proc: empty when there is none, or it is on its way out.
  external<process> find(pid_number pid);
  /// Ends a process: its files are closed, its children go to init. Only the first call does
  /// anything. What is left of it stays until its parent has waited for it. Not for init.
  /// Returns  true when this was the one.
  bool destroy(process& gone, int status = 0);
  /// Waits for the end of a child and takes its status. ECHILD not (or no longer) a child of
  /// `parent`; EAGAIN no_hang.
  result<int> wait(process& parent, pid_number child, wait_how how = wait_how::block);
  /// Puts the process at the end of the run queue.
  void make_runnable(process& ready);
  /// Takes the first one off the run queue; empty when nobody is runnable.
  external<process> next_runnable();
  std::vector<pid_number> processes();

  // Names.

  result<attributes> stat(process& self, std::string_view path);
  result<attributes> lstat(process& self, std::string_view path);
  result<void> mkdir(process& self, std::string_view path, std::uint32_t mode = 0755);
  result<void> rmdir(process& self, std::string_view path);
  result<void> unlink(process& self, std::string_view path);
  result<void> rename(process& self, std::string_view from, std::string_view to);
  result<void> link(process& self, std::string_view from, std::string_view to);
  result<void> symlink(process& self, std::string_view target, std::string_view path);
  result<std::string> readlink(process& self, std::string_view path);
  /// All names, without `.` and `..`, in no order.
  result<std::vector<directory_entry>> readdir(process& self, std::string_view path);
  result<void> chdir(process& self, std::string_view path);
  result<std::string> getcwd(process& self);

  // Files.

  /// Flags: O_RDONLY O_WRONLY O_RDWR O_CREAT O_EXCL O_TRUNC O_APPEND O_DIRECTORY O_NOFOLLOW; no
  /// other has an effect. EINVAL for O_CREAT with O_DIRECTORY: it makes files. EMFILE before anything
  /// is made.
  result<int> open(process& self, std::string_view path, int flags, std::uint32_t mode = 0644,
                   source_line from = source_line::here());
  /// open(O_CREAT | O_WRONLY | O_TRUNC).
  result<int> create(process& self, std::string_view path, std::uint32_t mode = 0644,
                     source_line from = source_line::here());
  result<void> close(process& self, int fd);
  result<int> dup(process& self, int fd);
  result<std::size_t> read(process& self, int fd, std::span<std::byte> into);
  result<std::size_t> pread(process& self, int fd, std::span<std::byte> into, std::uint64_t offset);
  result<std::size_t> write(process& self, int fd, std::span<const std::byte> from);
  result<std::size_t> pwrite(process& self, int fd, std::span<const std::byte> from,
                             std::uint64_t offset);
  /// whence: SEEK_SET, SEEK_CUR, SEEK_END.
  result<std::uint64_t> lseek(process& self, int fd, std::int64_t offset, int whence);
  result<attributes> fstat(process& self, int fd);
  result<void> truncate(process& self, std::string_view path, std::uint64_t size);
  result<void> ftruncate(process& self, int fd, std::uint64_t size);

  // Memory.

  memory_use usage();
  /// Evicts idle objects until the cached ones take at most `target_bytes`, or none is idle.
  /// Returns  the bytes that are still taken.
  std::size_t shrink(std::size_t target_bytes);

  // The end, and what there is to say about it.

  /// Destroys all processes, unmounts everything, waits until no superblock is left.
  /// Idempotent.
  /// Only references that callers kept (external<process>) may outlive it until the destructor.
  /// Returns  one line for each holder that was late; empty when all is done.
  std::vector<std::string> shutdown(std::chrono::milliseconds deadline = std::chrono::seconds(1));
  /// One row for each type, since this filesystem was made.
  std::vector<type_statistics> statistics();
  /// What is wrong: objects never freed, or freed twice, counts that do not add up, writes to freed
  /// memory, violations. Each finding names type, object and place. Meant for after shutdown, when
  /// nothing may be alive.
  /// Returns  one line for each finding; empty when all is fine.
  std::vector<std::string> audit();

 private:
  friend struct planting;
  std::unique_ptr<parts> parts_;
};

}  // namespace lastout::vfs
