// command_line.hpp - what the benches' command lines have in common.
//
// A wrong option, or a wrong value of one, is told on stderr and ends the program with 2.

#pragma once

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

namespace bench {

inline constexpr unsigned threads_limit = 16;

/// Reads the words into what the app's options are bound to.
/// Returns   nothing when the program is to go on; else the status that it ends with.
inline std::optional<int> read(CLI::App& app, int count, char** words) {
  try {
    app.parse(count, words);
    return {};
  } catch (const CLI::ParseError& told) {
    return app.exit(told) == 0 ? 0 : 2;
  }
}

/// The options of a bench that measures rows in turns.
template <class Settings>
void add_row_options(CLI::App& app, Settings& to) {
  app.add_option("--json", to.json, "write the rows to this file")->type_name("FILE");
  app.add_option("--threads-max", to.threads_max, "measure with 1, 2, 4 ... N threads")
      ->type_name("N")
      ->check(CLI::Range(1u, threads_limit))
      ->capture_default_str();
  app.add_option("--repeats", to.repeats, "how often each row has its turn")
      ->type_name("N")
      ->check(CLI::Range(1u, 1'000'000u))
      ->capture_default_str();
  app.add_flag("--check", to.check, "exit with 1 when a goal fails");
}

}  // namespace bench
