// run_queue.cpp - first in, first out, but for those that are dying.

#include <vfs/run_queue.hpp>

#include <utility>
#include <vector>

namespace lastout::vfs {

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
