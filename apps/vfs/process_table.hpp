// process_table.hpp - pid2proc: number to process.
//
// The table is the processes' own: it holds internal references and keeps nobody alive.
//
// Lock order     none of its own.
// Who holds references
//                internal; a process takes itself off in its release.
// Source: Akaros's kref document, pid2proc and proc_destroy; rules 17, 19, 25, 53.

#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <lastout/registry.hpp>
#include <vfs/identity.hpp>
#include <vfs/process.hpp>

namespace lastout::vfs {

/// Room for some hundred thousand processes, in two megabytes of address space.
struct process_table_shape : table_shape {
  static constexpr std::uint32_t segments_max = 1u << 10;
};

class process_table {
 public:
  /// A process with its existence and what it inherits, in the table. Empty without memory.
  [[nodiscard]] external<process> create(const process* parent);
  /// Empty when there is none, or it is on its way out.
  [[nodiscard]] external<process> find(pid_number pid);
  [[nodiscard]] std::vector<external<process>> all();
  /// From a process's release.
  void remove(const process& dead) noexcept { processes_.leave(dead); }

 private:
  atomic<pid_number> next_{1};
  registry<pid_number, process, &process::pid, key_hash<pid_number>, std::equal_to<>,
           process_table_shape>
      processes_;
};

}  // namespace lastout::vfs
