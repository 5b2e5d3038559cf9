// vfs_run_options.cpp - see vfs_run_options.hpp.

#include "vfs_run_options.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <memory>
#include <string_view>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "text_option.hpp"
#include "units.hpp"
#include "vfs_run.hpp"

namespace cli {
namespace {

constexpr std::string_view help_of_run =
    R"(lastout vfs run - run the memory filesystem on a real tree, and audit it

Usage:
  lastout vfs run [--tree DIR] [--threads N] [--seconds S] [--budget BYTES]
                  [--seed N] [--json FILE] [--plant BUG] [--chaos SEED]

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
  --chaos SEED     make rare things common: late releases, releases by another thread,
                   refused look-ups in lists, objects that come back from idle
  -h, --help       this text

Unreadable and vanishing files, sockets, FIFOs and devices are skipped and counted;
symbolic links are taken in as links and never followed on the host.
Ctrl-C (or SIGTERM, SIGHUP) stops early and audits; a second one ends at once.
NO_COLOR is respected.

Exit status:
  0    verdict: ok
  1    verdict: failed, and the last line says what; or no more memory or threads, or
       the report could not be written
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

std::uint64_t seed_of(const char* option, const std::string& text) {
  const auto seed = parse_number(text);
  if (!seed) refuse(option, text, "give a whole number from 0 to 18446744073709551615");
  return *seed;
}

planted plant_of(const std::string& text) {
  for (const auto& [word, bug] : bugs) {
    if (text == word) return bug;
  }
  refuse("--plant", text, "give one of leak, double-put, touch-after-put, early-free");
}

// The words that a person gave.
class said_options {
 public:
  explicit said_options(CLI::App& run)
      : tree_(run, "--tree"),
        threads_(run, "--threads"),
        seconds_(run, "--seconds"),
        budget_(run, "--budget"),
        seed_(run, "--seed"),
        json_(run, "--json"),
        plant_(run, "--plant"),
        chaos_(run, "--chaos") {}

  [[nodiscard]] vfs_run_options read() const {
    vfs_run_options out;
    out.threads = std::clamp(std::thread::hardware_concurrency(), 1U, 1024U);
    if (tree_.given()) out.tree = tree_.text;
    if (threads_.given()) out.threads = threads_of(threads_.text);
    if (seconds_.given()) out.seconds = seconds_of(seconds_.text);
    if (budget_.given()) out.budget_bytes = budget_of(budget_.text);
    if (seed_.given()) out.seed = seed_of("--seed", seed_.text);
    if (json_.given()) out.json_path = json_.text;
    if (json_.given() && json_.text.empty())
      refuse("--json", json_.text, "give the name of the file to write");
    if (plant_.given()) out.plant = plant_of(plant_.text);
    if (chaos_.given()) out.chaos_seed = seed_of("--chaos", chaos_.text);
    return out;
  }

 private:
  text_option tree_, threads_, seconds_, budget_, seed_, json_, plant_, chaos_;
};

}  // namespace

const char* name(planted bug) noexcept {
  for (const auto& [word, each] : bugs) {
    if (each == bug) return word.data();
  }
  return "nothing";
}

command vfs_run_command() {
  return {"vfs run", "[options]", "run the memory filesystem on a real tree, and audit it",
          help_of_run, [](CLI::App& run) -> command::act {
            const auto said = std::make_shared<said_options>(run);
            return [said] { return vfs_run(said->read()); };
          }};
}

}  // namespace cli
