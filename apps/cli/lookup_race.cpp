// lookup_race.cpp - see lookup_race.hpp.

#include "lookup_race.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <thread>
#include <vector>

#include <lastout/atomic.hpp>

#include "interrupt.hpp"
#include "progress_bar.hpp"
#include "thread_start.hpp"

namespace cli {
namespace {

constexpr unsigned turns = 5;
constexpr auto turn_length = std::chrono::milliseconds(120);

struct turn {
  std::uint64_t found = 0;
  std::uint64_t done = 0;
  double seconds = 0;
};

// look_up(thread, path) says whether it was found.
template <class LookUp>
turn take_turn(const imported_tree& tree, const skew& choice, unsigned threads, std::uint64_t seed,
               LookUp look_up) {
  lastout::atomic<bool> stop{false};
  std::vector<turn> by_thread(threads);
  std::vector<std::thread> running;
  running.reserve(threads);
  const auto end = [&] {
    stop.store(true, lastout::order::relaxed);  // relaxed: a flag that carries nothing
    for (std::thread& each : running) each.join();
  };
  const auto begin = [&](unsigned number) {
    running.push_back(start_worker(threads, number, [&, number] {
      random_source random(seed, number);
      turn mine;
      const auto start = std::chrono::steady_clock::now();
      while (!stop.load(lastout::order::relaxed)) {  // relaxed: a flag that carries nothing
        for (int i = 0; i < 64; ++i)
          mine.found += look_up(number, *tree.paths[choice.choose(random)]) ? 1 : 0;
        mine.done += 64;
      }
      mine.seconds =
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      by_thread[number] = mine;
    }));
  };
  try {
    for (unsigned number = 0; number < threads; ++number) begin(number);
  } catch (...) {
    end();
    throw;
  }
  std::this_thread::sleep_for(turn_length);
  end();
  turn all;
  for (const turn& each : by_thread) {
    all.found += each.found;
    all.done += each.done;
    all.seconds += each.seconds / threads;
  }
  return all;
}

// The processes that the threads look up as.
class lookers {
 public:
  lookers(lastout::vfs::filesystem& fs, unsigned wanted) : fs_(fs) {
    selves_.reserve(wanted);
    while (selves_.size() < wanted) {
      auto self = fs.spawn(fs.init());
      if (!self) break;
      selves_.push_back(std::move(*self));
    }
  }
  lookers(const lookers&) = delete;
  lookers& operator=(const lookers&) = delete;
  ~lookers() {
    for (auto& self : selves_) {
      const auto pid = self->pid();
      fs_.destroy(*self);
      self.put();
      static_cast<void>(fs_.wait(fs_.init(), pid));
    }
    while (fs_.next_runnable()) {  // ours were on the run queue too
    }
  }

  [[nodiscard]] std::size_t size() const noexcept { return selves_.size(); }
  [[nodiscard]] lastout::vfs::process& operator[](unsigned number) const noexcept {
    return *selves_[number];
  }

 private:
  lastout::vfs::filesystem& fs_;
  std::vector<lastout::external<lastout::vfs::process>> selves_;
};

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

lookup_report race_lookups(lastout::vfs::filesystem& fs, const host_tree& host,
                           const imported_tree& tree, unsigned threads, std::uint64_t seed) {
  lookup_report out;
  out.paths = tree.paths.size();
  if (tree.paths.empty()) return out;
  const skew choice(tree.paths.size(), seed);
  const lookers selves(fs, threads);

  const auto ours = [&](unsigned number, const std::string& path) {
    return static_cast<bool>(fs.stat(selves[number], path));
  };
  const auto kernel = [&](unsigned, const std::string& path) {
    struct stat about{};
    return ::fstatat(host.root_fd(), path.c_str() + 1, &about, 0) ==
           0;  // from the root of the tree, as ours
  };
  if (selves.size() == threads) {
    for (const std::string* path : tree.paths) {
      static_cast<void>(ours(0, *path));
      static_cast<void>(kernel(0, *path));
    }
    progress_bar bar("looking up", turns);
    std::vector<double> ours_rates;
    std::vector<double> kernel_rates;
    turn all;
    for (unsigned i = 0; i < turns && interrupt::received() == 0; ++i) {
      const turn one = take_turn(tree, choice, threads, seed + i, ours);
      const turn other = take_turn(tree, choice, threads, seed + i, kernel);
      ours_rates.push_back(static_cast<double>(one.done) / one.seconds);
      kernel_rates.push_back(static_cast<double>(other.done) / other.seconds);
      all.found += one.found;
      all.done += one.done;
      bar.show(++out.turns);
    }
    out.ours_per_second = median(ours_rates);
    out.kernel_per_second = median(kernel_rates);
    out.ours_hit_part =
        all.done == 0 ? 0 : static_cast<double>(all.found) / static_cast<double>(all.done);
  }
  return out;
}

}  // namespace cli
