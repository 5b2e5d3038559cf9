// edge_tables.hpp - docs/edges.md: what is walked, what each order is missed by, who breaks each rule.
// Written by this program, and compared with what it finds.

#pragma once

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edges/orders_in.hpp"
#include "edges/scenario.hpp"

namespace edges {

namespace fs = std::filesystem;

inline fs::path root() { return fs::path(__FILE__).parent_path() / ".." / ".."; }
inline fs::path document() { return root() / "docs" / "edges.md"; }

inline std::string text_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

using row = std::vector<std::string>;

/// "| a | b |" as a row; empty when the line is none.
inline row row_of(const std::string& line) {
  row out;
  if (!line.starts_with("| ")) return out;
  std::size_t from = 2;
  for (std::size_t to = line.find(" |", from); to != std::string::npos;
       from = to + 3, to = line.find(" |", from)) {
    out.push_back(line.substr(from, to - from));
    if (to + 2 >= line.size()) break;
  }
  return out;
}
inline std::string line_of(const row& cells) {
  std::string out = "|";
  for (const std::string& each : cells) out += " " + each + " |";
  return out + "\n";
}

/// The rows of the table under a heading, without its own first two lines.
inline std::vector<row> table_of(const std::string& text, const std::string& heading) {
  std::vector<row> out;
  std::istringstream lines(text);
  std::string line;
  while (std::getline(lines, line) && line != "## " + heading) {
  }
  int seen = 0;
  while (std::getline(lines, line) && !line.starts_with("## "))
    if (line.starts_with("|") && ++seen > 2) out.push_back(row_of(line));
  return out;
}

// Orders.

/// One end of an edge: what is dropped.
struct half_order {
  spelled_order at;
  interleave::site::half drop;

