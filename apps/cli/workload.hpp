// workload.hpp - N threads that live the life of a machine: processes come and go, and work on the
// tree.
//
// Each worker takes the next runnable process off the run queue, acts as that process for a slice,
// and puts it back or ends it. What it does is mostly reading, of few names often and of most
// rarely (skew.hpp); some of it changes names and contents, in a directory of the worker's own, in
// one that all share, and in the tree.
//
// Lock order     the reaper's and the complaints' locks are leaves; the filesystem is never called
// with one held.
// Who holds references
//                a worker: an external one to the process that it acts as, for the slice. The
//                reaper: none.

#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <vfs/filesystem.hpp>

#include "actor.hpp"
#include "background.hpp"
#include "complaints.hpp"
#include "private_area.hpp"
#include "reaper.hpp"
#include "shared_area.hpp"
#include "skew.hpp"
#include "imported_tree.hpp"

namespace cli {

struct workload_report {
  struct row {
    std::uint64_t done = 0;
    std::uint64_t refused = 0;
  };
  double seconds = 0;
  std::array<row, operations> rows{};
  std::uint64_t done = 0;
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_written = 0;
  std::uint64_t files_compared = 0;
};

class workload {
 public:
  /// `self` makes the directories that the workers need, and is used for nothing else.
  workload(lastout::vfs::filesystem& fs, lastout::vfs::process& self, imported_tree& tree,
           unsigned threads, std::uint64_t seed, complaints& wrong);
  workload(const workload&) = delete;
  workload& operator=(const workload&) = delete;
  ~workload();

  void start();
  /// What has been done so far; while it runs, about so much.
  [[nodiscard]] workload_report so_far() const;
  /// Ends the threads, and every process they made; checks what the workers keep.
  void stop();

 private:
  static constexpr std::uint32_t recent_max = 64;

  struct worker {
    worker(unsigned number, std::uint64_t seed, std::string directory, complaints& wrong)
        : random(seed, number), own(std::move(directory), wrong) {}

    random_source random;
    private_area own;
    operation_tally tally;
    std::vector<std::byte> buffer;
    std::thread thread;
  };

  void run(worker& mine);
  void slice(worker& mine, actor& who);
  void step(worker& mine, actor& who);
  void populate(worker& mine);

  void look_up(worker& mine, actor& who);
  void look_up_absent(worker& mine, actor& who);
  void read_and_compare(worker& mine, actor& who);
  void list(worker& mine, actor& who);
  void follow(worker& mine, actor& who);
  void go_there(worker& mine, actor& who);
  void move_about(worker& mine, actor& who);
  void spoil(worker& mine, actor& who);
  void fork(worker& mine, actor& who);
  void signal_somebody(worker& mine, actor& who);
  void end(actor& who);
  void remount();

  const file_name& some_file(worker& mine) const;
  [[nodiscard]] bool stopping() const noexcept {
    // relaxed: a flag that carries nothing
    return stop_.load(lastout::order::relaxed);
  }
  void complain(actor& who, const char* what, const std::string& path, int error = 0);

  lastout::vfs::filesystem& fs_;
  imported_tree& tree_;
  std::uint64_t seed_;
  complaints& wrong_;
  std::string scratch_;
  skew files_;
  skew paths_;
  skew directories_;
  shared_area shared_;
  shared_area on_mount_;
  operation_tally
      others_;  // the reaper's and the mounting thread's; see operation_tally on who writes
  operation_tally mounting_;
  std::deque<worker> workers_;
  std::array<lastout::atomic<lastout::vfs::pid_number>, recent_max> recent_{};
  lastout::atomic<bool> stop_{false};
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point stopped_;
  std::unique_ptr<reaper> reaper_;
  std::unique_ptr<background> mounts_;
  bool busy_turn_ = false;  // the mounting thread's
};

}  // namespace cli
