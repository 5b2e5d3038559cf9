// top_command.cpp - lastout top: the types of a running process, while it runs.

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <system_error>
#include <tuple>
#include <vector>

#include <fmt/format.h>
#include <ledger/dump_client.hpp>
#include <ledger/type_counters.hpp>

#include "../interrupt.hpp"
#include "../table.hpp"
#include "../terminal.hpp"
#include "../text_option.hpp"
#include "../units.hpp"
#include "commands.hpp"
#include "following.hpp"
#include "seconds.hpp"
#include "source.hpp"
#include "wording.hpp"

namespace cli::ledger {
namespace {

using namespace lastout::ledger_reader;

constexpr std::string_view help =
    R"(lastout top - the types of a running process, while it runs

Usage:
  lastout top PID [--every S] [--once] [--json]

For each type that is tracked: the objects that are alive; gets, puts, births and releases
in a second; how many objects nobody uses (idle) and how many somebody does (pinned); for
how long the oldest reference has been held. On a terminal the view is drawn anew, the
busiest type first; elsewhere each is printed below the one before.

When one object in N is tracked, figures are multiplied by N, and have a ~ before them.

Options:
  --every S    seconds between two views, 0.1 to 3600                       [2]
  --once       one view, of the next S seconds
  --json       each view as one line of JSON, figures as counted: not multiplied
  -h, --help   this text

Ctrl-C ends it.

Exit status:
  0    Ctrl-C, or --once and it has been told, or the process has ended meanwhile
  1    the answer could not be written
  2    no such process, or one that does not answer

Examples:
  lastout top 4711
  lastout top 4711 --once --every 10 --json
)";

constexpr const char* redraw = "\033[H\033[J";

std::string rate_text(double per_second, std::uint64_t share) {
  const auto scaled = per_second * static_cast<double>(std::max<std::uint64_t>(share, 1));
  return (share > 1 ? "~" : "") + with_thousands(static_cast<std::uint64_t>(std::llround(scaled)));
}

std::string count_text(std::uint64_t n, std::uint64_t share) {
  return (share > 1 ? "~" : "") + with_thousands(n * std::max<std::uint64_t>(share, 1));
}

struct row {
  const type_counters* type;
  type_rates rate;
};

// Those that are tracked or have been: the busiest first.
std::vector<row> rows_of(const counters& before, const counters& now) {
  std::vector<row> out;
  for (const type_counters& each : now.types) {
    if (each.share != 0 || each.alive != 0) out.push_back({&each, rates(before, now, each.number)});
  }
  const auto busy = [](const row& each) {
    return (each.rate.gets + each.rate.puts) *
           static_cast<double>(std::max<std::uint64_t>(each.type->share, 1));
  };
  std::sort(out.begin(), out.end(), [&](const row& a, const row& b) {
    return std::tuple(busy(b), b.type->alive, a.type->number) <
           std::tuple(busy(a), a.type->alive, b.type->number);
  });
  return out;
}

std::string as_text(std::uint64_t pid, const counters& before, const counters& now) {
  table out({"type", "alive", "gets/s", "puts/s", "born/s", "released/s", "idle", "pinned",
             "oldest reference"});
  const std::vector<row> rows = rows_of(before, now);
  for (const auto& [type, rate] : rows) {
    const std::uint64_t share = type->share;
    out.add({shown(type->name), count_text(type->alive, share), rate_text(rate.gets, share),
             rate_text(rate.puts, share), rate_text(rate.born, share),
             rate_text(rate.released, share), count_text(type->idle, share),
             count_text(type->pinned, share),
             type->oldest_since_ns ? age(*type->oldest_since_ns, now.now_ns) : "-"});
  }
  return fmt::format(
      "process {}, over {:.1f} s\n{}{}", pid, seconds_between(before.now_ns, now.now_ns),
      out.text(), rows.empty() ? "  no type is tracked; 'lastout set PID all' tracks all\n" : "");
}

std::string as_json(std::uint64_t pid, const counters& before, const counters& now) {
  json out;
  out["pid"] = pid;
  out["seconds"] = seconds_between(before.now_ns, now.now_ns);
  json& types = out["types"] = json::array();
  for (const auto& [type, rate] : rows_of(before, now)) {
    json one;
    one["type"] = type->name;
    one["share"] = type->share;
    one["alive"] = type->alive;
    one["idle"] = type->idle;
    one["pinned"] = type->pinned;
    one["gets_per_second"] = rate.gets;
    one["puts_per_second"] = rate.puts;
    one["born_per_second"] = rate.born;
    one["released_per_second"] = rate.released;
    one["born"] = type->born;
    one["released"] = type->released;
    one["gets"] = type->gets;
    one["puts"] = type->puts;
    one["refused"] = type->refused;
    one["resurrected"] = type->resurrected;
    one["killed"] = type->killed;
    one["oldest_reference_seconds"] =
        type->oldest_since_ns ? json(seconds_between(*type->oldest_since_ns, now.now_ns)) : json();
    types.push_back(std::move(one));
  }
  return out.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

class asked {
 public:
  explicit asked(CLI::App& app) : every_(app, "--every") {
    add_word(app, "PID", pid_);
    add_flag(app, "--once", once_);
    add_flag(app, "--json", json_);
  }

  int answer() const {
    const std::uint64_t pid = process_of(pid_);
    const double every = every_.given() ? seconds_of("--every", every_.text, 0.1, 3600) : 2;
    interrupt::watch(nullptr);
    std::optional<counters> first = look(pid);
    if (!first) return interrupt::received() != 0 ? verdict_ok : cannot_start;
    counters before = *std::move(first);
    const bool draws = !json_ && !once_ && terminal::watched();
    do {
      pause(std::chrono::duration<double>(every));
      if (interrupt::received() != 0) break;
      std::optional<counters> now = look(pid);
      if (!now) break;
      if (draws) fmt::print("{}", redraw);
      fmt::print("{}", json_ ? as_json(pid, before, *now) : as_text(pid, before, *now));
      if (!draws && !json_ && !once_) fmt::print("\n");
      if (std::fflush(stdout) != 0)
        throw std::system_error(errno, std::generic_category(), "cannot write the answer");
      before = *std::move(now);
    } while (!once_ && interrupt::received() == 0);
    return verdict_ok;
  }

 private:
  static std::optional<counters> look(std::uint64_t pid) {
    return answer_of([pid] { return read_counters(ask(pid, "counters", until_interrupted())); });
  }

  std::string pid_;
  text_option every_;
  bool once_ = false;
  bool json_ = false;
};

}  // namespace

command top_command() {
  return {"top", "PID", "the types of a process, while it runs", help, &prepared<asked>};
}

}  // namespace cli::ledger
