// dump_command.cpp - lastout dump: what a process's ledger knows, into a file.

#include <cerrno>
#include <cstdio>
#include <optional>
#include <string>
#include <system_error>

#include <fmt/format.h>
#include <ledger/dump_client.hpp>
#include <ledger/dump_reader.hpp>

#include "../output_file.hpp"
#include "../text_option.hpp"
#include "commands.hpp"
#include "source.hpp"

namespace cli::ledger {
namespace {

constexpr std::string_view help =
    R"(lastout dump - what a running process's ledger knows, into a file

Usage:
  lastout dump PID [-o FILE]

The dump is text (docs/dump-format.md), which 'lastout holders', 'why', 'diff', 'history'
and 'report' read. FILE appears, or is replaced, when the dump is whole; if it cannot be
written, what was there is there still. Without -o it goes to standard output.

Options:
  -o, --output FILE   where to
  -h, --help          this text

Exit status:
  0    the dump is written
  1    it could not be written
  2    no such process, or one that does not answer; no such place for FILE

Example:
  lastout dump 4711 -o server.dump
)";

class asked {
 public:
  explicit asked(CLI::App& app) : file_(app, "-o,--output") { add_word(app, "PID", pid_); }

  int answer() const {
    const std::uint64_t pid = process_of(pid_);
    std::optional<output_file> out;
    if (file_.given()) out.emplace(file_.text, "-o");
    const std::string text = lastout::ledger_reader::ask(pid, "dump");
    lastout::ledger_reader::check_ends(text, fmt::format("process {}", pid));
    if (!out) {
      if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size())
        throw std::system_error(errno, std::generic_category(), "cannot write the answer");
      return verdict_ok;  // main() looks whether the rest of it could be written
    }
    return out->write_or_say(text) ? verdict_ok : verdict_failed;
  }

 private:
  std::string pid_;
  text_option file_;
};

}  // namespace

command dump_command() {
  return {"dump", "PID [-o FILE]", "write down what the ledger knows", help, &prepared<asked>};
}

}  // namespace cli::ledger
