// command_line.hpp - every subcommand of lastout, found by its words.

#pragma once

namespace cli {

/// Does what was asked.
/// Returns  the exit status; verdict_ok too when a text that was asked for (help, version) has been
/// printed.
/// Throws   bad_request, when nothing has been done.
int run_command_line(int argc, const char* const* argv);

}  // namespace cli
