// command_line.cpp - see command_line.hpp. A new command is one more line in all_commands().

#include "command_line.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "command.hpp"
#include "ledger/commands.hpp"
#include "vfs_run_options.hpp"

namespace cli {
namespace {

std::vector<command> all_commands() {
  return {vfs_run_command(),        ledger::holders_command(), ledger::why_command(),
          ledger::diff_command(),   ledger::history_command(), ledger::top_command(),
          ledger::report_command(), ledger::dump_command(),    ledger::set_command(),
          ledger::metrics_command()};
}

class written_help : public CLI::Formatter {
 public:
  explicit written_help(std::string text) : text_(std::move(text)) {}
  std::string make_help(const CLI::App*, std::string, CLI::AppFormatMode) const override {
    return text_;
  }

 private:
  std::string text_;
};

// The line that each command has in a list of them.
std::string listed(const command& of) {
  return fmt::format("  {:<34}{}\n", fmt::format("lastout {} {}", of.words, of.options),
                     of.purpose);
}

std::string help_of_all(const std::vector<command>& all) {
  std::string out =
      "lastout - reference counting for objects that are freed by the last one out\n"
      "\n"
      "Usage:\n";
  for (const command& each : all) out += listed(each);
  out +=
      "  lastout COMMAND --help            its options\n"
      "  lastout --help | --version        this text; the version\n"
      "\n"
      "The memory filesystem (vfs) uses every style of reference counting that the library\n"
      "has. It takes in a tree of real files, lets many threads loose on it, and then shows\n"
      "that each object was freed exactly once.\n"
      "\n"
      "The others ask the ledger of a running process, PID, or read a dump that it wrote, FILE:\n"
      "who holds what. The program must have been built with LASTOUT_LEDGER and be told what to\n"
      "track, by that variable of its environment or by 'lastout set'.\n";
  return out;
}

std::string help_of_group(std::string_view group, const std::vector<command>& all) {
  std::string out = fmt::format("lastout {} - the memory filesystem\n\nUsage:\n", group);
  for (const command& each : all) {
    if (!each.words.starts_with(fmt::format("{} ", group))) continue;
    out += listed(each);
    out += fmt::format("  {:<34}its options\n", fmt::format("lastout {} --help", each.words));
  }
  return out;
}

// What CLI11 found, in our words.
std::string explained(const CLI::App& lastout, const CLI::ParseError& error, const CLI::App* leaf,
                      const std::string& help) {
  std::string text = error.what();
  if (const std::vector<std::string> rest = lastout.remaining(true); !rest.empty()) {
    text = fmt::format("'{}' is not understood", rest.front());
  } else if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    if (leaf != nullptr) {
      text = text.substr(0, text.find(' ')) + " is missing";
    } else {
      text =
          lastout.got_subcommand("vfs") ? "lastout vfs needs a command: run" : "no command given";
    }
  } else if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    text = text.substr(0, text.find(':')) + " needs a value";
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '.' || text.back() == ' '))
    text.pop_back();
  return fmt::format("{}; see '{}'", text, help);
}

}  // namespace

void refuse(std::string_view option, std::string_view given, std::string_view wanted) {
  throw bad_request(fmt::format("{} {}: {}", option, given.empty() ? "''" : given, wanted));
}

int run_command_line(int argc, const char* const* argv) {
  const std::vector<command> all = all_commands();
  CLI::App lastout;
  lastout.formatter(std::make_shared<written_help>(help_of_all(all)));
  lastout.set_version_flag("-V,--version", "lastout " LASTOUT_VERSION);
  lastout.require_subcommand(1);

  struct prepared {
    const command* is;
    CLI::App* app;
    command::act act;
  };
  std::vector<prepared> leaves;
  std::map<std::string_view, CLI::App*> groups;
  for (const command& each : all) {
    CLI::App* parent = &lastout;
    std::string_view word = each.words;
    if (const std::size_t space = word.find(' '); space != std::string_view::npos) {
      const std::string_view group = word.substr(0, space);
      word.remove_prefix(space + 1);
      CLI::App*& known = groups[group];
      if (known == nullptr) {
        known = lastout.add_subcommand(std::string(group));
        known->formatter(std::make_shared<written_help>(help_of_group(group, all)));
        known->require_subcommand(1);
      }
      parent = known;
    }
    CLI::App* const app = parent->add_subcommand(std::string(word));
    app->formatter(std::make_shared<written_help>(std::string(each.help)));
    leaves.push_back({&each, app, each.prepare(*app)});
  }

  const auto chosen = [&leaves] {
    return std::find_if(leaves.begin(), leaves.end(),
                        [](const prepared& each) { return each.app->parsed(); });
  };
  try {
    lastout.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // help or version
    if (const std::vector<std::string> rest = lastout.remaining(true); !rest.empty())
      throw bad_request(fmt::format("'{}' is not understood; see 'lastout --help'", rest.front()));
    // Not to std::cout, which would end in a flush whose failure nobody hears of.
    std::ostringstream text;
    lastout.exit(asked, text);
    fmt::print("{}", text.str());
    return verdict_ok;
  } catch (const CLI::ParseError& error) {
    const auto at = chosen();
    const bool found = at != leaves.end();
    throw bad_request(explained(
        lastout, error, found ? at->app : nullptr,
        found ? fmt::format("lastout {} --help", at->is->words) : std::string("lastout --help")));
  }
  return chosen()->act();
}

}  // namespace cli
