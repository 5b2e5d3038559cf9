// page.cpp - for each bench a plot; then growth, tail, and every goal with its figures.

#include "page.hpp"

#include <algorithm>
#include <cstdio>

#include "goals.hpp"
#include "plot.hpp"

namespace bench {
namespace {

constexpr const char* style = R"(
body { font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; color: #1f2328; background: #fff;
       max-width: 960px; margin: 32px auto; padding: 0 20px; }
h1 { font-size: 24px; } h2 { font-size: 18px; margin-top: 40px; }
p, li { max-width: 46em; } svg { max-width: 100%; height: auto; }
svg text { font: 13px system-ui, "DejaVu Sans", sans-serif; fill: #1f2328; }
svg text.label, svg text.figure { text-anchor: end; } svg text.tick { text-anchor: middle; }
svg text.note, svg text.tick { font-size: 12px; fill: #59636e; }
svg text.ours { fill: #b42a0c; font-weight: 600; } svg text.limit { fill: #59636e; }
.grid { stroke: #e4e7eb; } .mark { stroke: #59636e; stroke-dasharray: 4 3; }
.band { fill: #f6f8fa; } .thin { stroke-width: 1.5; }
.limit { stroke: #59636e; } .ours { stroke: #d1400f; } .peer { stroke: #1b6ac9; }
.peer.second { stroke: #0f7b6c; } .plain { stroke: #59636e; } svg text { stroke: none !important; }
.full.limit, .full.plain { fill: #59636e; } .full.ours { fill: #d1400f; }
.full.peer { fill: #1b6ac9; } .full.peer.second { fill: #0f7b6c; }
.ring { fill: #fff; stroke-width: 2; } .curve { fill: none; stroke-width: 2; }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 3px 14px 3px 0; border-bottom: 1px solid #e4e7eb; }
td.n, th.n { text-align: right; } .pass { color: #1a7f37; } .fail { color: #c62b20; }
.tie { color: #8a6100; } .fail, .pass, .tie { font-weight: 600; }
)";

std::string tag(const std::string& name, const std::string& inside) {
  return "<" + name + ">" + inside + "</" + name.substr(0, name.find(' ')) + ">\n";
}

std::vector<std::string> benches_of(const rows& all) {
  std::vector<std::string> out;
  for (const auto& each : all) {
    if (std::find(out.begin(), out.end(), each->bench) == out.end()) out.push_back(each->bench);
  }
  return out;
}

std::vector<condition> conditions_of(const rows& all) {
  std::vector<condition> out;
  for (const auto& each : all) {
    if (std::find(out.begin(), out.end(), each->when) == out.end()) out.push_back(each->when);
  }
  return out;
}

std::string plot_of(const rows& all, const std::string& bench) {
  dot_plot out;
  const std::vector<condition> conditions = conditions_of(all);
  for (const condition& when : conditions) {
    out.series.push_back(std::to_string(when.threads) +
                         (when.threads == 1 ? " thread" : " threads"));
  }
  for (const auto& first : all) {
    if (first->bench != bench || first->when != conditions.front()) continue;
    dot_plot::line line{.label = first->what.name, .who = first->what.who, .dots = {}};
    for (const condition& when : conditions) {
      const row* const cell = find(all, bench, when, first->what.name);
      line.dots.push_back(cell == nullptr ? std::nullopt : std::optional(cell->result()));
    }
    out.lines.push_back(std::move(line));
    if (out.marks.empty() && first->what.who == role::limit) {
      out.marks.push_back(
          {median(*first), bench.ends_with(read_only) ? "limit" : "limit, read-only"});
    }
  }
  return draw(out);
}

std::string plot_of(const std::vector<growth_row>& all) {
  curve_plot out{.along = "entries", .curves = {}};
  for (const growth_row& each : all) {
    auto at = std::find_if(out.curves.begin(), out.curves.end(),
                           [&each](const auto& curve) { return curve.label == each.subject; });
    if (at == out.curves.end()) {
      out.curves.push_back({.label = each.subject, .who = each.who, .points = {}});
      at = out.curves.end() - 1;
    }
    at->points.emplace_back(static_cast<double>(each.entries), each.ns);
  }
  return draw(out);
}

std::string plot_of(const std::vector<tail_row>& all, const std::string& operation) {
  dot_plot out{.series = {"p50", "p99", "p99.9", "max"}, .lines = {}, .marks = {}};
  for (const tail_row& each : all) {
    if (each.operation != operation) continue;
    dot_plot::line line{.label = each.subject, .who = each.who, .dots = {}};
    for (const double value : {each.p50, each.p99, each.p999, each.max}) {
      line.dots.push_back(spread{.median = value, .p10 = value, .p90 = value});
    }
    out.lines.push_back(std::move(line));
  }
  return draw(out);
}

std::string two_digits(double value) {
  char out[32];
  std::snprintf(out, sizeof out, "%.2f", value);
  return out;
}

std::string goals_of(const rows& all) {
  std::string lines =
      tag("tr", tag("th", "") + tag("th", "goal") + tag("th", "bench") + tag("th", "threads") +
                    tag("th", "ours") + tag("th class=\"n\"", "ratio") +
                    tag("th class=\"n\"", "at most") + tag("th", "of"));
  for (const auto& each : all) {
    for (const goal& of : each->goals) {
      const std::string outcome = name(of.outcome);
      lines += tag(
          "tr", tag("td class=\"" + outcome + "\"", outcome) + tag("td", of.text) +
                    tag("td", each->bench) + tag("td", std::to_string(each->when.threads)) +
                    tag("td", escaped(each->what.name)) +
                    tag("td class=\"n\"", two_digits(of.ratio)) +
                    tag("td class=\"n\"", two_digits(of.bound)) + tag("td", escaped(of.against)));
    }
  }
  return tag("table", lines);
}

std::string introduction(const findings& found) {
  return tag("p",
             "What it costs to find an object by its id, take a reference, look at the object "
             "and put the reference: nanoseconds for one operation by one thread. " +
                 figure(static_cast<double>(found.objects)) +
                 " ids, objects of 64 bytes. Rows of one run only compare.") +
         tag("p", "Dots are medians of " + std::to_string(found.repeats) +
                      " turns, the turns of all rows interleaved; whiskers go from p10 to p90. The "
                      "limit is one open-addressing probe on huge pages, get_not_zero and put; it "
                      "can only be read.") +
         tag("p", std::to_string(found.processors) + " processors, load " + two_digits(found.load) +
                      ", compiler " + escaped(found.compiler) + ".");
}

}  // namespace

std::string page_of(const findings& found) {
  std::string body = tag("h1", "Lastout: the registry, the limit and the peers");
  body += introduction(found);
  for (const std::string& bench : benches_of(found.rows)) {
    body += tag("h2", escaped(bench)) + plot_of(found.rows, bench);
  }
  if (!found.growth.empty()) {
    body += tag("h2", "growth, uniform, read-only, 1 thread");
    body += tag("p",
                "Tables that have grown by themselves, entry by entry; the limit is made for "
                "each size.");
    body += plot_of(found.growth);
  }
  if (!found.tail.empty()) {
    body += tag("h2", "tail: find, while another thread inserts") + plot_of(found.tail, "find");
    body += tag("h2", "tail: insert, from 0 to " + figure(static_cast<double>(found.objects)));
    body += plot_of(found.tail, "insert");
    body += tag("p",
                "\"The clock alone\" is an operation that does nothing, timed 16 times as "
                "often: what the clock and the machine add. Its max is the machine's.");
  }
  if (!found.rows.empty()) body += tag("h2", "Goals") + goals_of(found.rows);
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width\">\n"
         "<title>Lastout: registry</title>\n<style>" +
         std::string(style) + "</style>\n</head>\n<body>\n" + body + "</body>\n</html>";
}

}  // namespace bench
