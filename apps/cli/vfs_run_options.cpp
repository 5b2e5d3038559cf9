// vfs_run_options.cpp - see vfs_run_options.hpp.

#include "vfs_run_options.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "units.hpp"

namespace cli {
namespace {

constexpr std::string_view help_of_lastout =
    R"(lastout - reference counting for objects that are freed by the last one out

Usage:
  lastout vfs run [options]    run the memory filesystem on a real tree, and audit it
  lastout vfs run --help       its options
  lastout --help | --version   this text; the version

The memory filesystem uses every style of reference counting that the library has. It
takes in a tree of real files, lets many threads loose on it, and then shows that each
object was freed exactly once.
)";

constexpr std::string_view help_of_vfs = R"(lastout vfs - the memory filesystem

Usage:
  lastout vfs run [options]    run it on a real tree, and audit it
  lastout vfs run --help       its options
)";

constexpr std::string_view help_of_run =
    R"(lastout vfs run - run the memory filesystem on a real tree, and audit it

Usage:
  lastout vfs run [--tree DIR] [--threads N] [--seconds S] [--budget BYTES]
                  [--seed N] [--json FILE] [--plant BUG]

Takes a copy of DIR into memory and checks each byte; works on it with N threads while
idle objects are evicted to stay under the budget; unmounts; audits that every object
of every type was freed exactly once and that unchanged files still equal the host's.
DIR itself is only read.

Options:
  --tree DIR       the real tree                              [/usr/include]
  --threads N      worker threads, 1 to 1024                  [one for each core]
  --seconds S      how long they work, 0.1 to 86400           [10]
  --budget BYTES   what cached objects may take: 67108864, 64M, 1G
                   [a quarter of the tree, or its largest file if that is more]
  --seed N         repeats the workers' choices               [1]
  --json FILE      also write the report as JSON; complete or not at all
  --plant BUG      plant a bug that the audit must find: leak, double-put,
                   touch-after-put or early-free
  -h, --help       this text

Unreadable and vanishing files, sockets, FIFOs and devices are skipped and counted;
symbolic links are taken in as links and never followed on the host.
Ctrl-C (or SIGTERM, SIGHUP) stops early and audits; a second one ends at once.
NO_COLOR is respected.

Exit status:
  0    verdict: ok
  1    verdict: failed, and the last line says what; or no more memory or threads
  2    could not start: a bad option, no such tree, nothing in it that can be read,
       a budget too small for one file
  130  verdict: ok, after Ctrl-C (143: after SIGTERM, 129: after SIGHUP)

Examples:
  lastout vfs run
  lastout vfs run --tree ~/src --seconds 60 --budget 64M --json report.json
  lastout vfs run --plant double-put
)";

constexpr std::array bugs{
    std::pair{std::string_view("leak"), planted::leak},
    std::pair{std::string_view("double-put"), planted::double_put},
    std::pair{std::string_view("touch-after-put"), planted::touch_after_put},
    std::pair{std::string_view("early-free"), planted::early_free},
};

class written_help : public CLI::Formatter {
 public:
  explicit written_help(std::string_view text) : text_(text) {}
  std::string make_help(const CLI::App*, std::string, CLI::AppFormatMode) const override {
    return std::string(text_);
  }

 private:
  std::string_view text_;
};

[[noreturn]] void refuse(std::string_view option, std::string_view given, std::string_view wanted) {
  throw bad_request(fmt::format("{} {}: {}", option, given.empty() ? "''" : given, wanted));
}

unsigned threads_of(const std::string& text) {
  const auto n = parse_number(text);
  if (!n || *n < 1 || *n > 1024) refuse("--threads", text, "give a whole number from 1 to 1024");
  return static_cast<unsigned>(*n);
}

double seconds_of(const std::string& text) {
  double seconds = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, seconds);
  if (error != std::errc{} || rest != end || !std::isfinite(seconds) || seconds < 0.1 ||
      seconds > 86400) {
    refuse("--seconds", text, "give a number of seconds from 0.1 to 86400");
  }
  return seconds;
}

