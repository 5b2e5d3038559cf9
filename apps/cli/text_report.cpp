// text_report.cpp - the report as a person reads it.

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "run_report.hpp"
#include "table.hpp"
#include "terminal.hpp"
#include "units.hpp"

namespace cli {
namespace {

using terminal::style;
using terminal::styled;

std::string per_second(double n, double seconds) {
  return seconds > 0 ? with_thousands(static_cast<std::uint64_t>(n / seconds)) : "-";
}

std::string rate(double per_second) {
  return with_thousands(static_cast<std::uint64_t>(per_second));
}

// As a shell takes it for one word.
std::string in_quotes(std::string_view text) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+=:,@%";
  if (!text.empty() && text.find_first_not_of(plain) == std::string_view::npos)
    return std::string(text);
  std::string out = "'";
  for (const char each : text) {
    if (each == '\'') {
      out += "'\\''";
    } else {
      out += each;
    }
  }
  return out + "'";
}

std::string command_line(const run_report& report) {
  const vfs_run_options& asked = report.options;
  // --tree=DIR: a name may begin with a dash
  std::string out = fmt::format(
      "lastout vfs run --tree={} --seed {} --threads {} --seconds {} --budget {}",
      in_quotes(asked.tree), asked.seed, asked.threads, asked.seconds, report.budget_bytes);
  if (asked.plant != planted::nothing) out += fmt::format(" --plant {}", name(asked.plant));
  if (asked.chaos_seed) out += fmt::format(" --chaos {}", *asked.chaos_seed);
  if (!asked.json_path.empty()) out += fmt::format(" --json={}", in_quotes(asked.json_path));
  return out;
}

std::string head(std::string_view title) { return "\n" + styled(style::bold, title) + "\n"; }

std::string of_import(const run_report& report) {
  const import_report& in = report.imported;
  std::string out = head("Tree");
  out += fmt::format("  imported    {} in {}, {}, {}: {} in {:.2f} s\n", count_of(in.files, "file"),
                     count_of(in.directories, "directory", "directories"),
                     count_of(in.symlinks, "symlink"), count_of(in.hard_links, "hard link"),
                     in_bytes(in.bytes), in.copy_seconds);
  out += fmt::format("  compared    {}, byte by byte with the host's, in {:.2f} s\n",
                     in_bytes(in.bytes_checked), in.check_seconds);
  out += fmt::format("  skipped     {}\n", told(report.skips));
  return out;
}

std::string of_lookups(const run_report& report) {
  const lookup_report& race = report.lookups;
  std::string out = head("Path look-up");
  if (race.turns == 0) return out + "  not measured\n";
  table rows({"", "per second", "ns each"});
  const auto row = [&](const char* who, double per_second) {
    rows.add(
        {who, rate(per_second), fmt::format("{:.0f}", 1e9 * report.options.threads / per_second)});
  };
  row("this filesystem", race.ours_per_second);
  row("kernel, stat(2)", race.kernel_per_second);
  out += rows.text();
  out += fmt::format(
      "  {:.2f} times the kernel's rate: {}, the same {} for both, {:.1f} % found, median of {} "
      "turns each\n",
      race.ratio(), count_of(report.options.threads, "thread"), count_of(race.paths, "path"),
      100 * race.ours_hit_part, race.turns);
  return out;
}

std::string of_work(const run_report& report) {
  const workload_report& work = report.work;
  std::string out = head("Work");
  if (work.done == 0) return out + "  none\n";
  out += fmt::format("  {} by {} in {:.1f} s: {} read, {} written, {} compared\n",
                     count_of(work.done, "operation"), count_of(report.options.threads, "thread"),
                     work.seconds, in_bytes(work.bytes_read), in_bytes(work.bytes_written),
                     count_of(work.files_compared, "file"));
  table rows({"operation", "done", "per second", "ended with errno"});
  for (std::size_t i = 0; i < operations; ++i) {
    const workload_report::row& row = work.rows[i];
    if (row.done == 0) continue;
    rows.add({name(static_cast<operation>(i)), with_thousands(row.done),
              per_second(static_cast<double>(row.done), work.seconds),
              with_thousands(row.refused)});
  }
  return out + rows.text();
}

std::string of_objects(const run_report& report) {
  std::string out = head("Objects");
  table rows({"type", "born", "freed", "alive", "peak", "gets", "puts", "refused", "resurrected",
              "evicted"});
  for (const lastout::vfs::type_statistics& each : report.types) {
    rows.add({each.type, with_thousands(each.born), with_thousands(each.freed),
              with_thousands(each.alive), with_thousands(each.peak), with_thousands(each.got),
              with_thousands(each.put), with_thousands(each.refused),
              with_thousands(each.resurrected), with_thousands(each.evicted)});
  }
  out += rows.text();
  out +=
      fmt::format("  cached: {} at most, budget {}; shrunk {}", in_bytes(report.memory.cached_peak),
                  in_bytes(report.budget_bytes), count_of(report.shrinking.shrinks, "time"));
  if (report.shrinking.left_over_bytes_max != 0) {
    out += fmt::format(", {} above it in use at worst",
                       in_bytes(report.shrinking.left_over_bytes_max));
  }
  if (report.memory.cached_peak > report.budget_bytes) out += " (what is in use is never evicted)";
  return out + "\n";
}

std::string indented(const std::string& text) {
  std::string out = "  ";
  for (const char each : text) {
    out += each;
    if (each == '\n') out += "  ";
  }
  return out + "\n";
}

std::string of_audit(const run_report& report) {
  std::string out = head("Audit");
  out += fmt::format("  {} that nobody changed compared with the host's again\n",
                     count_of(report.compared_at_end, "name"));
  if (report.failures().empty())
    return out + "  every object freed exactly once, every count zero, no violation\n";
  for (const std::string& each : report.violations) out += indented(each);
  if (report.violation_count > report.violations.size()) {
    out += fmt::format("  and {}\n", count_of(report.violation_count - report.violations.size(),
                                              "more violation"));
  }
  constexpr std::size_t told_max = 16;
  std::size_t told = 0;
  std::size_t listed = 0;
  for (const std::string& each : report.findings) {
    // Told above, with a legible stack.
    if (!report.violations.empty() && each.starts_with("violation ")) continue;
    ++listed;
    if (told == told_max) continue;
    ++told;
    out += indented(each);
  }
  if (told < listed) {
    out += fmt::format("  and {} (of {} in all; --json tells up to 20 of each type)\n",
                       count_of(listed - told, "more line"),
                       count_of(report.findings_total(), "finding"));
  }
  for (const auto& [what, kind] : report.wrong) {
    out += fmt::format("  {} ({})\n", what, count_of(kind.count, "time"));
    for (const std::string& each : kind.first) out += indented("  " + each);
  }
  return out;
}

}  // namespace

std::string as_text(const run_report& report) {
  const vfs_run_options& asked = report.options;
  std::string out = fmt::format(
      "{} {}, {} in {}\n", styled(style::bold, "lastout " LASTOUT_VERSION " on"), asked.tree,
      count_of(asked.threads, "thread"), fmt::format("{:.1f} s", report.seconds));
  out += fmt::format("repeat with: {}\n", command_line(report));
  return out + of_import(report) + of_lookups(report) + of_work(report) + of_objects(report) +
         of_audit(report) + "\n";
}

}  // namespace cli
