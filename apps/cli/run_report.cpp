// run_report.cpp - the verdict.

#include "run_report.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "units.hpp"

namespace cli {

namespace {

// One line about a violation: its first line, and the innermost place that is not the library's
// own.
std::string in_one_line(const std::string& violation) {
  constexpr std::string_view library = "  include/lastout/";
  std::string first = violation.substr(0, violation.find('\n'));
  for (std::size_t at = first.size(); at < violation.size();) {
    const std::size_t end = std::min(violation.find('\n', at + 1), violation.size());
    const std::string line =
        violation.substr(at + 3, end - at - 3);  // without the line feed and the indent
    if (line.find(library) == std::string::npos) return first.append(" by ").append(line);
    at = end;
  }
  return first;
}

std::string shortened(const std::string& text) {
  constexpr std::size_t longest = 400;
  return text.size() <= longest ? text : text.substr(0, longest) + " ...";
}

// How many findings one of them stands for: "inode never freed: 17 more" for 17.
std::uint64_t stands_for(std::string_view finding) {
  constexpr std::string_view before = " never freed: ";
  constexpr std::string_view after = " more";
  const std::size_t at = finding.find(before);
  if (at == std::string_view::npos || !finding.ends_with(after)) return 1;
  const std::size_t begin = at + before.size();
  if (begin + after.size() > finding.size()) return 1;
  return parse_number(finding.substr(begin, finding.size() - after.size() - begin)).value_or(1);
}

// The cause before what follows from it.
constexpr int rank_max = 6;

int rank(std::string_view finding) {
  if (finding.starts_with("violation")) return 0;
  if (finding.find("written to after") != std::string_view::npos) return 1;
  if (finding.find("opened by") != std::string_view::npos) return 2;
  if (finding.starts_with("process never freed")) return 3;
  if (finding.starts_with("mount never freed") || finding.starts_with("superblock never freed"))
    return 4;
  if (finding.find("never freed") == std::string_view::npos) return 5;
  return rank_max;
}

}  // namespace

void run_report::sort_findings() {
  std::vector<std::string> sorted;
  for (int wanted = 0; wanted <= rank_max; ++wanted) {
    for (const std::string& each : findings) {
      if (rank(each) == wanted) sorted.push_back(each);
    }
  }
  findings = std::move(sorted);
}

std::uint64_t run_report::findings_total() const {
  std::uint64_t violations_found = 0;
  std::uint64_t others = 0;
  for (const std::string& each : findings) {
    if (rank(each) == 0) {
      ++violations_found;
    } else {
      others += stands_for(each);
    }
  }
  return others + std::max(violations_found, violation_count);
}

std::vector<std::string> run_report::failures() const {
  std::vector<std::string> out;
  if (violation_count != 0) {
    const std::string number = count_of(violation_count, "violation");
    out.push_back(violations.empty()
                      ? number
                      : fmt::format("{}: {}", number, in_one_line(violations.front())));
  }
  // What the log of violations tells already is not told twice.
  const auto told = [this](const std::string& finding) {
    return violation_count != 0 && rank(finding) == 0;
  };
  const auto first = std::find_if_not(findings.begin(), findings.end(), told);
  if (first != findings.end()) {
    std::uint64_t number = 0;
    for (auto each = first; each != findings.end(); ++each) number += stands_for(*each);
    out.push_back(fmt::format("{}: {}", count_of(number, "finding"), shortened(*first)));
  }
  for (const auto& [what, kind] : wrong) {
    out.push_back(kind.count == 1 ? what
                                  : fmt::format("{} ({} times)", what, with_thousands(kind.count)));
  }
  if (!not_written.empty()) out.push_back(not_written);
  return out;
}

std::string run_report::verdict() const {
  const std::vector<std::string> failed = failures();
  const std::string early =
      interrupted_by == 0 ? "" : fmt::format(" (interrupted after {:.1f} s)", seconds);
  // An empty tree is a tree; that there was little to check is worth a word.
  const bool none = interrupted_by == 0 && imported.files == 0;
  if (failed.empty()) return "verdict: ok" + early + (none ? " (no file in the tree)" : "");
  std::string out = "verdict: failed: ";
  for (const std::string& each : failed) out += (&each == &failed.front() ? "" : "; ") + each;
  return out + early;
}

int run_report::exit_status() const {
  if (!failures().empty()) return verdict_failed;
  return interrupted_by == 0 ? verdict_ok : 128 + interrupted_by;
}

}  // namespace cli
