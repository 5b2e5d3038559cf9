// vfs_run.cpp - see vfs_run.hpp.

#include "vfs_run.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <lastout/ledger.hpp>
#include <symbols/stack_names.hpp>
#include <vfs/planting.hpp>

#include "interrupt.hpp"
#include "output_file.hpp"
#include "progress_bar.hpp"
#include "run_report.hpp"
#include "terminal.hpp"
#include "units.hpp"
#include "violation_log.hpp"

namespace cli {
namespace {

using lastout::vfs::filesystem;
using lastout::vfs::process;

// What it takes to have one file in the caches: its pages with their buffers, its inode, the names
// above it.
std::uint64_t cached_bytes_of(std::uint64_t file_bytes) {
  constexpr std::uint64_t surroundings = std::uint64_t{64} << 10;
  return file_bytes + file_bytes / 4 + surroundings;
}

std::uint64_t budget_of(const vfs_run_options& asked, const host_tree& host) {
  const host_entry* const largest = host.largest();
  const std::uint64_t least = cached_bytes_of(largest == nullptr ? 0 : largest->size);
  if (!asked.budget_bytes) return std::max(host.file_bytes() / 4, least);
  if (*asked.budget_bytes >= least) return *asked.budget_bytes;
  if (largest == nullptr) {
    throw bad_request(fmt::format("--budget {}: too small for one file; give at least {}",
                                  *asked.budget_bytes, least));
  }
  throw bad_request(
      fmt::format("--budget {}: too small for one file: '{}' has {}; give at least {}",
                  *asked.budget_bytes, largest->path, in_bytes(largest->size), least));
}

void plant(filesystem& fs, process& self, planted bug, complaints& wrong) {
  lastout::vfs::result<void> done;
  switch (bug) {
    case planted::nothing: return;
    case planted::leak: done = lastout::vfs::planting::leak(fs, self, "/"); break;
    case planted::double_put: done = lastout::vfs::planting::double_put(fs, self, "/"); break;
    case planted::touch_after_put:
      done = lastout::vfs::planting::touch_after_put(fs, self, "/");
      break;
    case planted::early_free: done = lastout::vfs::planting::early_free(fs, self, "/"); break;
  }
  // A planted bug may well make its own operation fail: what counts is that the audit finds it.
  if (!done && done.error() != EBADF)
    wrong.add("planting failed", std::generic_category().message(done.error()));
}

void work_a_while(workload& work, const vfs_run_options& asked, filesystem& fs, process& self,
                  complaints& wrong) {
  const auto wanted = std::chrono::duration<double>(asked.seconds);
  const auto start = std::chrono::steady_clock::now();
  progress_bar bar("working ", static_cast<std::uint64_t>(asked.seconds * 1000));
  bool to_plant = asked.plant != planted::nothing;
  work.start();
  while (interrupt::received() == 0) {
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
    if (passed >= wanted) break;
    if (to_plant && passed >= wanted / 4) {
      plant(fs, self, asked.plant, wrong);
      to_plant = false;
    }
    bar.show(static_cast<std::uint64_t>(passed.count() * 1000),
             count_of(work.so_far().done, "operation"));
    std::this_thread::sleep_for(
        std::min<std::chrono::duration<double>>(wanted - passed, std::chrono::milliseconds(20)));
  }
  bar.show(static_cast<std::uint64_t>(asked.seconds * 1000), "stopping");
  work.stop();
}

// Whoever prepares and checks is a process too, but not one that the workers run.
class own_process {
 public:
  explicit own_process(filesystem& fs) : fs_(fs) {
    auto born = fs.spawn(fs.init());
    if (!born) throw std::system_error(born.error(), std::generic_category(), "spawn");
    self_ = *std::move(born);
    while (const auto runnable = fs.next_runnable()) {
    }
  }
  own_process(const own_process&) = delete;
  own_process& operator=(const own_process&) = delete;
  ~own_process() {
    const auto pid = self_->pid();
    fs_.destroy(*self_);
    self_.put();
    static_cast<void>(fs_.wait(fs_.init(), pid));
  }

