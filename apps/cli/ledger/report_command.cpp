// report_command.cpp - lastout report: dumps as one page that a browser shows.

#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <ledger/page.hpp>
#include <symbols/function_name.hpp>

#include "../output_file.hpp"
#include "../text_option.hpp"
#include "commands.hpp"
#include "source.hpp"
#include "wording.hpp"

namespace cli::ledger {
namespace {

constexpr std::string_view help =
    R"(lastout report - dumps as one page that a browser shows

Usage:
  lastout report DUMP... -o FILE

The page needs nothing else, no network and no other file: types over time, holders
grouped, who keeps whom alive with cycles marked, and a search. Each DUMP is a file or a
running process; several of the same program show what grew.

Options:
  -o, --output FILE   where to; appears, or is replaced, when it is whole
  -h, --help          this text

Exit status:
  0    the page is written
  1    it could not be written
  2    no such process or file; a dump that is not whole; no such place for FILE

Example:
  lastout report monday.dump tuesday.dump -o report.html
)";

class asked {
 public:
  explicit asked(CLI::App& app) : file_(app, "-o,--output") { add_words(app, "DUMP", sources_); }

  int answer() const {
    if (!file_.given())
      throw bad_request("-o is missing; give the file to write, such as -o report.html");
    output_file out(file_.text, "-o");
    std::vector<dump> dumps;
    dumps.reserve(sources_.size());
    for (const std::string& each : sources_) dumps.push_back(read(each));
    return out.write_or_say(page_of(dumps)) ? verdict_ok : verdict_failed;
  }

 private:
  static std::string page_of(const std::vector<dump>& dumps) {
    std::map<const dump*, std::unique_ptr<stack_names>> names;
    const auto frames = [&names](const dump& of, std::uint64_t address) {
      std::unique_ptr<stack_names>& its = names[&of];
      if (its == nullptr) its = std::make_unique<stack_names>(modules_of(of));
      std::vector<std::string> out;
      for (const auto& each : its->frames_at(address)) {
        if (!lastout::symbols::says_nothing(each.function)) out.push_back(each.text());
      }
      return out;
    };
    std::string out = lastout::ledger_reader::page(dumps, frames);
    for (const auto& [of, its] : names) {
      for (const std::string& each : its->remarks()) fmt::print(stderr, "lastout: {}\n", each);
    }
    return out;
  }

  std::vector<std::string> sources_;
  text_option file_;
};

}  // namespace

command report_command() {
  return {"report", "DUMP... -o FILE", "a page for the browser", help, &prepared<asked>};
}

}  // namespace cli::ledger
