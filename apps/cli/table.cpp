// table.cpp - see table.hpp.

#include "table.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "terminal.hpp"

namespace cli {

std::string table::text() const {
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows_) {
    std::string line = "  ";
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += i == 0 ? fmt::format("{:<{}}", row[i], widths[i])
                     : fmt::format("  {:>{}}", row[i], widths[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += (&row == &rows_.front() ? terminal::styled(terminal::style::dim, line) : line) + "\n";
  }
  return out;
}

}  // namespace cli