std::uint64_t budget_of(const std::string& text) {
  const auto bytes = parse_bytes(text);
  const std::size_t unit = std::min(text.find_first_not_of("0123456789"), text.size());
  if (!bytes && unit != 0 && parse_bytes("1" + text.substr(unit)))
    refuse("--budget", text, "too large; give fewer than 16777216T");
  if (!bytes) refuse("--budget", text, "give a number of bytes, such as 67108864, 64M or 1G");
  return *bytes;
}

std::uint64_t seed_of(const std::string& text) {
  const auto seed = parse_number(text);
  if (!seed) refuse("--seed", text, "give a whole number from 0 to 18446744073709551615");
  return *seed;
}

planted plant_of(const std::string& text) {
  for (const auto& [word, bug] : bugs) {
    if (text == word) return bug;
  }
  refuse("--plant", text, "give one of leak, double-put, touch-after-put, early-free");
}

// What CLI11 found, in our words.
std::string explained(const CLI::App& lastout, const CLI::ParseError& error, const char* help) {
  std::string text = error.what();
  if (const std::vector<std::string> rest = lastout.remaining(true); !rest.empty()) {
    text = fmt::format("'{}' is not understood", rest.front());
  } else if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    text = lastout.got_subcommand("vfs") ? "lastout vfs needs a command: run" : "no command given";
  } else if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    text = text.substr(0, text.find(':')) + " needs a value";
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '.' || text.back() == ' '))
    text.pop_back();
  return fmt::format("{}; see '{}'", text, help);
}

}  // namespace

const char* name(planted bug) noexcept {
  for (const auto& [word, each] : bugs) {
    if (each == bug) return word.data();
  }
  return "nothing";
}

std::optional<vfs_run_options> read_command_line(int argc, const char* const* argv) {
  CLI::App lastout;
  lastout.formatter(std::make_shared<written_help>(help_of_lastout));
  lastout.set_version_flag("-V,--version", "lastout " LASTOUT_VERSION);
  lastout.require_subcommand(1);
  CLI::App* const vfs = lastout.add_subcommand("vfs");
  vfs->formatter(std::make_shared<written_help>(help_of_vfs));
  vfs->require_subcommand(1);
  CLI::App* const run = vfs->add_subcommand("run");
  run->formatter(std::make_shared<written_help>(help_of_run));

  std::string tree, threads, seconds, budget, seed, json, plant;
  const auto option = [run](const char* word, std::string& into) {
    return run->add_option(word, into)->take_last();
  };
  const CLI::Option* const tree_given = option("--tree", tree);
  const CLI::Option* const threads_given = option("--threads", threads);
  const CLI::Option* const seconds_given = option("--seconds", seconds);
  const CLI::Option* const budget_given = option("--budget", budget);
  const CLI::Option* const seed_given = option("--seed", seed);
  const CLI::Option* const json_given = option("--json", json);
  const CLI::Option* const plant_given = option("--plant", plant);

  try {
    lastout.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // help or version
    lastout.exit(asked);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    throw bad_request(
        explained(lastout, error, run->parsed() ? "lastout vfs run --help" : "lastout --help"));
  }

  vfs_run_options out;
  out.threads = std::clamp(std::thread::hardware_concurrency(), 1U, 1024U);
  if (*tree_given) out.tree = tree;
  if (*threads_given) out.threads = threads_of(threads);
  if (*seconds_given) out.seconds = seconds_of(seconds);
  if (*budget_given) out.budget_bytes = budget_of(budget);
  if (*seed_given) out.seed = seed_of(seed);
  if (*json_given) out.json_path = json;
  if (*json_given && json.empty()) refuse("--json", json, "give the name of the file to write");
  if (*plant_given) out.plant = plant_of(plant);
  return out;
}

}  // namespace cli
