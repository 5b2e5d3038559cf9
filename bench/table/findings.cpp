// findings.cpp - a run for people and for programs.

#include "findings.hpp"

#include <sys/single_threaded.h>

#include <cstdio>
#include <cstdlib>

#include <nlohmann/json.hpp>

namespace bench {

void begin(findings& of, const settings& wanted) {
  of.processors = processors();
  of.compiler = __VERSION__;
  of.objects = wanted.objects;
  of.repeats = wanted.repeats;
  of.began = std::chrono::steady_clock::now();
}

void end(findings& of) {
  if (getloadavg(&of.load, 1) != 1) of.load = 0;
  of.took_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - of.began).count();
}

void print_all_but_rows(const findings& of, const settings& wanted) {
  std::printf("%zu rows, %u repeats each, %llu ids, in %.0f s; %u processors, load %.1f;",
              of.rows.size(), of.repeats, static_cast<unsigned long long>(of.objects), of.took_s,
              of.processors, of.load);
  std::printf(" compiler %s\n", of.compiler.c_str());
  if (wanted.threads_max > of.processors) {
    std::printf(
        "more threads than processors: those rows tell how they take turns, not what they cost\n");
  }
  print(of.growth);
  print(of.tail);
}

nlohmann::ordered_json as_json(const findings& found) {
  nlohmann::ordered_json out = {
      {"machine",
       {{"processors", found.processors}, {"load", found.load}, {"compiler", found.compiler}}},
      {"objects", found.objects},
      {"rows", as_json(found.rows)},
      {"growth", nlohmann::ordered_json::array()},
      {"tail", nlohmann::ordered_json::array()}};
  for (const growth_row& each : found.growth) {
    out["growth"].push_back(
        {{"entries", each.entries},
         {"subject", each.subject},
         {"role", name(each.who)},
         {"ns_per_op", {{"median", each.ns.median}, {"p10", each.ns.p10}, {"p90", each.ns.p90}}},
         {"ratio_to_limit", each.ratio_to_limit}});
  }
  for (const tail_row& each : found.tail) {
    out["tail"].push_back(
        {{"operation", each.operation},
         {"subject", each.subject},
         {"role", name(each.who)},
         {"operations", each.count},
         {"ns", {{"p50", each.p50}, {"p99", each.p99}, {"p99.9", each.p999}, {"max", each.max}}}});
  }
  return out;
}

int conclude(const findings& of, const nlohmann::ordered_json& json, const std::string& page,
             const settings& wanted) {
  if (__libc_single_threaded) {
    std::fprintf(stderr,
                 "the process counts as single-threaded: shared_ptr would not use atomics\n");
    return 1;
  }
  const bool reached = print(of.rows);
  if (!wanted.json.empty() && !write_whole(json.dump(2), wanted.json)) return 1;
  if (!wanted.page.empty() && !write_whole(page, wanted.page)) return 1;
  return wanted.check && !reached ? 1 : 0;
}

}  // namespace bench
