// report.hpp - what the rows came to: goals, a table for people, JSON for programs.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "row.hpp"

namespace bench {

using rows = std::vector<std::unique_ptr<row>>;

/// Fills in each row's ratio to the limit of its bench and condition, and its goals.
void judge(rows& all);

/// One table for each bench, the limit first; then a line for each goal.
/// Returns   true when no goal failed.
bool print(const rows& all);

/// Writes the rows to `path`, whole or not at all.
/// Returns   false, with the reason on stderr, when that was not possible.
bool write_json(const rows& all, const std::string& path);

}  // namespace bench
