// plot.hpp - two kinds of plots, as SVG to stand in a page: dots along a line, and curves.

#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../row.hpp"

namespace bench {

/// One line for each subject, on a logarithmic axis: nanoseconds, each with a whisker from p10 to
/// p90, and written out on the right.
struct dot_plot {
  struct line {
    std::string label;
    role who;
    std::vector<std::optional<spread>> dots;  // one for each series
  };
  struct mark {
    double at;
    std::string label;
  };
  std::vector<std::string> series;
  std::vector<line> lines;
  std::vector<mark> marks;  // upright lines through all
};

/// Curves over a logarithmic axis; nanoseconds, from 0.
struct curve_plot {
  struct curve {
    std::string label;
    role who;
    std::vector<std::pair<double, spread>> points;
  };
  std::string along;  // what the logarithmic axis means
  std::vector<curve> curves;
};

std::string draw(const dot_plot& of);
std::string draw(const curve_plot& of);

/// A figure as people want to read it: three digits of it, and its thousands apart.
std::string figure(double value);
/// Text that may stand between tags.
std::string escaped(const std::string& text);

}  // namespace bench
