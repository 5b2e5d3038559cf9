// command.hpp - a subcommand of lastout: its words, its help, its options, and what it does.
//
// Exit statuses of all of them: verdict_ok, verdict_failed, cannot_start.

#pragma once

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

// NOLINTBEGIN(readability-identifier-naming): CLI11's own
namespace CLI {
class App;
}
// NOLINTEND(readability-identifier-naming)

namespace cli {

/// Exit statuses. 129, 130 and 143 (128 + the signal) belong to a run that was interrupted and found
/// nothing wrong.
enum exit_status : int { verdict_ok = 0, verdict_failed = 1, cannot_start = 2 };

/// What is wrong with what was asked, and what to do instead: printed as it is, then exit 2.
class bad_request : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Refuses an option's value. Throws  bad_request.
[[noreturn]] void refuse(std::string_view option, std::string_view given, std::string_view wanted);

struct command {
  /// Returns   the exit status, when what was asked is done.
  using act = std::function<int()>;

  std::string_view words;    // as typed: "vfs run"
  std::string_view options;  // in a word or two, for the list of commands
  std::string_view purpose;  // in one line, for the same
  std::string_view help;     // the whole text that --help prints
  /// Adds the options. What it returns is called when they have been read.
  std::function<act(CLI::App&)> prepare;
};

/// For `prepare`, of a class whose constructor adds the options and whose answer() does the rest.
template <class Asked>
command::act prepared(CLI::App& app) {
  const auto said = std::make_shared<Asked>(app);
  return [said] { return said->answer(); };
}

}  // namespace cli
