// options.cpp - what a person may write behind `lastout vfs run`, and numbers, sizes, addresses: each
// is refused in a sentence, or means something within its bounds.
//
// Input: lines, one word of the command line each; words may also come from the table below. What
// would be done is not done: vfs_run() is here.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "command.hpp"
#include "expect.hpp"
#include "input.hpp"
#include "units.hpp"
#include "vfs_run.hpp"
#include "vfs_run_options.hpp"

namespace {

using fuzz::check;
using fuzz::same;

bool ran = false;

}  // namespace

namespace cli {

// In place of the command's own: command_line.cpp brings all commands along.
void refuse(std::string_view option, std::string_view given, std::string_view wanted) {
  throw bad_request(std::string(option) + ' ' + (given.empty() ? "''" : std::string(given)) + ": " +
                    std::string(wanted));
}

int vfs_run(const vfs_run_options& of) {
  ran = true;
  check(of.threads >= 1 && of.threads <= 1024, "threads");
  check(std::isfinite(of.seconds) && of.seconds >= 0.1 && of.seconds <= 86400, "seconds");
  if (of.plant != planted::nothing) check(std::string_view(name(of.plant)) != "nothing", "plant");
  return verdict_ok;
}

}  // namespace cli

namespace {

void run(fuzz::input in) {
  static constexpr std::string_view known[] = {
      "--tree",       "--threads", "--seconds",  "--budget", "--seed",
      "--json",       "--plant",   "--chaos",    "--help",   "-h",
      "--",           "leak",      "double-put", "1",        "0x10",
      "64M",          "16777215T", "0.1",        "1e5",      "inf",
      "nan",          "-1",        "86400",      "1025",     "--threads=3",
      "--seconds=.5", "--tree=",   "--seed=",    "--plant=", "18446744073709551615",
      "--budget=1GiB"};
  std::vector<std::string> words;
  for (int n = 0; in.more() && n < 12; ++n) {
    const unsigned which = in.byte();
    words.emplace_back(which < std::size(known) ? known[which] : in.line());
  }
  // CLI11 reads C strings.
  for (std::string& each : words) each = each.c_str();
  std::vector<const char*> argv{"run"};
  for (const std::string& each : words) argv.push_back(each.c_str());

  CLI::App app;
  const cli::command of = cli::vfs_run_command();
  const cli::command::act act = of.prepare(app);
  ran = false;
  try {
    app.parse(static_cast<int>(argv.size()), argv.data());
    same(act(), 0, "what is understood is done");
    check(ran, "once");
  } catch (const CLI::Error&) {
    check(!ran, "what is not understood is not done");
  } catch (const cli::bad_request& is) {
    check(!ran, "what is refused is not done");
    check(std::string_view(is.what()).starts_with("--"), "a refusal names the option");
  }
}

// Numbers as people write them.
void read_numbers(std::string_view text) {
  if (const auto n = cli::parse_number(text)) {
    same(*cli::parse_number(std::to_string(*n)), *n, "a number is read back");
  }
  if (const auto n = cli::parse_bytes(text)) {
    same(*cli::parse_bytes(std::to_string(*n)), *n, "a size is read back");
    check(!cli::in_bytes(*n).empty(), "a size is told");
    std::string digits = cli::with_thousands(*n);
    std::erase(digits, ',');
    same(digits, std::to_string(*n), "thousands are set apart, and that is all");
    check(!cli::parse_bytes(std::string(text) + "x"), "what follows a size is refused");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1024) return 0;
  const fuzz::input in(data, size);
  run(in);
  fuzz::input lines = in;
  while (lines.more()) read_numbers(std::string(lines.line()));
  return 0;
}
