// reaper.cpp - see reaper.hpp.

#include "reaper.hpp"

#include <cerrno>
#include <chrono>
#include <system_error>

#include <fmt/format.h>

#include "thread_start.hpp"

namespace cli {

reaper::reaper(lastout::vfs::filesystem& fs, operation_tally& tally, complaints& wrong)
    : fs_(fs), tally_(tally), wrong_(wrong), thread_(start_thread([this] { run(); })) {}

reaper::~reaper() { stop(); }

void reaper::expect(lastout::vfs::pid_number pid) {
  {
    const std::lock_guard held(lock_);
    expected_.push_back(pid);
  }
  changed_.notify_all();
}

void reaper::waited_for(lastout::vfs::pid_number pid) {
  {
    const std::lock_guard held(lock_);
    done_elsewhere_.insert(pid);
  }
  changed_.notify_all();
}

std::size_t reaper::left() const {
  const std::lock_guard held(lock_);
  return expected_.size() + (busy_ ? 1 : 0);
}

void reaper::finish() {
  constexpr auto patience = std::chrono::seconds(10);
  std::deque<lastout::vfs::pid_number> never;
  {
    std::unique_lock held(lock_);
    changed_.wait_for(held, patience, [this] { return expected_.empty() && !busy_; });
    never = expected_;
  }
  for (const auto pid : never)
    wrong_.add("a process could not be waited for", fmt::format("pid {}", pid));
  stop();
}

void reaper::stop() {
  {
    const std::lock_guard held(lock_);
    stop_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool reaper::next(lastout::vfs::pid_number& pid) {
  std::unique_lock held(lock_);
  for (;;) {
    changed_.wait(held, [this] { return stop_ || !expected_.empty(); });
    if (stop_) return false;
    pid = expected_.front();
    expected_.pop_front();
    if (done_elsewhere_.erase(pid) != 0) {
      changed_.notify_all();
      continue;
    }
    busy_ = true;
    return true;
  }
}

void reaper::run() {
  for (lastout::vfs::pid_number pid = 0; next(pid);) {
    const auto status = fs_.wait(fs_.init(), pid, lastout::vfs::wait_how::block);
    if (status) operation_tally::bump(tally_.rows[std::size_t(operation::wait)].done);
    if (status && *status != status_of(pid)) {
      wrong_.add("a process ended with a status that nobody gave",
                 fmt::format("pid {}: {}", pid, *status));
    }
    if (!status && status.error() != ECHILD) {
      wrong_.add("wait failed",
                 fmt::format("pid {}: {}", pid, std::generic_category().message(status.error())));
    }
    {
      const std::lock_guard held(lock_);
      busy_ = false;
      // Still the child of somebody else: ours when that one ends.
      if (!status && status.error() == ECHILD) expected_.push_back(pid);
    }
    changed_.notify_all();
    if (!status) std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
}

}  // namespace cli
