// table.hpp - rows and columns of text, lined up: the first column to the left, the others to the
// right.

#pragma once

#include <string>
#include <vector>

namespace cli {

class table {
 public:
  explicit table(std::vector<std::string> heads) : rows_{std::move(heads)} {}

  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

  /// The lines, indented; the heads are dim on a terminal.
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;  // the first one: the heads
};

}  // namespace cli
