// page_parts.cpp - one style, one kind of plot for rows, growth and tail.

#include "page_parts.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <utility>

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

std::vector<condition> conditions_of(const rows& all) {
  std::vector<condition> out;
  for (const auto& each : all) {
    if (std::find(out.begin(), out.end(), each->when) == out.end()) out.push_back(each->when);
  }
  return out;
}

}  // namespace

std::string tag(const std::string& name, const std::string& inside) {
  return "<" + name + ">" + inside + "</" + name.substr(0, name.find(' ')) + ">\n";
}

std::string two_digits(double value) {
  char out[32];
  std::snprintf(out, sizeof out, "%.2f", value);
  return out;
}

std::vector<std::string> benches_of(const rows& all) {
  std::vector<std::string> out;
  for (const auto& each : all) {
    if (std::find(out.begin(), out.end(), each->bench) == out.end()) out.push_back(each->bench);
  }
  return out;
}

std::string plot_of(const rows& all, const std::string& bench, const std::string& mark) {
  dot_plot out;
  const std::vector<condition> conditions = conditions_of(all);
  for (const condition& when : conditions) {
    out.series.push_back(std::to_string(when.threads) +
                         (when.threads == 1 ? " thread" : " threads"));
  }
  for (const auto& first : all) {
    if (first->bench != bench || first->when != conditions.front()) continue;
    std::string label = first->what.name;
    if (first->hit_ratio) label += ", " + two_digits(100 * *first->hit_ratio) + " %";
    dot_plot::line line{.label = std::move(label), .who = first->what.who, .dots = {}};
    for (const condition& when : conditions) {
      const row* const cell = find(all, bench, when, first->what.name);
      line.dots.push_back(cell == nullptr ? std::nullopt : std::optional(cell->result()));
    }
    out.lines.push_back(std::move(line));
    if (out.marks.empty() && first->what.who == role::limit) {
      out.marks.push_back({median(*first), mark});
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

std::string reading_help(const findings& found) {
  return tag("p", "Dots are medians of " + std::to_string(found.repeats) +
                      " turns, the turns of all rows interleaved; whiskers go from p10 to p90. The "
                      "limit is one open-addressing probe on huge pages, get_not_zero and put; it "
                      "can only be read.") +
         tag("p", std::to_string(found.processors) + " processors, load " + two_digits(found.load) +
                      ", compiler " + escaped(found.compiler) + ".");
}

std::string clock_help() {
  return tag("p",
             "\"The clock alone\" is an operation that does nothing, timed 16 times as "
             "often: what the clock and the machine add. Its max is the machine's.");
}

std::string document(const std::string& title, const std::string& body) {
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width\">\n<title>" +
         escaped(title) + "</title>\n<style>" + std::string(style) + "</style>\n</head>\n<body>\n" +
         tag("h1", escaped(title)) + body + "</body>\n</html>";
}

}  // namespace bench
