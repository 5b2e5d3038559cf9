// reaper.hpp - waits for every process that the workers made: none may end unnoticed.
//
// A child is waited for by whoever made it, or, once that one has ended, by init; the reaper is
// init's part of this.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_set>

#include <vfs/filesystem.hpp>

#include "actor.hpp"
#include "complaints.hpp"

namespace cli {

/// The status with which every process here ends, whoever ends it: so that wait() can be checked.
inline int status_of(lastout::vfs::pid_number pid) noexcept { return static_cast<int>(pid & 0x7f); }

class reaper {
 public:
  reaper(lastout::vfs::filesystem& fs, operation_tally& tally, complaints& wrong);
  reaper(const reaper&) = delete;
  reaper& operator=(const reaper&) = delete;
  /// Ends the thread, if finish() has not.
  ~reaper();

  /// Somebody made this process.
  void expect(lastout::vfs::pid_number pid);
  /// Somebody else has waited for it.
  void waited_for(lastout::vfs::pid_number pid);
  /// Processes made and not yet waited for.
  [[nodiscard]] std::size_t left() const;

  /// Call when every process has been destroyed: waits for the rest, and complains of those that
  /// cannot be.
  void finish();

 private:
  void run();
  bool next(lastout::vfs::pid_number& pid);
  void stop();

  lastout::vfs::filesystem& fs_;
  operation_tally& tally_;
  complaints& wrong_;
  mutable std::mutex lock_;  // guards what follows; a leaf
  std::condition_variable changed_;
  std::deque<lastout::vfs::pid_number> expected_;
  std::unordered_set<lastout::vfs::pid_number> done_elsewhere_;
  bool busy_ = false;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace cli
