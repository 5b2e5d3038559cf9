// process_table.hpp - pid2proc: number to process, and the queue of those that are ready to run.
//
// The table is the processes' own: it holds internal references and keeps nobody alive. The queue
// is another subsystem's: it holds external ones, so what is on it can be run.
//
// Lock order     each has one lock; nothing is put, and no process's lock is taken, with it held.
// Who holds references
//                table: internal; a process takes itself off in its release. Queue: external.
// Source: Akaros's kref document, pid2proc and proc_destroy; rules 17, 19, 20, 25, 53.

#pragma once

#include <deque>
#include <mutex>
#include <unordered_map>
#include <vector>

#include <lastout/internal.hpp>
#include <vfs/options.hpp>
#include <vfs/process.hpp>

namespace lastout::vfs {

class process_table {
 public:
  /// A process with its existence, in the table. Empty without memory.
  [[nodiscard]] external<process> create();
  /// Empty when there is none, or it is on its way out.
  [[nodiscard]] external<process> find(pid_number pid);
  [[nodiscard]] std::vector<external<process>> all();
  /// From a process's release.
  void remove(const process& dead) noexcept;

 private:
  std::mutex lock_;  // guards what follows
  pid_number next_ = 1;
  std::unordered_map<pid_number, internal<process>> processes_;
};

class run_queue {
 public:
  void push(external<process> ready);
  [[nodiscard]] external<process> pop();
  /// Takes it off, wherever it stands.
  void remove(const process& gone);
  void clear();

 private:
  std::mutex lock_;
  std::deque<external<process>> ready_;
};

}  // namespace lastout::vfs
