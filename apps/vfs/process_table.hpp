// process_table.hpp - pid2proc: number to process.
//
// The table is the processes' own: it holds internal references and keeps nobody alive.
//
// Lock order     none of its own.
// Who holds references
//                internal; a process takes itself off in its release.
// Source: Akaros's kref document, pid2proc and proc_destroy; rules 17, 19, 25, 53.

#pragma once

#include <vector>

#include <lastout/registry.hpp>
#include <vfs/identity.hpp>
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
  void remove(const process& dead) noexcept { processes_.leave(dead); }

 private:
  atomic<pid_number> next_{1};
  registry<pid_number, process, &process::pid> processes_;
};

}  // namespace lastout::vfs
