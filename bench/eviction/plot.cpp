// plot.cpp - few lines in each panel: who was chosen, whom it must match, and who else was near.
//
// Colours: Okabe and Ito, "Color universal design", told apart also by those who see fewer; dashes
// and marks tell the lines apart without any colour.

#include "plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace eviction {
namespace {

constexpr double panel_width = 330;
constexpr double panel_height = 250;
constexpr double left = 52;
constexpr double right = 12;
constexpr double top = 30;
constexpr double bottom = 44;
constexpr double legend_height = 60;
constexpr unsigned columns = 3;

struct line_style {
  const char* name;
  const char* colour;
  const char* dashes;
  double width;
  char mark;  // o circle, s square, t triangle, or none
};

constexpr std::array<line_style, 9> styles = {{{"optimum", "#000000", "2 3", 1.5, ' '},
                                               {"LRU", "#808080", "", 1.5, ' '},
                                               {"ARC", "#808080", "6 3", 1.5, ' '},
                                               {"SIEVE", "#E69F00", "", 1.5, 's'},
                                               {"S3-FIFO", "#009E73", "", 1.5, 't'},
                                               {"CLOCK-Pro", "#CC79A7", "", 1.5, 's'},
                                               {"W-TinyLFU", "#56B4E9", "6 3", 1.5, 't'},
                                               {"Caffeine 2.6.2", "#0072B2", "", 1.5, 'o'},
                                               {"Lap-FIFO", "#D55E00", "", 2.5, 'o'}}};

std::string format(const char* how, ...) {
  std::array<char, 512> out{};
  va_list values;
  va_start(values, how);
  std::vsnprintf(out.data(), out.size(), how, values);
  va_end(values);
  return out.data();
}

std::string text(double x, double y, const char* anchor, const std::string& words,
                 const char* more = "") {
  return format("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\"%s>", x, y, anchor, more) + words +
         "</text>\n";
}

std::string mark(double x, double y, const line_style& style) {
  switch (style.mark) {
    case 'o':
      return format("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n", x, y, style.colour);
    case 's':
      return format("<rect x=\"%.1f\" y=\"%.1f\" width=\"5\" height=\"5\" fill=\"%s\"/>\n", x - 2.5,
                    y - 2.5, style.colour);
    case 't':
      return format("<path d=\"M%.1f %.1fl3.5 6h-7z\" fill=\"%s\"/>\n", x, y - 4, style.colour);
    default: return {};
  }
}

std::string stroke(const line_style& style) {
  return format("fill=\"none\" stroke=\"%s\" stroke-width=\"%.1f\" stroke-dasharray=\"%s\"",
                style.colour, style.width, style.dashes);
}

// 2,500,000 as 2.5M, 10,400 as 10.4k.
std::string brief(std::size_t number) {
  const auto value = static_cast<double>(number);
  if (number >= 1'000'000) return format("%gM", value / 1e6);
  if (number >= 1'000) return format("%gk", value / 1e3);
  return format("%zu", number);
}

std::optional<double> hit_ratio(const results& of, const row& in, const std::string& name) {
  if (name == "optimum") return in.optimum;
  if (name == "Caffeine 2.6.2") return in.caffeine;
  for (std::size_t i = 0; i < of.who.size(); ++i) {
    if (of.who[i].name == name) return in.hit_ratios[i];
  }
  return {};
}

class panel {
 public:
  panel(const results& of, std::vector<const row*> rows, double x, double y)
      : of_(of), rows_(std::move(rows)), x_(x), y_(y) {
    least_ = std::log(static_cast<double>(rows_.front()->capacity));
    most_ = std::log(static_cast<double>(rows_.back()->capacity));
    double highest = 0;
    for (const row* each : rows_) highest = std::max(highest, each->optimum);
    step_ = highest > 60 ? 20 : highest > 30 ? 10 : 5;
    limit_ = step_ * std::ceil(highest / step_);
  }

  [[nodiscard]] std::string draw() const {
    std::string out = axes();
    for (const line_style& style : styles) out += line(style);
    return out;
  }

 private:
  [[nodiscard]] std::string axes() const {
    std::string out = text(x_ + left, y_ + 18, "start", rows_.front()->workload,
                           " font-size=\"14\" font-weight=\"bold\"");
    for (double ratio = 0; ratio <= limit_; ratio += step_) {
      out += format("<path d=\"M%.1f %.1fH%.1f\" stroke=\"#d0d0d0\"/>\n", x_ + left,
                    at_ratio(ratio), x_ + panel_width - right);
      out += text(x_ + left - 6, at_ratio(ratio) + 4, "end", format("%g", ratio));
    }
    double free_from = 0;  // labels too near to the one before are left out
    for (const row* each : rows_) {
      const double x = at(*each);
      out += format("<path d=\"M%.1f %.1fv4\" stroke=\"#000\"/>\n", x, at_ratio(0));
      if (x < free_from) continue;
      out += text(x, at_ratio(0) + 17, "middle", brief(each->capacity));
      free_from = x + 30;
    }
    out += text(x_ + (left + panel_width - right) / 2, y_ + panel_height - 10, "middle",
                "cache size, entries");
    const double middle = (at_ratio(0) + at_ratio(limit_)) / 2;
    out += text(x_ + 14, middle, "middle", "hit ratio, %",
                format(" transform=\"rotate(-90 %.1f %.1f)\"", x_ + 14, middle).c_str());
    return out;
  }

  [[nodiscard]] std::string line(const line_style& style) const {
    std::string path;
    std::string marks;
    for (const row* each : rows_) {
      const std::optional<double> ratio = hit_ratio(of_, *each, style.name);
      if (!ratio) continue;
      path += format("%c%.1f %.1f", path.empty() ? 'M' : 'L', at(*each), at_ratio(*ratio));
      marks += mark(at(*each), at_ratio(*ratio), style);
    }
    if (path.empty()) return {};
    return "<path d=\"" + path + "\" " + stroke(style) + "/>\n" + marks;
  }

  [[nodiscard]] double at(const row& of) const {
    const double share = (std::log(static_cast<double>(of.capacity)) - least_) / (most_ - least_);
    return x_ + left + 8 + share * (panel_width - left - right - 16);
  }
  [[nodiscard]] double at_ratio(double ratio) const {
    return y_ + top + (1 - ratio / limit_) * (panel_height - top - bottom);
  }

  const results& of_;
  std::vector<const row*> rows_;  // of one workload, the smallest cache first
  double x_;
  double y_;
  double least_ = 0;  // logarithms of capacities
  double most_ = 0;
  double step_ = 0;
  double limit_ = 0;
};

std::string legend() {
  std::string out;
  double x = left;
  double y = 16;
  for (const line_style& style : styles) {
    out += format("<path d=\"M%.1f %.1fh30\" ", x, y) + stroke(style) + "/>\n" +
           mark(x + 15, y, style) + text(x + 36, y + 4, "start", style.name);
    x += 155;
    if (x + 140 > columns * panel_width) {
      x = left;
      y += 22;
    }
  }
  return out;
}

bool write_plot(const results& of, bool recorded, const std::filesystem::path& path) {
  std::vector<std::vector<const row*>> panels;
  for (const row& each : of.rows) {
    if (each.recorded != recorded) continue;
    if (panels.empty() || panels.back().front()->workload != each.workload) panels.emplace_back();
    panels.back().push_back(&each);
  }
  if (panels.empty()) return true;
  const auto lines = static_cast<double>((panels.size() + columns - 1) / columns);
  const double width = columns * panel_width;
  const double height = legend_height + lines * panel_height;

  std::ofstream file(path, std::ios::trunc);
  file << format("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" ", width,
                 height)
       << format("viewBox=\"0 0 %.0f %.0f\" ", width, height)
       << "font-family=\"sans-serif\" font-size=\"12\">\n"
       << "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
       << legend();
  for (std::size_t i = 0; i < panels.size(); ++i) {
    const double x = static_cast<double>(i % columns) * panel_width;
    const double y = legend_height + static_cast<double>(i / columns) * panel_height;
    file << panel(of, panels[i], x, y).draw();
  }
  file << "</svg>\n";
  file.close();
  if (!file) std::fprintf(stderr, "eviction_study: cannot write %s\n", path.c_str());
  return static_cast<bool>(file);
}

}  // namespace

bool write_plots(const results& of, const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  return write_plot(of, false, folder / "synthetic.svg") &&
         write_plot(of, true, folder / "recorded.svg");
}

}  // namespace eviction
