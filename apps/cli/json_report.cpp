// json_report.cpp - the report as a program reads it.

#include <nlohmann/json.hpp>

#include "run_report.hpp"

namespace cli {
namespace {

using json = nlohmann::ordered_json;

json of_types(const run_report& report) {
  json out = json::array();
  for (const lastout::vfs::type_statistics& each : report.types) {
    out.push_back({{"type", each.type},
                   {"born", each.born},
                   {"freed", each.freed},
                   {"alive", each.alive},
                   {"peak", each.peak},
                   {"gets", each.got},
                   {"puts", each.put},
                   {"refused", each.refused},
                   {"resurrected", each.resurrected},
                   {"evicted", each.evicted}});
  }
  return out;
}

json of_operations(const run_report& report) {
  json out = json::array();
  for (std::size_t i = 0; i < operations; ++i) {
    const workload_report::row& row = report.work.rows[i];
    if (row.done == 0) continue;
    out.push_back(
        {{"operation", name(static_cast<operation>(i))},
         {"done", row.done},
         {"ended_with_errno", row.refused},
         {"per_second",
          report.work.seconds > 0 ? static_cast<double>(row.done) / report.work.seconds : 0.0}});
  }
  return out;
}

json of_skips(const run_report& report) {
  json out = json::object();
  for (const auto& [why, n] : report.skips) out[name(why)] = n;
  return out;
}

json of_wrong(const run_report& report) {
  json out = json::array();
  for (const auto& [what, kind] : report.wrong)
    out.push_back({{"what", what}, {"times", kind.count}, {"first", kind.first}});
  return out;
}

}  // namespace

std::string as_json(const run_report& report) {
  const import_report& in = report.imported;
  json out;
  out["lastout"] = LASTOUT_VERSION;
  out["verdict"] = report.failures().empty() ? "ok" : "failed";
  out["failures"] = report.failures();
  out["interrupted_by_signal"] = report.interrupted_by;
  out["seconds"] = report.seconds;
  out["options"] = {{"tree", report.options.tree},       {"threads", report.options.threads},
                    {"seconds", report.options.seconds}, {"budget_bytes", report.budget_bytes},
                    {"seed", report.options.seed},       {"plant", name(report.options.plant)}};
  if (report.options.chaos_seed) out["options"]["chaos"] = *report.options.chaos_seed;
  out["import"] = {{"files", in.files},
                   {"directories", in.directories},
                   {"symlinks", in.symlinks},
                   {"hard_links", in.hard_links},
                   {"bytes", in.bytes},
                   {"bytes_compared", in.bytes_checked},
                   {"copy_seconds", in.copy_seconds},
                   {"compare_seconds", in.check_seconds},
                   {"skipped", of_skips(report)}};
  out["lookups"] = {{"paths", report.lookups.paths},
                    {"turns", report.lookups.turns},
                    {"per_second", report.lookups.ours_per_second},
                    {"kernel_stat_per_second", report.lookups.kernel_per_second},
                    {"ratio", report.lookups.ratio()},
                    {"found_part", report.lookups.ours_hit_part}};
  out["work"] = {{"seconds", report.work.seconds},
                 {"operations", of_operations(report)},
                 {"bytes_read", report.work.bytes_read},
                 {"bytes_written", report.work.bytes_written},
                 {"files_compared", report.work.files_compared}};
  out["objects"] = of_types(report);
  out["memory"] = {{"cached_bytes_peak", report.memory.cached_peak},
                   {"shrinks", report.shrinking.shrinks},
                   {"above_budget_in_use_bytes_max", report.shrinking.left_over_bytes_max}};
  out["audit"] = {{"names_compared", report.compared_at_end},
                  {"violation_count", report.violation_count},
                  {"violations", report.violations},
                  {"findings_total", report.findings_total()},
                  {"findings", report.findings},
                  {"wrong", of_wrong(report)}};
  // Names on the host may be any bytes: what is no UTF-8 is told with the replacement character.
  return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace cli
