// run_report.hpp - everything that is known about one run, and the verdict that follows from it.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <vfs/filesystem.hpp>

#include "complaints.hpp"
#include "host_tree.hpp"
#include "importer.hpp"
#include "lookup_race.hpp"
#include "shrinker.hpp"
#include "vfs_run_options.hpp"
#include "workload.hpp"

namespace cli {

struct run_report {
  vfs_run_options options;
  std::uint64_t budget_bytes = 0;
  std::uint64_t tree_bytes = 0;
  import_report imported;
  std::map<skipped, std::uint64_t> skips;
  lookup_report lookups;
  workload_report work;
  shrinker::report shrinking;
  lastout::vfs::memory_use memory;
  std::vector<lastout::vfs::type_statistics> types;
  std::uint64_t compared_at_end = 0;
  std::map<std::string, complaints::kind> wrong;  // what the importer and the workers saw
  std::vector<std::string> findings;              // what the audit saw
  std::vector<std::string> violations;            // with their stacks
  std::uint64_t violation_count = 0;
  int interrupted_by = 0;   // a signal, or 0
  double seconds = 0;       // from start to verdict
  std::string not_written;  // why there is no JSON

  /// Puts the causes before what follows from them.
  void sort_findings();
  /// How many findings there are, with those that are only counted in `findings` or not in it.
  [[nodiscard]] std::uint64_t findings_total() const;
  /// What failed, in a few words each; empty when all is well.
  [[nodiscard]] std::vector<std::string> failures() const;
  /// "verdict: ok", or "verdict: failed: ...".
  [[nodiscard]] std::string verdict() const;
  [[nodiscard]] int exit_status() const;
};

/// For a person, without the verdict.
std::string as_text(const run_report& report);

/// For a program.
std::string as_json(const run_report& report);

}  // namespace cli
