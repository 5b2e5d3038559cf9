// plot.cpp - SVG by hand; colours and fonts come from the page's style.

#include "plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdarg>
#include <cstdio>

namespace bench {
namespace {

[[gnu::format(printf, 1, 2)]] std::string format(const char* pattern, ...) {
  std::array<char, 512> out;
  va_list arguments;
  va_start(arguments, pattern);
  std::vsnprintf(out.data(), out.size(), pattern, arguments);
  va_end(arguments);
  return out.data();
}

std::string words(double x, double y, const char* style, const std::string& text) {
  return format("<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">", x, y, style) + escaped(text) +
         "</text>\n";
}

std::string stroke(double x1, double y1, double x2, double y2, const std::string& style) {
  return format("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"%s\"/>\n", x1, y1,
                x2, y2, style.c_str());
}

// One shape for each series: full dot, ring, diamond, bar.
std::string symbol(std::size_t series, double x, double y, const std::string& style) {
  const char* const of = style.c_str();
  switch (series % 4) {
    case 0:
      return format("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" class=\"%s full\"/>\n", x, y, of);
    case 1:
      return format("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" class=\"%s ring\"/>\n", x, y, of);
    case 2:
      return format("<path d=\"M%.1f %.1fl4.5 4.5l-4.5 4.5l-4.5 -4.5z\" class=\"%s ring\"/>\n", x,
                    y - 4.5, of);
    default:
      return format("<rect x=\"%.1f\" y=\"%.1f\" width=\"3\" height=\"10\" class=\"%s full\"/>\n",
                    x - 1.5, y - 5, of);
  }
}

std::string round_figure(double value) {
  return value < 1000 ? format("%g", value) : figure(value);
}

// A logarithmic axis from x1 to x2 for values from low to high.
class log_axis {
 public:
  log_axis(double low, double high, double x1, double x2)
      : low_(low), high_(high), from_(std::log10(low)), x1_(x1), scale_((x2 - x1) / width()) {}

  double at(double value) const {
    return x1_ + (std::log10(std::clamp(value, low_, high_)) - from_) * scale_;
  }

  // 1, 2, 5, 10 ...; only powers of ten when there are many of them.
  std::vector<double> ticks() const {
    std::vector<double> out;
    const bool crowded = width() > 2.5;
    for (double decade = std::pow(10, std::floor(from_)); decade <= high_; decade *= 10) {
      for (const double part : {1.0, 2.0, 5.0}) {
        if (crowded && part > 1) continue;
        if (decade * part >= low_ * 0.999 && decade * part <= high_ * 1.001) {
          out.push_back(decade * part);
        }
      }
    }
    return out;
  }

 private:
  double width() const { return std::max(0.1, std::log10(high_) - from_); }
  double low_;
  double high_;
  double from_;
  double x1_;
  double scale_;
};

std::string svg(double width, double height, const std::string& inside) {
  return format("<svg viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\" role=\"img\">\n",
                width, height, width, height) +
         inside + "</svg>\n";
}

constexpr double width = 960;
constexpr double label_end = 290;
constexpr double row_height = 26;
constexpr double column = 80;  // of a figure written out

std::string legend(const dot_plot& of, double y) {
  std::string out;
  double x = label_end;
  for (std::size_t i = 0; i < of.series.size(); ++i) {
    out += symbol(i, x + 4, y - 4, "plain") + words(x + 14, y, "note", of.series[i]);
    x += 34 + 7.0 * static_cast<double>(of.series[i].size());
  }
  return out;
}

log_axis axis_of(const dot_plot& of, double x1, double x2) {
  double low = 1e300;
  double high = 0;
  for (const auto& line : of.lines) {
    for (const auto& dot : line.dots) {
      if (!dot || dot->p10 <= 0) continue;
      low = std::min(low, dot->p10);
      high = std::max(high, dot->p90);
    }
  }
  if (high <= 0) return {1, 10, x1, x2};  // nothing that a logarithm could show
  return {low * 0.9, high * 1.1, x1, x2};
}

// So much above and below the middle of its line that the series do not hide each other.
double offset(std::size_t series, std::size_t count) {
  return count < 2 ? 0 : 9.0 * (static_cast<double>(series) / static_cast<double>(count - 1) - 0.5);
}

std::string draw_line(const dot_plot& of, const dot_plot::line& line, const log_axis& axis,
                      double middle, double figures) {
  const std::string who = name(line.who);
  std::string out = words(label_end - 14, middle + 4, ("label " + who).c_str(), line.label);
  for (std::size_t i = 0; i < line.dots.size(); ++i) {
    if (!line.dots[i]) continue;
    const spread& dot = *line.dots[i];
    const double y = middle + offset(i, of.series.size());
    if (dot.p90 > dot.p10) out += stroke(axis.at(dot.p10), y, axis.at(dot.p90), y, who + " thin");
    out += symbol(i, axis.at(dot.median), y, who);
    out += words(figures + column * static_cast<double>(i + 1), middle + 4,
                 ("figure " + who).c_str(), figure(dot.median));
  }
  return out;
}

}  // namespace

std::string figure(double value) {
  if (value < 10) return format("%.2f", value);
  if (value < 100) return format("%.1f", value);
  std::string digits = format("%.0f", value);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return digits;
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char each : text) {
    switch (each) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      default: out += each;
    }
  }
  return out;
}