  [[nodiscard]] process& operator*() const noexcept { return *self_; }

 private:
  filesystem& fs_;
  lastout::external<process> self_;
};

void live(filesystem& fs, host_tree& host, run_report& report, complaints& wrong) {
  const own_process self(fs);
  shrinker shrinking(fs, static_cast<std::size_t>(report.budget_bytes));
  imported_tree tree;
  importer import(fs, *self, host, tree, wrong);
  report.imported = import.run();
  if (interrupt::received() == 0 && report.imported.files == 0 &&
      host.skips()[skipped::unreadable] != 0) {
    throw bad_request(fmt::format("--tree '{}': nothing in '{}' could be read (skipped: {})",
                                  host.root(), host.root(), told(host.skips())));
  }
  if (interrupt::received() == 0) {
    report.lookups = race_lookups(fs, host, tree, report.options.threads, report.options.seed);
  }
  if (interrupt::received() == 0) {
    workload work(fs, *self, tree, report.options.threads, report.options.seed, wrong);
    work_a_while(work, report.options, fs, *self, wrong);
    report.work = work.so_far();
  }
  report.compared_at_end = import.check_again();
  report.shrinking = shrinking.stop();
  report.memory = fs.usage();
}

// On top of what LASTOUT_LEDGER says.
void begin_chaos(std::uint64_t seed) {
  const std::string wrong =
      lastout::ledger::apply(lastout::ledger::settings() + ",chaos=" + std::to_string(seed));
  if (!wrong.empty()) throw bad_request("--chaos: " + wrong);
}

void audit(filesystem& fs, run_report& report) {
  lastout::ledger::settle();
  report.findings = fs.shutdown(std::chrono::seconds(2));
  const std::vector<std::string> found = fs.audit();
  report.findings.insert(report.findings.end(), found.begin(), found.end());
  report.sort_findings();
  report.types = fs.statistics();
}

}  // namespace

int vfs_run(const vfs_run_options& asked) {
  const auto start = std::chrono::steady_clock::now();
  std::optional<output_file> json;
  host_tree host(asked.tree);
  if (!asked.json_path.empty()) json.emplace(asked.json_path);
  interrupt::watch();
  if (asked.chaos_seed) begin_chaos(*asked.chaos_seed);
  {
    const progress_bar bar("looking at the tree", 1);
    host.walk();
  }

  run_report report;
  report.options = asked;
  report.tree_bytes = host.file_bytes();
  report.budget_bytes = budget_of(asked, host);
  complaints wrong;
  lastout::symbols::stack_names names;
  violation_log::open();
  {
    lastout::vfs::options chosen;
    chosen.budget_bytes = static_cast<std::size_t>(report.budget_bytes);
    filesystem fs(chosen);
    if (const auto made = fs.mkfs("disk"); !made)
      wrong.add("mkfs failed", std::generic_category().message(made.error()));
    if (const auto done = fs.mount("disk", "/"); !done)
      wrong.add("mount failed", std::generic_category().message(done.error()));
    live(fs, host, report, wrong);
    audit(fs, report);
  }
  report.skips = host.skips();
  report.wrong = wrong.all();
  report.violation_count = violation_log::count();
  report.violations = violation_log::told(names);
  report.interrupted_by = interrupt::received();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

  if (json) {
    if (const int error = json->write(as_json(report)); error != 0) {
      report.not_written = fmt::format("'{}' could not be written: {}", json->path(),
                                       std::generic_category().message(error));
    }
  }
  const int status = report.exit_status();
  const bool good = status != verdict_failed;
  fmt::print(
      "{}{}\n", as_text(report),
      terminal::styled(good ? terminal::style::good : terminal::style::bad, report.verdict()));
  return status;
}

}  // namespace cli
