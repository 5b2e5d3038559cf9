// report.hpp - what the rows came to: goals, a table for people, JSON for programs.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "row.hpp"

namespace bench {

using rows = std::vector<std::unique_ptr<row>>;

/// Fills in each row's ratio to the limit of its bench and condition, and its goals: of the counts.
void judge(rows& all);

// What judges are made of. Each row that is looked for is nullptr when it was not measured.

double median(const row& of);
std::string text(condition when);
const row* find(const rows& all, std::string_view bench, condition when, std::string_view name);
const row* limit_of(const rows& all, const row& of);
const row* best_peer_of(const rows& all, const row& of);
/// Adds the goal that `of` stays below `bound` times the other one; none without another one.
void aim(row& of, const row* against, std::string wording, double bound);
/// Adds the goal to be ahead of the other one; none without another one.
void race(row& of, const row* against);

/// One table for each bench, the limit first; then a line for each goal.
/// Returns   true when no goal failed.
bool print(const rows& all);

nlohmann::ordered_json as_json(const rows& all);

/// Writes `content` to `path`, whole or not at all, and makes the folder that it is in.
/// Returns   false, with the reason on stderr, when that was not possible.
bool write_whole(const std::string& content, const std::string& path);
/// Writes the rows to `path` in the same way.
bool write_json(const rows& all, const std::string& path);

}  // namespace bench