std::string draw(const dot_plot& of) {
  const double figures = width - column * static_cast<double>(of.series.size()) - 8;
  const double top = 40;
  const double bottom = top + row_height * static_cast<double>(of.lines.size());
  const log_axis axis = axis_of(of, label_end, figures - 10);
  std::string out = legend(of, 14);
  for (std::size_t i = 0; i < of.series.size(); ++i) {
    out +=
        words(figures + column * static_cast<double>(i + 1), top - 10, "figure note", of.series[i]);
  }
  for (const double tick : axis.ticks()) {
    out += stroke(axis.at(tick), top, axis.at(tick), bottom, "grid");
    out += words(axis.at(tick), bottom + 16, "tick", round_figure(tick));
  }
  out += words(label_end - 14, bottom + 16, "label note", "ns");
  for (const auto& mark : of.marks) {
    out += stroke(axis.at(mark.at), top - 4, axis.at(mark.at), bottom, "mark");
    out += words(axis.at(mark.at) + 3, top - 6, "note", mark.label);
  }
  for (std::size_t i = 0; i < of.lines.size(); ++i) {
    const double middle = top + row_height * (static_cast<double>(i) + 0.5);
    if (i % 2 == 1) {
      out = format("<rect x=\"0\" y=\"%.1f\" width=\"%.0f\" height=\"%.0f\" class=\"band\"/>\n",
                   middle - row_height / 2, width, row_height) +
            out;
    }
    out += draw_line(of, of.lines[i], axis, middle, figures);
  }
  return svg(width, bottom + 26, out);
}

std::string draw(const curve_plot& of) {
  constexpr double left = 60;
  constexpr double right = width - 270;
  constexpr double top = 26;
  constexpr double bottom = 336;
  double low = 1e300;
  double high = 0;
  double most = 0;
  for (const auto& curve : of.curves) {
    for (const auto& [at, ns] : curve.points) {
      low = std::min(low, at);
      high = std::max(high, at);
      most = std::max(most, ns.p90);
    }
  }
  if (most <= 0) return {};
  const log_axis axis(low, std::max(high, low * 10), left + 10, right);
  const double decade = std::pow(10, std::floor(std::log10(most)));
  const double step = most / decade > 5 ? decade : most / decade > 2 ? decade / 2 : decade / 5;
  const double scale = (bottom - top) / (most * 1.05);
  const auto y_of = [&](double ns) { return bottom - ns * scale; };

  std::string out;
  for (double ns = 0; ns <= most * 1.05; ns += step) {
    out += stroke(left, y_of(ns), right, y_of(ns), "grid");
    out += words(left - 8, y_of(ns) + 4, "label note", format("%.0f", ns));
  }
  for (const double tick : axis.ticks()) {
    out += stroke(axis.at(tick), top, axis.at(tick), bottom, "grid");
    out += words(axis.at(tick), bottom + 18, "tick", round_figure(tick));
  }
  out += words(left - 8, top - 4, "label note", "ns");
  out += words((left + right) / 2, bottom + 36, "tick", of.along);

  std::vector<std::pair<double, std::size_t>> ends;
  std::size_t peers = 0;
  std::vector<std::string> styles;
  for (std::size_t i = 0; i < of.curves.size(); ++i) {
    const auto& curve = of.curves[i];
    std::string style = name(curve.who);
    if (curve.who == role::peer && peers++ % 2 == 1) style += " second";
    styles.push_back(style);
    std::string way;
    for (const auto& [at, ns] : curve.points) {
      way += format("%s%.1f %.1f", way.empty() ? "M" : "L", axis.at(at), y_of(ns.median));
    }
    out += "<path d=\"" + way + "\" class=\"" + style + " curve\"/>\n";
    for (const auto& [at, ns] : curve.points) {
      out += stroke(axis.at(at), y_of(ns.p10), axis.at(at), y_of(ns.p90), style + " thin");
      out += symbol(0, axis.at(at), y_of(ns.median), style);
    }
    if (!curve.points.empty()) ends.emplace_back(y_of(curve.points.back().second.median), i);
  }
  std::sort(ends.begin(), ends.end());
  double free = top;
  for (const auto& [y, i] : ends) {
    const double at = std::max(y + 4, free);
    out += words(right + 12, at, ("start " + styles[i]).c_str(), of.curves[i].label);
    free = at + 16;
  }
  return svg(width, bottom + 46, out);
}

}  // namespace bench
