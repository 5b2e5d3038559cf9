// page_parts.hpp - what the pages of the benches of tables are made of: HTML that needs nothing
// besides itself.

#pragma once

#include <string>
#include <vector>

#include "findings.hpp"

namespace bench {

/// `name` may bring attributes: "td class=\"n\"".
std::string tag(const std::string& name, const std::string& inside);
std::string two_digits(double value);

std::vector<std::string> benches_of(const rows& all);

/// The rows of one bench; `mark`: what the line through the limit's median is called.
std::string plot_of(const rows& all, const std::string& bench, const std::string& mark);
std::string plot_of(const std::vector<growth_row>& all);
std::string plot_of(const std::vector<tail_row>& all, const std::string& operation);
/// A table of all goals, with their figures.
std::string goals_of(const rows& all);
/// How a page tells what it was measured with, and how to read it.
std::string reading_help(const findings& found);
/// What "the clock alone" is.
std::string clock_help();

/// The whole page.
std::string document(const std::string& title, const std::string& body);

}  // namespace bench
