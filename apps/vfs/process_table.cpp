// process_table.cpp - making, finding, taking off.

#include <vfs/process_table.hpp>

#include <utility>

namespace lastout::vfs {

external<process> process_table::create() {
  pid_number pid = 0;
  {
    const std::lock_guard<std::mutex> guard(lock_);
    pid = next_++;
  }
  external<process> made = make<process>(*this, pid);
  if (!made) return made;
  made->exist(made);
  const std::lock_guard<std::mutex> guard(lock_);
  processes_.emplace(pid, internal<process>(*made, lock_));
  return made;
}

external<process> process_table::find(pid_number pid) {
  external<process> found;
  {
    const std::unique_lock<std::mutex> guard(lock_);
    const auto at = processes_.find(pid);
    if (at != processes_.end()) found = at->second.get_not_zero(guard);
  }
  if (found && found->dying()) found.put();
  return found;
}

std::vector<external<process>> process_table::all() {
  std::vector<external<process>> out;
  const std::unique_lock<std::mutex> guard(lock_);
  for (const auto& [pid, each] : processes_) {
    external<process> found = each.get_not_zero(guard);
    if (found) out.push_back(std::move(found));
  }
  return out;
}

void process_table::remove(const process& dead) noexcept {
  const std::lock_guard<std::mutex> guard(lock_);
  processes_.erase(dead.pid());
}

}  // namespace lastout::vfs
