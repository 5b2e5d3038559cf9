// set_command.cpp - lastout set: what a running process's ledger tracks from now on.

#include <sstream>
#include <string>

#include <fmt/format.h>
#include <ledger/dump_client.hpp>

#include "../text_option.hpp"
#include "commands.hpp"
#include "source.hpp"
#include "wording.hpp"

namespace cli::ledger {
namespace {

constexpr std::string_view help =
    R"(lastout set - what a running process's ledger tracks from now on

Usage:
  lastout set PID TEXT

TEXT is what LASTOUT_LEDGER would be: words with commas between them. Words that are not
said get their defaults.

  all, off           every type; none                                       [off]
  types=A+B          these types: the name, or the last part of it
  share=1/N          one object in N                                        [1/1]
  stacks=DEPTH       how many callers are noted of each reference, 0 to 64  [16]
  history=N          the last N events of each object are kept              [0]
  checks             each put is looked at as if it were the last
  quarantine=BYTES   freed objects are poisoned and kept in so many bytes   [0]
  exit=report        a report of what is still held when the program ends
  exit=FILE          a dump to that file when it ends
  chaos=SEED         rare things happen often
  socket=off         no more questions: not to be taken back from outside

Of objects that are alive the references that are taken from now on are known; answers
say how many are not. A name that no type has had so far is told, and may come.

Options:
  -h, --help   this text

Exit status:
  0    it is so
  2    no such process, one that does not answer, a TEXT that it does not understand

Examples:
  lastout set 4711 types=inode,stacks=12
  lastout set 4711 all,share=1/1000
  lastout set 4711 off
)";

class asked {
 public:
  explicit asked(CLI::App& app) {
    add_word(app, "PID", pid_);
    add_word(app, "TEXT", text_);
  }

  int answer() const {
    const std::uint64_t pid = process_of(pid_);
    if (text_.find('\n') != std::string::npos)
      refuse("TEXT", "", "give one line, as LASTOUT_LEDGER takes it");
    std::istringstream remarks(lastout::ledger_reader::ask(pid, "set " + text_));
    for (std::string word, name; remarks >> word && std::getline(remarks >> std::ws, name);) {
      if (word != "unused") continue;
      fmt::print(stderr, "lastout: types={}: the process has used no type of that name yet\n",
                 shown(name));
    }
    return verdict_ok;
  }

 private:
  std::string pid_, text_;
};

}  // namespace

command set_command() {
  return {"set", "PID TEXT", "choose what is tracked from now on", help, &prepared<asked>};
}

}  // namespace cli::ledger