  [[nodiscard]] row key() const {
    return {at.header, at.function, "`" + at.operation + "`", at.order,
            drop == interleave::site::half::acquire ? "acquire" : "release"};
  }
  /// For a test's name.
  [[nodiscard]] std::string name() const {
    std::string out;
    for (const std::string& cell : key())
      for (const char c : cell + "_")
        if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_') out += c;
    return out;
  }
  [[nodiscard]] bool is(const interleave::site& s) const {
    return drop == s.drop && s.line >= at.first_line && s.line <= at.last_line &&
           interleave::text(s.order) == at.order && fs::path(s.file).filename() == at.header;
  }
};

/// All that the headers spell.
inline const std::vector<half_order>& all_halves() {
  static const std::vector<half_order> all = [] {
    std::vector<fs::path> headers;
    for (const auto& each : fs::directory_iterator(root() / "include" / "lastout"))
      if (each.path().extension() == ".hpp" && each.path().filename() != "atomic.hpp")
        headers.push_back(each.path());
    std::sort(headers.begin(), headers.end());
    std::vector<half_order> out;
    for (const fs::path& each : headers) {
      for (const spelled_order& s : orders_in::read(each.filename().string(), text_of(each))) {
        if (s.order != "release") out.push_back({s, interleave::site::half::acquire});
        if (s.order != "acquire") out.push_back({s, interleave::site::half::release});
      }
    }
    return out;
  }();
  return all;
}

/// What no scenario misses, and why.
struct exempt {
  const char* header;
  const char* function;
  const char* operation;
  const char* why;
};
inline constexpr exempt exempts[] = {
    {"grace.hpp", "end_read", "reads_ended.fetch_add",
     "in ThreadSanitizer's builds only, which do not see liburcu's barriers"},
    {"grace.hpp", "wait_for_readers", "reads_ended.load", "the same"},
};
inline const char* exempted(const half_order& h) {
  for (const exempt& each : exempts)
    if (h.at.header == each.header && h.at.function == each.function &&
        h.at.operation == each.operation)
      return each.why;
  return nullptr;
}

/// What went wrong, without threads, places and numbers.
inline std::string how(const std::string& message) {
  const std::string line = message.substr(0, message.find('\n'));
  for (const char* kind :
       {"data race", "use after free", "use after destroy", "leak", "freed twice"})
    if (line.starts_with(kind)) return kind;
  return line.substr(0, std::min(line.find(" ("), line.find(" on #")));
}

inline const scenario::entry* scenario_of(const std::string& name) {
  for (const scenario::entry& each : scenario::all())
    if (each.name == name) return &each;
  return nullptr;
}

/// What a dropped order breaks shows early in the walk.
inline constexpr std::size_t some = 20'000;

/// Forgets all sites but those that the scenario comes by.
inline std::vector<interleave::site> know_sites_of(const scenario::entry& in) {
  interleave::forget_sites();
  (void)scenario::walk(in, some);
  return interleave::sites();
}

/// The places of that half order which the scenario comes by.
inline std::vector<interleave::site> places_of(const half_order& h, const scenario::entry& in) {
  static std::map<const scenario::entry*, std::vector<interleave::site>> sites;
  const auto [at, fresh] = sites.try_emplace(&in);
  if (fresh) at->second = know_sites_of(in);
  std::vector<interleave::site> out = at->second;
  std::erase_if(out, [&h](const interleave::site& s) { return !h.is(s); });
  if (!out.empty() && !fresh) (void)know_sites_of(in);
  return out;
}

/// Runs a scenario with half an order dropped.
/// Returns   what went wrong; empty: nothing.
inline std::string without(const std::vector<interleave::site>& dropped,
                           const scenario::entry& in) {
  for (const interleave::site& each : dropped) interleave::weaken(each);
  const interleave::result r = scenario::walk(in, some);
  interleave::strengthen_all();
  return r.failed ? how(r.message) : std::string();
}

/// The row of a half order: as in `hint`, if that is still true; else the first scenario that misses
/// it.
inline row missed_by(const half_order& h, const row& hint) {
  row out = h.key();
  if (const char* why = exempted(h)) {
    out.insert(out.end(), {"nobody", why});
    return out;
  }
  std::vector<const scenario::entry*> order;
  if (hint.size() > 5 && scenario_of(hint[5]) != nullptr) order.push_back(scenario_of(hint[5]));
  for (const scenario::entry& each : scenario::all()) order.push_back(&each);
  for (const scenario::entry* each : order) {
    const std::vector<interleave::site> places = places_of(h, *each);
    if (places.empty()) continue;
    const std::string went = without(places, *each);
    if (went.empty()) continue;
    out.insert(out.end(), {each->name, went});
    return out;
  }
  out.insert(out.end(), {"NOBODY", "-"});
  return out;
}

// Scenarios.

inline std::string extent_text(const scenario::extent& e) {
  if (e.changes_max < 0) return "all";
  std::string out = e.in_order ? "all with memory in order; weak: " : "";
  out += "at most " + std::to_string(e.changes_max) + (e.changes_max == 1 ? " change" : " changes");
  if (e.samples != 0) out += "; and " + std::to_string(e.samples) + " by chance";
  if (e.whole_verified) out += "; [v] all";
  if (e.in_order_verified) out += "; [v] all with memory in order";
  return out;
}
inline row scenario_row(const scenario::entry& e, const scenario::outcome& walked) {
  return {e.protocol, e.name, std::to_string(walked.threads), std::to_string(walked.executions),
          extent_text(e.walked)};
}

// Rules.

/// The number at the start of "rule_17...", or -1.
inline int rule_of(const std::string& name) {
  if (!name.starts_with("rule_") || name.size() < 7) return -1;
  return std::isdigit(static_cast<unsigned char>(name[5])) != 0 ? std::stoi(name.substr(5, 2)) : -1;
}

/// Each rule's number and first sentence, from docs/rules.md.
inline std::map<int, std::string> rules() {
  std::map<int, std::string> out;
  std::istringstream lines(text_of(root() / "docs" / "rules.md"));
  int now = -1;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t dot = line.find(". ");
    const bool begins = !line.empty() && std::isdigit(static_cast<unsigned char>(line[0])) != 0 &&
                        dot != std::string::npos;
    if (begins) {
      now = std::stoi(line);
      out[now] = line.substr(line.find(". ", dot + 1) + 2);
    } else if (now > 0 && line.starts_with("   ")) {
      out[now] += " " + line.substr(line.find_first_not_of(' '));
    } else {
      now = -1;
    }
  }
  for (auto& [number, text] : out)
    if (const std::size_t end = text.find(". "); end != std::string::npos) text.erase(end + 1);
  return out;
}

