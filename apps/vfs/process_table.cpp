// process_table.cpp - the table and the queue.

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

void run_queue::push(external<process> ready) {
  const std::lock_guard<std::mutex> guard(lock_);
  ready_.push_back(std::move(ready));
}

external<process> run_queue::pop() {
  for (;;) {
    external<process> next;  // if it is dying it is put here, with no lock held
    {
      const std::lock_guard<std::mutex> guard(lock_);
      if (ready_.empty()) return {};
      next = std::move(ready_.front());
      ready_.pop_front();
    }
    if (!next->dying()) return next;
  }
}

void run_queue::remove(const process& gone) {
  std::vector<external<process>> off;  // put after the lock
  const std::lock_guard<std::mutex> guard(lock_);
  for (auto at = ready_.begin(); at != ready_.end();) {
    if (*at != &gone) {
      ++at;
      continue;
    }
    off.push_back(std::move(*at));
    at = ready_.erase(at);
  }
}

void run_queue::clear() {
  std::deque<external<process>> off;  // put after the lock
  const std::lock_guard<std::mutex> guard(lock_);
  off.swap(ready_);
}

}  // namespace lastout::vfs
