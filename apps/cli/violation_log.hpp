// violation_log.hpp - remembers each violation, so that none passes unnoticed and each turns the
// verdict red.
//
// The handler runs wherever the misuse happened, with whatever locks held: it copies, and
// allocates nothing.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <lastout/violation.hpp>
#include <symbols/stack_names.hpp>

namespace cli::violation_log {

/// From now on violations are remembered here.
void open() noexcept;

/// How many there were.
std::uint64_t count() noexcept;

/// One text of several lines for each of the first violations, the stack cut to its
/// innermost frames: what, which operation, which
/// object, where.
std::vector<std::string> told(lastout::symbols::stack_names& names);

}  // namespace cli::violation_log
