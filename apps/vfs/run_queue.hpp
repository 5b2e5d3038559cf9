// run_queue.hpp - the processes that are ready to run, in order.
//
// Another subsystem than the process table: what is on it can be run, so it keeps it alive.
//
// Lock order     its lock; nothing is put, and no process's lock is taken, with it held.
// Who holds references
//                external ones to what is on it.
// Source: Akaros's kref document, proc_destroy; rules 17, 20.

#pragma once

#include <deque>
#include <mutex>

#include <lastout/external.hpp>
#include <vfs/process.hpp>

namespace lastout::vfs {

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
