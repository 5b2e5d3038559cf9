// process.hpp - who acts: a directory to start from, a table of open files, a parent to tell how it
// ended.
//
// Its existence is a reference of its own: destroy() is a change of state and the put of that
// reference, and does something only once; the last one out frees, which may be a thread that is
// still inside an operation.
//
// Lock order     a process's lock is a leaf. Nothing is put with it held.
// Who holds references
//                external: itself (its existence), its parent's list of children until wait() has
//                taken the status, the run queue, callers. Internal: the process table.
// Source: Akaros's kref document, process management; rules 25, 42, 47.

#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <lastout/external.hpp>
#include <lastout/kref.hpp>
#include <vfs/censused.hpp>
#include <vfs/identity.hpp>
#include <vfs/result.hpp>
#include <vfs/wait_how.hpp>

namespace lastout::vfs {

class file;
class process_table;
struct place;

class process : public kref<process>, public stable_censused<process, kind::process> {
 public:
  process(process_table& table, pid_number pid);
  ~process();

  [[nodiscard]] pid_number pid() const noexcept { return pid_; }
  /// True once destroy() has begun. A moment's answer.
  [[nodiscard]] bool dying() const;
  [[nodiscard]] std::string describe() const;

  // The directory that relative paths start from.

  [[nodiscard]] place directory() const;
  void set_directory(place to);

  // Descriptors.

  /// A slot that is nobody else's while its file is being opened: whether there is one is known
  /// before anything is made.
  class reserved;
  /// Puts the file into the lowest free slot. EMFILE; ESRCH once dying: the file is put then.
  result<int> install(external<file> opened);
  /// The file of a descriptor; empty when there is none.
  [[nodiscard]] external<file> descriptor(int fd) const;
  /// Empties the slot. Returns  what was in it.
  [[nodiscard]] external<file> take(int fd);

  // Birth and end.

  /// Gives the process the reference that is its existence. Once, right after make().
  void exist(external<process> itself);
  /// Takes over the parent's directory and open files. Requires  nobody else knows this one yet.
  void inherit(const process& parent);
  /// Changes the state, drops everything it held, tells who waits, puts the existence reference.
  /// Returns  false when somebody did so before.
  bool destroy(int status);
  /// EAGAIN once dying: the child is not taken.
  result<void> take_child(external<process> child);
  /// Takes all children off.
  [[nodiscard]] std::vector<external<process>> orphans();
  /// Takes the status of a child that has ended off it. ECHILD; EAGAIN no_hang, and it has not.
  result<int> wait(pid_number child, wait_how how);

 private:
  friend reference_access;

  struct slot {
    external<file> open;
    bool taken = false;  // and empty: its file is being opened
  };

  void release() noexcept;
  bool wait_for_end(wait_how how) const;
  result<int> reserve();

  process_table& table_;
  const pid_number pid_;

  mutable std::mutex lock_;  // guards what follows
  mutable std::condition_variable ended_;
  bool dying_ = false;
  int status_ = 0;
  external<process> existence_;
  std::unique_ptr<place> directory_;
  std::vector<slot> files_;
  std::vector<external<process>> children_;
};

class process::reserved {
 public:
  /// EMFILE; ESRCH once dying: descriptor() says so.
  explicit reserved(process& by) : by_(by), descriptor_(by.reserve()) {}
  reserved(const reserved&) = delete;
  reserved& operator=(const reserved&) = delete;
  /// Gives it back, unless it has its file.
  ~reserved();

  [[nodiscard]] const result<int>& descriptor() const noexcept { return descriptor_; }
  /// Once. ESRCH when the process has died meanwhile: the file is put then.
  result<int> fill(external<file> opened);

 private:
  process& by_;
  result<int> descriptor_;
};

}  // namespace lastout::vfs