/// The twins of each rule: "edges/rule_17_test.cpp: twin_with_two_critical_sections_is_caught".
inline std::map<int, std::set<std::string>> twins() {
  std::map<int, std::set<std::string>> out;
  for (const auto& each : fs::recursive_directory_iterator(root() / "tests")) {
    const fs::path& file = each.path();
    const int rule = rule_of(file.stem().string());
    if (rule < 0 || file.extension() != ".cpp") continue;
    const std::string where = file.parent_path().filename().string();
    if (where == "compile") {
      out[rule].insert(where + ": " + file.stem().string());
      continue;
    }
    const std::string text = text_of(file);
    // TEST, TEST_F, TYPED_TEST and the like
    for (std::size_t at = text.find("TEST"); at != std::string::npos;
         at = text.find("TEST", at + 1)) {
      const std::size_t line = text.rfind('\n', at) + 1;
      if (line != at && text.substr(line, at - line) != "TYPED_") continue;
      const std::size_t open = text.find('(', at), comma = text.find(',', at);
      const std::size_t close = text.find(')', at);
      if (comma > close) continue;
      const int of_suite = rule_of(text.substr(open + 1, comma - open - 1));
      std::size_t from = comma + 1;
      while (std::isspace(static_cast<unsigned char>(text[from])) != 0) ++from;
      const std::string name = text.substr(from, close - from);
      if (name.find("twin") == std::string::npos) continue;
      out[of_suite < 0 ? rule : of_suite].insert(where + ": " + name);
    }
  }
  return out;
}

/// The same of all that is called a twin, "(suite, twin...) {", whichever macro declares it: for
/// comparison. Nothing of `compile`.
inline std::map<int, std::set<std::string>> called_twins() {
  std::map<int, std::set<std::string>> out;
  const std::regex called(R"(\((\w+),\s*(twin\w*)\) \{)");
  for (const auto& each : fs::recursive_directory_iterator(root() / "tests")) {
    const fs::path& file = each.path();
    const int rule = rule_of(file.stem().string());
    if (rule < 0 || file.extension() != ".cpp") continue;
    const std::string where = file.parent_path().filename().string();
    const std::string text = text_of(file);
    for (std::sregex_iterator at(text.begin(), text.end(), called), end; at != end; ++at) {
      const int of_suite = rule_of((*at)[1]);
      out[of_suite < 0 ? rule : of_suite].insert(where + ": " + (*at)[2].str());
    }
  }
  return out;
}

inline std::vector<row> rule_rows() {
  std::vector<row> out;
  const auto broken = twins();
  for (const auto& [number, text] : rules()) {
    std::string names;
    if (const auto found = broken.find(number); found != broken.end()) {
      for (const std::string& each : found->second) names += (names.empty() ? "" : "<br>") + each;
    }
    out.push_back({std::to_string(number), text, names.empty() ? "**none**" : names});
  }
  return out;
}

/// The document.
inline std::string written(const std::vector<row>& walked, const std::vector<row>& missed,
                           const std::vector<row>& broken) {
  std::string out = R"(# Every protocol, every edge

Written by `LASTOUT_WRITE_EDGES=1 lastout_edges_tests --gtest_filter='docs*'`; `tests/edges` fails when it is not
what is found. What walks is described in [explore.md](explore.md), what none of this shows in
[limits.md](limits.md).

## Protocols

Each scenario is a small program over the real headers. The last column says which of its interleavings are walked,
with memory as weak as C++20 allows unless it says otherwise. Executions: of those that differ only in the order of
steps that do not touch one another one is walked, and counted. Changes: of thread where the running one could go on,
and old stores read, together; then nothing is left out for being alike. With `LASTOUT_VERIFY=1` (`make verify`) one change more, and what [v] says.
And each, not counted here, with weak exchanges that fail for no reason: memory in order, 5,000 executions at most.

| protocol | scenario | threads | executions | walked |
|---|---|---|---|---|
)";
  for (const row& each : walked) out += line_of(each);
  out += R"(
## Orders

Every order in `include/lastout` that is not relaxed, one end at a time: what is dropped, the scenario that fails then,
and how. A number in brackets: the second such call in its function.

| header | function | operation | order | without | missed by | how |
|---|---|---|---|---|---|---|
)";
  for (const row& each : missed) out += line_of(each);
  out += R"(
## Rules

Each rule of [rules.md](rules.md), and the versions broken on purpose that its tests catch: folder of `tests/`, name. In
`compile` the twin is a program that does not compile.

| rule | says | twins |
|---|---|---|
)";
  for (const row& each : broken) out += line_of(each);
  return out;
}

}  // namespace edges
